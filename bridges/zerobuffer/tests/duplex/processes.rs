//! Both sides ours, in processes of their own: those of `examples/`.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use zerobuffer::duplex::ProcessingMode;
use zerobuffer::{ErrorKind, Frame};
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, ask};
use crate::ordering::Gate;

/// Cargo builds the examples of a package with its tests, unless it is told to build a single one.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test is a program");
    let folder = test.ancestors().nth(2).expect("a folder of builds");
    let program = folder.join("examples").join(name);
    let missing = "is not built: cargo build -p zerobuffer --examples";
    assert!(program.exists(), "{} {missing}", program.display());
    program
}

/// A process that is killed when it is dropped.
struct Program(Child);

impl Program {
    fn start(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program(name));
        command.args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        Program(command.spawn().expect("it starts"))
    }

    fn kill(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }

    /// Waits until it ends well.
    fn end(mut self) {
        drop(self.0.stdin.take());
        let status = self.0.wait().expect("it ends");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn images_are_processed_in_each_way() {
    for way in ["immutable", "mutable", "async"] {
        let channel = Channel::new("images");
        let server = Program::start("duplex_server", &[&channel, way]);
        let mut client = Program::start("duplex_client", &[&channel, "300", "30720"]);
        let stdout = client.0.stdout.take().expect("a pipe");
        let lines: Vec<_> = BufReader::new(stdout)
            .lines()
            .map_while(Result::ok)
            .collect();
        assert_eq!(lines.len(), 300, "{way}");
        for (index, line) in lines.iter().enumerate() {
            let sequence = index as u64 + 1;
            assert_eq!(*line, format!("{sequence} {}", !(sequence as u8)), "{way}");
        }
        client.end();
        server.end();
    }
}

#[test]
fn a_server_that_is_killed_is_missed_at_once_and_its_successor_found() {
    let channel = Channel::new("server-killed");
    for round in 0..3_u8 {
        let mut server = Program::start("duplex_server", &[&channel, "mutable"]);
        let client = channel.client();
        assert_eq!(ask(&client, &[round; 1000]), [!round; 1000]);
        for _ in 0..20 {
            client.send_request(&[round; 1000]).expect("sent");
        }
        server.kill();
        let refused = client.send_request(b"more").expect_err("nobody reads");
        assert_eq!(refused.kind(), ErrorKind::ReaderDead);
        assert_eq!(client.pending(), 20);
        // What it had answered is still there.
        let heard = loop {
            match client.receive_response(PATIENCE) {
                Ok(response) => assert_eq!(response.expect("no wait").to_vec(), [!round; 1000]),
                Err(error) => break error,
            }
        };
        assert_eq!(heard.kind(), ErrorKind::WriterDead);
        assert!(!client.is_server_connected());
    }
    let server = Program::start("duplex_server", &[&channel, "async"]);
    assert_eq!(ask(&channel.client(), b"\x00"), b"\xff");
    server.end();
}

#[test]
fn a_client_that_is_killed_is_followed_by_the_next() {
    for mode in [ProcessingMode::SingleThread, ProcessingMode::ThreadPool(3)] {
        let channel = Channel::new("client-killed");
        let (told, begun) = std::sync::mpsc::channel();
        let gates: Arc<[Gate; 3]> = Arc::default();
        let opened = Arc::clone(&gates);
        let handler = move |r: &Frame| {
            if r.len() >= 1000 {
                let round = r.len() - 1000;
                told.send(round).expect("the test lives");
                opened[round].wait();
            }
            r.to_vec()
        };
        let server = channel.server();
        server.start(handler, mode).expect("it starts");
        for round in 0..3 {
            // Its first request says which round it is; the others are under way behind it.
            let size = (1000 + round).to_string();
            let mut client = Program::start("duplex_client", &[&channel, "20", &size]);
            while begun.recv_timeout(PATIENCE).expect("a request") != round {}
            client.kill();
            gates[round].open();
            let ours = channel.client();
            for index in 0..5 {
                assert_eq!(ask(&ours, &[round as u8, index]), [round as u8, index]);
            }
            assert_eq!(ours.pending(), 0);
        }
        assert!(server.is_running() && server.last_error().is_none());
    }
}

/// How often the threads of a process were woken, but for the one that watches /dev/shm, which
/// everything that comes there wakes.
fn woken(process: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).expect("it runs");
    let count = |task: std::io::Result<std::fs::DirEntry>| {
        let status = task.expect("a thread").path().join("status");
        let status = std::fs::read_to_string(status).expect("a thread");
        let field = |name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.expect("the kernel tells").trim().to_owned()
        };
        let switches = field("voluntary_ctxt_switches:");
        match &*field("Name:") {
            "zb-watch" => 0,
            _ => switches.parse().expect("a number"),
        }
    };
    tasks.map(count).sum()
}

#[test]
fn a_server_without_requests_rests() {
    let channel = Channel::new("rest");
    let server = Program::start("duplex_server", &[&channel, "immutable"]);
    let client = channel.client();
    assert_eq!(ask(&client, &[1]), [254]);
    let before = woken(server.0.id());
    // This time is what is measured: a wait for a response that does not come.
    let none = client.receive_response(Duration::from_secs(2));
    assert!(none.expect("the server lives").is_none());
    let woken = woken(server.0.id()) - before;
    // It falls asleep in six threads, and looks whether its client lives.
    assert!(woken <= 20, "woken {woken} times in two seconds");
    server.end();
}
