//! Cameras that refuse, hang, vanish and come back.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use rustix::process::Signal;

use super::{film, of_file, publishing};
use crate::support::{Place, assert_code, assert_signal, parse, text, until};

const SECRET: &str = "swordfish";

/// A camera that sends `bytes` to whoever asks, as often as there are answers.
fn camera(answers: Vec<Vec<u8>>) -> String {
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

fn recording(place: &Place) -> Vec<u8> {
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
    let summary = parse(&output.stdout);
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
    let publisher = crate::support::Running::of(child);
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
    let summary = parse(&told[5].stdout);
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
