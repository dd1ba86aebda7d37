//! More clients than there is room for.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use vizion_streamer::server::ServerOptions;

use crate::support::{Running, WATCHDOG, echo, read_all, request};

fn room_for(max_clients: usize) -> ServerOptions {
    ServerOptions {
        max_clients,
        ..ServerOptions::default()
    }
}

#[test]
fn one_more_takes_the_place_of_who_has_been_silent_longest() {
    let running = Running::with(room_for(4));
    let mut clients: Vec<UnixStream> = (0..4).map(|_| running.connect()).collect();
    // Who said something lately is not the one.
    clients[0]
        .write_all(b"{\"command\":\"a\",\"keep_alive\":true}")
        .expect("it is sent");
    let mut answer = [0; 256];
    let size = clients[0].read(&mut answer).expect("an answer");
    assert_eq!(&answer[..size], echo("a", 0).as_bytes());

    assert_eq!(running.exchange(&request("b")), echo("b", 1));
    assert_eq!(read_all(&mut clients[1]), "");
    for (number, index) in [(2, 0), (3, 2), (4, 3)] {
        clients[index].write_all(&request("c")).expect("it is sent");
        assert_eq!(read_all(&mut clients[index]), echo("c", number));
    }
    assert_eq!(running.stop(), 5);
}

#[test]
fn who_has_just_come_keeps_its_place() {
    let running = Running::with(ServerOptions {
        grace: WATCHDOG,
        ..room_for(1)
    });
    let mut first = running.connect();
    let mut second = running.connect();
    second.write_all(&request("b")).expect("it is sent");
    // Time in which it could lose its place.
    thread::sleep(Duration::from_millis(50));
    first.write_all(&request("a")).expect("it is sent");
    assert_eq!(read_all(&mut first), echo("a", 0));
    assert_eq!(read_all(&mut second), echo("b", 1));
    assert_eq!(running.stop(), 2);
}

#[test]
fn a_crowd_of_requests_is_answered_whole() {
    let running = Running::with(room_for(8));
    thread::scope(|scope| {
        for _ in 0..40 {
            scope.spawn(|| {
                for _ in 0..10 {
                    let answer = running.exchange(&request("a"));
                    assert!(
                        answer.ends_with("}\n") && answer.contains("\"a\""),
                        "{answer}"
                    );
                }
            });
        }
    });
    assert_eq!(running.stop(), 400);
}

#[test]
fn those_who_send_nothing_or_rubbish_do_not_keep_others_out() {
    let running = Running::with(room_for(8));
    let done = AtomicBool::new(false);
    let (silent, rubbish) = thread::scope(|scope| {
        let flood = |bytes: &'static [u8]| {
            let (done, running) = (&done, &running);
            move || {
                let mut sent = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    // It may be closed before it has sent.
                    let _ = running.connect().write_all(bytes);
                    sent += 1;
                }
                sent
            }
        };
        let silent = scope.spawn(flood(b""));
        let rubbish = scope.spawn(flood(b"\0\xff{{{[["));
        let held: Vec<_> = (0..8).map(|_| running.connect()).collect();
        for number in 0..100 {
            assert_eq!(running.exchange(&request("a")), echo("a", number));
        }
        drop(held);
        done.store(true, Ordering::Relaxed);
        (
            silent.join().expect("it ends"),
            rubbish.join().expect("it ends"),
        )
    });
    assert!(
        silent > 100 && rubbish > 100,
        "{silent} and {rubbish} clients"
    );
    assert_eq!(running.stop(), 100);
}
