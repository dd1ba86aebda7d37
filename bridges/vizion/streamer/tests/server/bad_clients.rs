//! Requests that are none, and clients that do not read.

use std::io::{ErrorKind, Write};
use std::net::Shutdown;
use std::time::Duration;

use vizion_streamer::server::ServerOptions;

use crate::support::{Running, WATCHDOG, echo, error_of, read_all, request};

#[test]
fn what_is_no_request_is_an_error_at_once() {
    let running = Running::start();
    let nested = [b"{\"params\":".as_slice(), &[b'['; 65_536]].concat();
    let long = [b"{\"command\":\"".as_slice(), &[b'x'; 70_000], b"\"}"].concat();
    let cases: [(&[u8], &str); 8] = [
        (b"\x7fELF\0\0", "not a JSON object"),
        (b"{\"command\":\"\xff\xfe", "not UTF-8"),
        (b"GET / HTTP/1.1\r\n\r\n", "not a JSON object"),
        (b"[1,2]", "not a JSON object"),
        (b"{\"command\":7}", "not a string"),
        (b"{\"command\":\"a\",\"params\":[]}", "not an object"),
        (&nested, "recursion limit"),
        (&long, "longer than 65536 bytes"),
    ];
    for (bytes, message) in cases {
        // Read to the end: a reset would be an error here.
        let said = error_of(&running.exchange(bytes));
        assert!(said.contains(message), "{said}");
    }
    assert_eq!(running.stop(), 0);
}

#[test]
fn of_two_requests_at_once_the_first_is_answered_and_its_answer_is_not_lost() {
    let running = Running::start();
    let two = [request("first"), request("second")].concat();
    for number in 0..50 {
        assert_eq!(running.exchange(&two), echo("first", number));
    }
    let noise = [request("first"), vec![0xa5; 500_000]].concat();
    assert_eq!(running.exchange(&noise), echo("first", 50));
    assert_eq!(running.stop(), 51);
}

#[test]
fn half_a_request_is_an_error_when_no_more_can_come() {
    let running = Running::start();
    let mut client = running.connect();
    client.write_all(b"{\"command\":\"get").expect("it is sent");
    client.shutdown(Shutdown::Write).expect("half a close");
    assert!(error_of(&read_all(&mut client)).contains("it ended too early"));
    for nothing in [b"".as_slice(), b" \r\n"] {
        let mut client = running.connect();
        client.write_all(nothing).expect("it is sent");
        client.shutdown(Shutdown::Write).expect("half a close");
        assert_eq!(read_all(&mut client), "");
    }
    assert_eq!(running.stop(), 0);
}

#[test]
fn a_silent_client_is_closed_and_costs_nobody_anything() {
    let running = Running::with(ServerOptions {
        idle: Duration::from_millis(300),
        ..ServerOptions::default()
    });
    let mut silent: Vec<_> = (0..20).map(|_| running.connect()).collect();
    let mut half = running.connect();
    half.write_all(b"{\"command\":").expect("it is sent");
    assert_eq!(running.exchange(&request("a")), echo("a", 0));
    assert!(error_of(&read_all(&mut half)).contains("did not come in time"));
    for client in &mut silent {
        assert_eq!(read_all(client), "");
    }
    assert_eq!(running.stop(), 1);
}

#[test]
fn a_client_that_does_not_read_is_left() {
    let running = Running::start();
    let mut deaf = running.connect();
    deaf.set_write_timeout(Some(WATCHDOG)).expect("a limit");
    let request_line = b"{\"command\":\"a\",\"keep_alive\":true}\n".repeat(1000);
    let ended = loop {
        if let Err(error) = deaf.write_all(&request_line) {
            break error.kind();
        }
    };
    assert!(
        matches!(ended, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset),
        "{ended}"
    );
    let answer = running.exchange(&request("after"));
    assert!(answer.contains("\"command\":\"after\""), "{answer}");
    assert!(running.stop() > 1);
}
