//! B4: a reader of the peer tells writers that it is there before they can connect, and one of
//! the peer's that comes just then can never connect again. Ours on either side is not harmed.

use std::thread;
use std::time::Instant;

use zerobuffer::{BufferConfig, Error, Reader, Writer};
use zerobuffer_peer::{PATIENCE, Process, Tidy, unique};

use crate::support::count;

/// The control: without any of ours it happens.
#[test]
fn b4_happens_between_two_of_the_peer() {
    let mut readers = Process::script("starter.py", &[]);
    let mut writers = Process::script("starter.py", &[]);
    for _ in 0..500 {
        let name = unique("interop-race");
        let _tidy = Tidy::new(&name);
        writers.send(&format!("writer {name}"));
        writers.expect("trying");
        readers.send(&format!("reader {name} {}", 16 << 20));
        readers.expect("created");
        let said = writers.line();
        if said.starts_with("error WriterAlreadyConnectedException") {
            return;
        }
        assert_eq!(said, "connected");
        assert_eq!(writers.ask("close"), "closed");
        assert_eq!(readers.ask("close"), "closed");
    }
    panic!("500 writers connected without a fault");
}

#[test]
fn b4_our_writer_meets_starting_readers_of_the_peer() {
    let mut starter = Process::script("starter.py", &[]);
    let rounds = count(300);
    for round in 0..rounds {
        let name = unique("interop-race");
        let _tidy = Tidy::new(&name);
        // A large buffer is a long while without semaphores.
        starter.send(&format!("reader {name} {}", 16 << 20));
        let since = Instant::now();
        let mut writer = loop {
            match Writer::connect(&name) {
                Ok(writer) => break writer,
                Err(Error::BufferNotFound { .. } | Error::NotReady { .. }) => {}
                Err(error) => panic!("round {round}: {error}"),
            }
            assert!(since.elapsed() < PATIENCE, "round {round}");
            thread::yield_now();
        };
        starter.expect("created");
        writer.write(b"abc").expect("room");
        assert_eq!(starter.ask("read"), "1 616263", "round {round}");
        assert_eq!(starter.ask("close"), "closed");
    }
    assert!(rounds >= 30);
}

#[test]
fn b4_writers_of_the_peer_meet_our_starting_reader() {
    let mut starter = Process::script("starter.py", &[]);
    let rounds = count(1000);
    for round in 0..rounds {
        let name = unique("interop-race");
        let _tidy = Tidy::new(&name);
        starter.send(&format!("writer {name}"));
        starter.expect("trying");
        let config = BufferConfig::new(1024, 16 << 20);
        let mut reader = Reader::create(&name, &config).expect("a buffer");
        starter.expect("connected");
        starter.send("write 616263");
        let frame = reader.read(PATIENCE).expect("a writer").expect("a frame");
        assert_eq!(frame.to_vec(), b"abc", "round {round}");
        starter.expect("ok");
        assert_eq!(starter.ask("close"), "closed");
    }
    assert!(rounds >= 100);
}
