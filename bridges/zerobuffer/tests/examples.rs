//! The programs in `examples/` do what they say, with each other and with the peer.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use zerobuffer_peer::{PATIENCE, Process, Tidy, await_reader, leftovers, md5, unique};

/// Cargo builds the examples of a package with its tests, unless it is told to build a single one.
fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test is a program");
    let folder = test.ancestors().nth(2).expect("a folder of builds");
    let program = folder.join("examples").join(name);
    let missing = "is not built: cargo build -p zerobuffer --examples";
    assert!(program.exists(), "{} {missing}", program.display());
    program
}

/// Starts an example; whatever makes a buffer says so, and then it is there.
fn start(name: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(program(name));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

fn start_reader(name: &str, arguments: &[&str], buffer: &str) -> Child {
    let child = start(name, arguments);
    await_reader(buffer, PATIENCE);
    child
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn end(child: Child) -> Output {
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", text(&output.stderr));
    output
}

fn assert_nothing_left(names: &[&str]) {
    for name in names {
        let left = leftovers(name);
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The mean of a picture of the producer whose edge is at column `k % 320`.
fn mean(k: usize, dark: f64, bright: f64) -> f64 {
    let edge = (k % 320) as f64;
    (edge * dark + (320.0 - edge) * bright) / 320.0
}

#[test]
fn one_produces_and_one_consumes() {
    let name = unique("example");
    let _tidy = Tidy::new(&name);
    let consumer = start_reader("consumer", &[&name], &name);
    end(start("producer", &[&name, "400"]));
    let output = end(consumer);
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 400);
    for (k, line) in lines.lines().enumerate() {
        assert_eq!(line, format!("{} {:.4}", k + 1, mean(k, 32.0, 96.0)));
    }
    let said = text(&output.stderr);
    assert!(
        said.contains(r#"{"format":"GRAY8","width":320,"height":240}"#),
        "{said}"
    );
    assert!(said.contains("400 frames read"), "{said}");
    assert_nothing_left(&[&name]);
}

#[test]
fn a_pipeline_enhances() {
    let (raw, enhanced) = (unique("example-raw"), unique("example-enhanced"));
    let _tidy = Tidy::new(&raw).and(&enhanced);
    let consumer = start_reader("consumer", &[&enhanced], &enhanced);
    let middle = start_reader("enhancement", &[&raw, &enhanced], &raw);
    end(start("producer", &[&raw, "100"]));
    end(middle);
    let output = end(consumer);
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), 100);
    for (k, line) in lines.lines().enumerate() {
        assert_eq!(line, format!("{} {:.4}", k + 1, mean(k, 0.0, 255.0)));
    }
    // What the pictures are went along.
    assert!(text(&output.stderr).contains("GRAY8"));
    assert_nothing_left(&[&raw, &enhanced]);
}

#[test]
fn a_pipeline_between_two_of_the_peer() {
    let (raw, enhanced) = (unique("example-raw"), unique("example-enhanced"));
    let _tidy = Tidy::new(&raw).and(&enhanced);
    let mut display = Process::script("reader.py", &[&enhanced, "1024", "300000"]);
    display.expect("created");
    let middle = start_reader("enhancement", &[&raw, &enhanced], &raw);
    let mut camera = Process::script("writer.py", &[&raw]);
    camera.expect("connected");
    display.send("frames 100 30");
    let sent = camera.ask("frames 100 70001 sequential");
    assert!(sent.starts_with("100 "), "{sent}");
    let enhance = |byte: usize| (byte.clamp(32, 96) - 32) * 255 / 64;
    let frame = |k: usize| (0..70_001).map(move |i| enhance((k + i) % 256) as u8);
    let bytes: Vec<u8> = (0..100).flat_map(frame).collect();
    assert_eq!(display.line(), format!("100 {} 1 100", md5(&bytes)));
    assert_eq!(camera.ask("close"), "closed");
    end(middle);
    assert_nothing_left(&[&raw]);
}

#[test]
fn requests_are_answered_in_their_order() {
    let channel = unique("example-service");
    let names = ["request", "response"].map(|way| format!("{channel}_{way}"));
    let _tidy = Tidy::new(&names[0]).and(&names[1]);
    let server = start_reader("request_server", &[&channel], &names[0]);
    let words: Vec<String> = (0..200).map(|k| format!("word{k}")).collect();
    let mut arguments = vec![channel.as_str()];
    arguments.extend(words.iter().map(String::as_str));
    let client = end(start("request_client", &arguments));
    let answers = text(&client.stdout);
    let lines: Vec<_> = answers.lines().collect();
    let wanted = words
        .iter()
        .map(|word| format!("{word} {}", word.to_uppercase()));
    assert_eq!(lines, wanted.collect::<Vec<_>>());
    assert!(text(&end(server).stderr).contains("200 requests answered"));
    assert_nothing_left(&[&names[0], &names[1]]);
}

#[test]
fn without_a_reader_a_producer_says_who_is_missing() {
    let name = unique("example");
    let output = start("producer", &[&name]).wait_with_output();
    let output = output.expect("it ends");
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("BufferNotFound"), "{said}");
}
