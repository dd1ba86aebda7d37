//! Cameras that refuse, hang, vanish and come back.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use rustix::process::Signal;

use super::{Sum, film, of_file, published, publishing, summary};
use crate::support::{Place, Running, assert_code, assert_signal, text, until};

pub const SECRET: &str = "swordfish";

/// A camera that sends `bytes` to whoever asks, as often as there are answers.
pub fn camera(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for answer in answers {
            let Ok((mut client, _)) = listener.accept() else {
                return;
            };
            let mut request = [0; 4096];
            let _ = client.read(&mut request);
            let _ = client.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: video/mp2t\r\n\r\n");
            let _ = client.write_all(&answer);
        }
        // What is asked after that is never answered.
        let mut silent = Vec::new();
        while let Ok((client, _)) = listener.accept() {
            silent.push(client);
        }
    });
    format!("http://me:{SECRET}@{address}/live.ts?pwd={SECRET}")
}

pub fn recording(place: &Place) -> Vec<u8> {
    let coding = "-c:v libx264 -pix_fmt yuv420p -bf 2";
    let file = film(place, "a.ts", "size=64x48:rate=25:duration=0.4", coding);
    assert_eq!(of_file(&file).len(), 10);
    std::fs::read(file).expect("a file")
}

#[test]
fn a_camera_that_ends_is_opened_again_and_the_key_stays() {
    let place = Place::new();
    let bytes = recording(&place);
    let input = camera(vec![bytes.clone(), bytes.clone(), bytes]);
    let options = "--policy strict_wait --wait-subscribers 1 --frames 30";
    let publisher = publishing(&place, &input, options);
    let report = place.json("sub KEY --strict --json --no-reattach");
    let output = publisher.output();
    let said = assert_code(&output, 0);
    // The same publisher, without a gap and without a break.
    assert_eq!(report["frames"], 30, "{report}");
    assert_eq!(report["missed"], 0, "{report}");
    assert_eq!(report["ended"], "end_of_stream", "{report}");
    let summary = summary(&output.stdout);
    assert_eq!(summary["latest_seq"], 30);
    assert_eq!(summary["input"]["reopened"], 2, "{said}");
    assert_eq!(summary["copies"], 0, "{summary}");
}

#[test]
fn passwords_are_nowhere_to_be_read() {
    let place = Place::new();
    let bytes = recording(&place);
    let input = camera(vec![bytes]);
    let mut command = place.command(&format!("publish --key KEY --json {input}"));
    let child = command
        .env("CUFRAMES_LOG", "trace")
        .spawn()
        .expect("it starts");
    let publisher = Running::of(child);
    let seen = place.run("sub KEY --frames 1 --json");
    assert_code(&seen, 0);
    let mut told = vec![seen];
    for line in ["ls", "ls --json", "info KEY", "info KEY --json"] {
        told.push(place.run(line));
    }
    publisher.signal(Signal::TERM);
    told.push(publisher.output());
    let refused = "http://me:swordfish@127.0.0.1:1/a?pwd=swordfish";
    let output = place.run(&format!("publish --key KEY {refused}"));
    assert!(assert_code(&output, 15).contains("http://***@127.0.0.1:1/a?***"));
    told.push(output);
    for output in &told {
        for bytes in [&output.stdout, &output.stderr] {
            assert!(!text(bytes).contains(SECRET), "{}", text(bytes));
        }
    }
    let summary = summary(&told[5].stdout);
    let address = summary["input"]["address"].as_str().expect("an address");
    assert!(address.starts_with("http://***@127.0.0.1:"), "{address}");
    assert!(address.ends_with("/live.ts?***"), "{address}");
}

#[test]
fn a_camera_that_falls_silent_is_given_up_and_tried_again() {
    let place = Place::new();
    let bytes = recording(&place);
    let input = camera(vec![bytes]);
    let publisher = publishing(&place, &input, "--stall-timeout 0.3");
    until("publish", || place.run("info KEY --json").status.success());
    let mut child = publisher;
    // It says so twice: the second answer never comes, and neither does the third.
    let mut said = String::new();
    while said.matches("nothing came for 300ms").count() < 2 {
        said.push_str(&child.read_stderr_line());
    }
    assert!(place.run("info KEY --json").status.success());
    child.signal(Signal::INT);
    assert_signal(child.output().status, Signal::INT);
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn a_camera_that_is_not_there_at_first_ends_the_program() {
    let place = Place::new();
    let silent = camera(Vec::new());
    let output = place.run(&format!("publish --key KEY --stall-timeout 0.2 {silent}"));
    assert!(assert_code(&output, 15).contains("nothing came for 200ms"));
    let output = place.run("publish --key KEY rtsp://127.0.0.1:1/a");
    assert!(assert_code(&output, 15).contains("Connection refused"));
}

/// An RTSP server on a port of its own choice, or on one that it had before.
pub struct Server {
    pub port: String,
    _process: Running,
}

impl Server {
    pub fn start(film: &Path, port: &str) -> Server {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/ingest/rtsp_server.py");
        // Debian's: it is the one that has GStreamer.
        let mut child = Command::new("/usr/bin/python3")
            .arg(script)
            .args([port, "me", SECRET])
            .arg(film)
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut said = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        said.read_line(&mut line).expect("a line");
        let port = line.trim().to_owned();
        assert!(!port.is_empty(), "the server did not start");
        Server {
            port,
            _process: Running::of(child),
        }
    }

    pub fn address(&self) -> String {
        format!("rtsp://me:{SECRET}@127.0.0.1:{}/live", self.port)
    }
}

pub fn rtsp_film(place: &Place) -> PathBuf {
    let coding = "-c:v libx264 -pix_fmt yuv420p -bf 2 -g 25";
    film(place, "a.mp4", "size=320x180:rate=25:duration=2", coding)
}

fn checksums(sums: Vec<Sum>) -> Vec<String> {
    sums.into_iter().map(|(_, sum)| sum).collect()
}

#[test]
fn rtsp_over_tcp_brings_every_frame() {
    let place = Place::new();
    let file = rtsp_film(&place);
    brings_every_frame(&place, &file);
}

#[test]
fn rtsp_over_tcp_brings_every_frame_of_hevc() {
    let place = Place::new();
    let coding = "-c:v libx265 -pix_fmt yuv420p -x265-params log-level=none:bframes=2:keyint=25";
    let file = film(
        &place,
        "h265.mp4",
        "size=320x180:rate=25:duration=2",
        coding,
    );
    brings_every_frame(&place, &file);
}

/// Every frame of a film, each without a copy, and as many packets.
fn brings_every_frame(place: &Place, file: &Path) {
    let expected = checksums(of_file(file));
    assert_eq!(expected.len(), 50);
    let server = Server::start(file, "0");
    let (found, summary, said) = published(place, &server.address(), "--reconnect=false");
    assert_eq!(checksums(found), expected);
    assert_eq!(summary["copies"], 0, "{summary}");
    assert_eq!(summary["input"]["packets"]["published"], 50, "{summary}");
    assert_eq!(summary["fps"], "25/1");
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn rtsp_over_udp_brings_no_other_frames() {
    let place = Place::new();
    let file = rtsp_film(&place);
    let expected = checksums(of_file(&file));
    let server = Server::start(&file, "0");
    let options = "--reconnect=false --rtsp-transport udp";
    let (found, summary, _) = published(&place, &server.address(), options);
    let found = checksums(found);
    // What the network lost spoils frames until the next that needs no others.
    let mut rest = expected.iter();
    let intact = found
        .iter()
        .filter(|sum| rest.clone().any(|known| known == *sum) && rest.any(|known| known == *sum));
    let intact = intact.count();
    assert!(intact >= 25, "{intact} of {}: {summary}", found.len());
    assert!(found.len() <= expected.len());
    assert_eq!(summary["copies"], 0, "{summary}");
}

#[test]
fn a_camera_that_is_killed_and_comes_back_goes_on_under_the_same_key() {
    let place = Place::new();
    let file = rtsp_film(&place);
    let known: HashSet<_> = checksums(of_file(&file)).into_iter().collect();
    let server = Server::start(&file, "0");
    let options = "--policy strict_wait --strict-timeout 9 --wait-subscribers 1 --stall-timeout 2";
    let publisher = publishing(&place, &server.address(), options);
    let mut reader = place.start("sub KEY --strict --framemd5 --no-reattach --frames 60");
    let header = (0..10).map(|_| reader.read_line());
    assert!(
        header
            .last()
            .is_some_and(|line| line.starts_with("#stream"))
    );
    let before: Vec<_> = (0..20).map(|_| reader.read_line()).collect();
    let port = server.port.clone();
    drop(server);
    let server = Server::start(&file, &port);
    let after = text(&reader.output().stdout);
    let lines: Vec<_> = before
        .iter()
        .map(String::as_str)
        .chain(after.lines())
        .collect();
    assert_eq!(lines.len(), 60);
    let mut last = -1;
    for (number, line) in lines.into_iter().enumerate() {
        let fields: Vec<_> = line.split(',').map(str::trim).collect();
        assert!(known.contains(fields[5]), "{line}");
        let pts: i64 = fields[2].parse().expect("a time");
        // The first picture may come before its time is known.
        assert!(pts > last || number == 0, "{line} after {last}");
        last = pts;
    }
    publisher.signal(Signal::TERM);
    let output = publisher.output();
    let summary = summary(&output.stdout);
    let reopened = summary["input"]["reopened"].as_u64().expect("a number");
    assert!(reopened >= 1, "{summary}");
    assert!(!text(&output.stderr).contains(SECRET));
    drop(server);
}

#[test]
fn a_wrong_password_is_told_and_not_shown() {
    let place = Place::new();
    let file = rtsp_film(&place);
    let server = Server::start(&file, "0");
    let address = server.address().replace(SECRET, "guess");
    let said = assert_code(&place.run(&format!("publish --key KEY {address}")), 15);
    assert!(said.contains("401"), "{said}");
    assert!(!said.contains("guess"), "{said}");
}
