//! Each style of client that VizionStreamer's documentation shows, with every command, in the
//! order of its workflow: formats, pipeline, format, camera, eHDR, shared memory, stream, status,
//! and all of it back.

mod style;

use std::collections::BTreeSet;
use std::fs;
use std::net::UdpSocket;

use serde_json::Value;
use vizion::control::Command;
use vizion::{FrameReader, PixelFormat};

use crate::programs::beside_the_daemon;
use crate::support::{Daemon, EHDR, WATCHDOG, received, segment, unique_name};
use style::{Client, Style};

/// All commands. A line with a request, and one with its answer. NAME stands for the name of shared
/// memory, PORT for where a pipeline sends.
const EVERY_COMMAND: &str = include_str!("every_command.txt");
/// The complete workflow of VizionStreamer's documentation.
const WORKFLOW: &str = include_str!("workflow.txt");

fn exchanges(text: &str, name: &str, port: u16) -> Vec<(String, String)> {
    let port = port.to_string();
    let filled = |line: &str| line.replace("NAME", name).replace("PORT", &port);
    let lines: Vec<String> = text.lines().map(filled).collect();
    let pair = |pair: &[String]| match pair {
        [request, answer] => (request.clone(), answer.clone()),
        _ => panic!("a line too many: {pair:?}"),
    };
    lines.chunks(2).map(pair).collect()
}

fn command_of(request: &str) -> String {
    let request: Value = serde_json::from_str(request).expect("JSON");
    request["command"].as_str().expect("a command").to_owned()
}

/// Asks for everything, with what is seen of it from outside; returns the commands.
fn compare(style: Style, text: &str, seen: impl Fn(), port: u16) -> BTreeSet<String> {
    let daemon = Daemon::start(EHDR);
    let name = unique_name();
    let mut client = Client::of(style, &daemon.socket);
    let mut commands = BTreeSet::new();
    for (request, wanted) in exchanges(text, &name, port) {
        let command = command_of(&request);
        let answer = daemon.settled(&command, client.ask(&request));
        assert_eq!(answer, wanted, "{style:?}: {request}");
        if command == "get_shared_memory_status" && wanted.contains("true") {
            look_at_frames(&name);
            seen();
        }
        commands.insert(command);
    }
    assert!(!segment(&name).exists());
    daemon.end();
    commands
}

fn every_command_by(style: Style) {
    let commands = compare(style, EVERY_COMMAND, || {}, 0);
    let documented = Command::ALL.into_iter().filter(|one| !one.is_extra());
    let documented: BTreeSet<String> = documented.map(|one| one.name().to_owned()).collect();
    assert_eq!(documented.len(), 23);
    assert_eq!(commands, documented, "{style:?}");
}

/// What the workflow has set up can be seen in shared memory.
fn look_at_frames(name: &str) {
    assert_eq!(
        fs::metadata(segment(name)).expect("it is there").len(),
        8_294_528
    );
    let mut reader = FrameReader::open(name).expect("a reader");
    let mut bytes = Vec::new();
    let mut last = 0;
    for _ in 0..3 {
        let frame = reader
            .read(&mut bytes, WATCHDOG)
            .expect("no error")
            .expect("a frame");
        assert!(frame.frame_sequence > last, "{frame:?}");
        last = frame.frame_sequence;
        let format = (frame.width, frame.height, frame.format);
        assert_eq!(format, (1920, 1080, PixelFormat::Yuy2));
        assert_eq!(bytes.len(), 1920 * 1080 * 2);
    }
}

#[test]
fn socat() {
    every_command_by(Style::Socat);
}

#[test]
fn netcat() {
    every_command_by(Style::Netcat);
}

#[test]
fn python() {
    every_command_by(Style::Python);
}

#[test]
fn cpp() {
    every_command_by(Style::Cpp);
}

#[test]
fn an_error_reaches_each_of_them() {
    let daemon = Daemon::start(EHDR);
    for style in [Style::Socat, Style::Netcat, Style::Python, Style::Cpp] {
        let answer = Client::of(style, &daemon.socket).ask(r#"{"command":"set_gain"}"#);
        let wanted =
            r#"{"status":"error","message":"parameter 'value' is missing","code":"invalid"}"#;
        assert_eq!(answer, wanted, "{style:?}");
    }
    daemon.end();
}

/// One after the other, since each of them encodes 1080p.
#[test]
fn the_workflow_with_its_pipeline_by_each_of_them() {
    beside_the_daemon("vizion-pipeline", "vizion-pipeline");
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port");
    receiver.set_read_timeout(Some(WATCHDOG)).expect("a limit");
    let port = receiver.local_addr().expect("an address").port();
    for style in [Style::Socat, Style::Netcat, Style::Python, Style::Cpp] {
        // What the last stream sent is not taken for this one's.
        receiver.set_nonblocking(true).expect("a mode");
        while receiver.recv(&mut [0; 2048]).is_ok() {}
        receiver.set_nonblocking(false).expect("a mode");
        let seen = || look_at_packets(&receiver);
        let commands = compare(style, WORKFLOW, seen, port);
        assert_eq!(commands.len(), 15, "{commands:?}");
    }
}

/// RTP comes: version 2, payload type 96, numbers in a row.
fn look_at_packets(receiver: &UdpSocket) {
    let mut packet = [0; 2048];
    let mut next = || {
        let size = received(|| receiver.recv(&mut packet));
        assert!(size > 12, "{size}");
        assert_eq!((packet[0] >> 6, packet[1] & 0x7f), (2, 96));
        u16::from_be_bytes([packet[2], packet[3]])
    };
    let first = next();
    for step in 1..20 {
        assert_eq!(next(), first.wrapping_add(step));
    }
}
