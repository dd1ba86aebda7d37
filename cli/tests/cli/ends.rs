//! How the program ends: exit codes and signals.

use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::support::{Place, Running, assert_code, assert_signal, noise, parse, program, text};

/// A publisher that goes on until it is told not to.
const ENDLESS: &str = "publish --key KEY --test-pattern 64x48@200 -q";
const FRAME: usize = 64 * 48 * 3 / 2;

/// A publisher and a subscriber that has read a frame of it.
fn pair(place: &Place, options: &str) -> (Running, Running) {
    let publisher = place.start(ENDLESS);
    let mut reader = place.start(&format!("sub KEY -o - {options}"));
    assert_eq!(reader.read(FRAME).len(), FRAME);
    (publisher, reader)
}

#[test]
fn wrong_arguments_are_2() {
    let place = Place::new();
    let long = format!("sub {}", "k".repeat(64));
    let cases = [
        ("publish --key KEY", "--test-pattern"),
        ("publish --key ../x --test-pattern 4x4@1", "key"),
        ("publish --key KEY --test-pattern 0x4@1", "1 to 32768"),
        ("publish --key KEY --test-pattern 65536x4@1", "1 to 32768"),
        ("publish --key KEY --test-pattern 4x4@0", "greater than 0"),
        (
            "publish --key KEY --test-pattern 4x4@1 --format yuv9",
            "nv12",
        ),
        (
            "publish --key KEY --test-pattern 4x4@1 --slots 1",
            "2 to 16",
        ),
        (
            "publish --key KEY --test-pattern 4x4@1 --max-leases 9",
            "max_leases",
        ),
        (
            "publish --key KEY --test-pattern 4x4@1 --socket-mode 9",
            "octal",
        ),
        ("sub KEY --every 0", "every_nth"),
        ("sub KEY --name a/b", "name"),
        ("sub KEY --timeout soon", "seconds"),
        ("sub", "KEY"),
        (&long, "63 at most"),
        ("fly", "fly"),
    ];
    for (line, word) in cases {
        let said = assert_code(&place.run(line), 2);
        assert!(said.contains(word), "{line}: {said}");
    }
}

#[test]
fn nobody_there_is_3() {
    let place = Place::new();
    for line in [
        "sub KEY --connect-timeout 0",
        "sub KEY --connect-timeout 0.1",
        "info KEY",
    ] {
        let said = assert_code(&place.run(line), 3);
        assert!(said.contains(&place.key), "{line}: {said}");
    }
}

/// The kernel drops what comes with a message and finds no room: the publisher is not to blame.
#[test]
fn too_few_descriptors_are_told_as_such() {
    let place = Place::new();
    let (_publisher, _reader) = pair(&place, "--name witness");
    let (mut lost, mut served) = (0, 0);
    for limit in 5..24 {
        let line = format!("ulimit -n {limit}; exec \"$0\" sub \"$1\" --frames 1");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &line]).arg(program()).arg(&place.key);
        command.env("CUFRAMES_RUNTIME_DIR", place.dir.path());
        let output = command.output().expect("a shell");
        let said = text(&output.stderr);
        match output.status.success() {
            true => served += 1,
            false if said.contains("raise RLIMIT_NOFILE") => lost += 1,
            false => assert!(said.contains("Too many open files"), "{limit}: {said}"),
        }
    }
    assert!(lost > 0 && served > 0, "{lost} lost, {served} served");
}

#[test]
fn a_refusal_is_4() {
    let place = Place::new();
    let (_publisher, _reader) = pair(&place, "--name same");
    // A name may be that of a predecessor that is just dying, so it is tried for a while.
    let said = assert_code(&place.run("sub KEY --name same --connect-timeout 0.3"), 4);
    assert!(said.contains("same"), "{said}");
}

#[test]
fn a_publisher_that_is_gone_is_5() {
    for signal in [Signal::TERM, Signal::INT, Signal::KILL] {
        let place = Place::new();
        let (publisher, reader) = pair(&place, "--no-reattach");
        publisher.signal(signal);
        assert_signal(publisher.output().status, signal);
        let said = assert_code(&reader.output(), 5);
        assert!(said.contains("without an end of stream"), "{said}");
    }
}

#[test]
fn no_frame_in_time_is_6() {
    let place = Place::new();
    let mut publisher = place.command("publish --key KEY --size 8x8 --format gray --fps 1 -");
    let child = publisher.stdin(Stdio::piped()).spawn();
    let _publisher = Running::of(child.expect("it starts"));
    let said = assert_code(&place.run("sub KEY --timeout 0.2"), 6);
    assert!(said.contains("200 ms"), "{said}");
    let none = place
        .run("publish --key none --test-pattern 4x4@1 --wait-subscribers 1 --wait-timeout 0.15");
    let said = assert_code(&none, 6);
    assert!(said.contains("150 ms"), "{said}");
}

#[test]
fn a_reader_that_is_too_slow_is_7() {
    let place = Place::new();
    let options = "--policy strict_wait --strict-timeout 0.05 --evict-lagging --wait-subscribers 1";
    let size = "640x480";
    let publisher = place.start_with(
        &format!("publish --key KEY --size {size} --format gray --fps 25 --json {options} -"),
        noise(640 * 480 * 30, 1),
    );
    // Nobody reads what it writes, until the publisher is done without it.
    let reader = place.start("sub KEY --strict -o -");
    let report = publisher.output();
    assert_code(&report, 0);
    assert_eq!(parse(&report.stdout)["evicted"], 1);
    let said = assert_code(&reader.output(), 7);
    assert!(said.contains("evicted"), "{said}");
}

#[test]
fn a_key_in_use_is_9() {
    let place = Place::new();
    let (publisher, _reader) = pair(&place, "");
    let said = assert_code(&place.run(ENDLESS), 9);
    assert!(said.contains(&publisher.pid().to_string()), "{said}");
}

#[test]
fn a_run_directory_that_is_not_there_is_named() {
    let place = Place::new();
    let missing = place.dir.path().join("missing");
    let mut command = place.command(ENDLESS);
    let output = command
        .env("CUFRAMES_RUNTIME_DIR", &missing)
        .output()
        .expect("it runs");
    let said = assert_code(&output, 1);
    assert!(said.contains(&missing.display().to_string()), "{said}");
}

#[test]
fn a_stream_goes_on_with_the_next_publisher() {
    let place = Place::new();
    let (publisher, reader) = pair(&place, "--strict --json");
    publisher.signal(Signal::KILL);
    assert_signal(publisher.output().status, Signal::KILL);
    let next = place.start(
        "publish --key KEY --test-pattern 64x48@1000 --frames 40 --wait-subscribers 1 \
         --policy strict_wait --strict-timeout 9 -q",
    );
    let output = reader.output();
    let said = assert_code(&output, 0);
    assert_code(&next.output(), 0);
    assert!(said.contains("published again"), "{said}");
    let report = parse(said.lines().last().expect("a report").as_bytes());
    assert_eq!(report["reattached"], 1);
    assert_eq!(report["last_seq"], 40);
    assert_eq!(report["ended"], "end_of_stream");
}

#[test]
fn a_reader_that_is_interrupted_reports() {
    for signal in [Signal::INT, Signal::TERM] {
        let place = Place::new();
        let _publisher = place.start(ENDLESS);
        let reader = place.start("sub KEY --json");
        place.wait_for_subscriber();
        reader.signal(signal);
        let output = reader.output();
        assert_signal(output.status, signal);
        assert_eq!(parse(&output.stdout)["ended"], "signal");
    }
}

#[test]
fn waiting_for_a_publisher_can_be_interrupted() {
    let place = Place::new();
    let reader = place.start("sub KEY --json --connect-timeout never");
    reader.wait_until_it_catches(Signal::INT);
    reader.signal(Signal::INT);
    let output = reader.output();
    assert_signal(output.status, Signal::INT);
    assert_eq!(parse(&output.stdout)["frames"], 0);
}

#[test]
fn waiting_for_subscribers_or_input_can_be_interrupted() {
    let place = Place::new();
    let lines = [
        "publish --key KEY --test-pattern 4x4@1 --wait-subscribers 1 -q",
        "publish --key KEY --test-pattern 4x4@1/3600 -q",
        "publish --key KEY --size 4x4 --format gray --fps 1 -q -",
    ];
    for line in lines {
        let mut command = place.command(line);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        // Held open: the end of the input is another way to end.
        let input = child.stdin.take();
        let publisher = Running::of(child);
        publisher.wait_until_it_catches(Signal::TERM);
        publisher.signal(Signal::TERM);
        let output = publisher.output();
        drop(input);
        assert_signal(output.status, Signal::TERM);
        let left = std::fs::read_dir(place.dir.path()).expect("the directory");
        let names: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
        assert!(
            names
                .iter()
                .all(|name| !name.to_string_lossy().ends_with(".sock")),
            "{names:?}"
        );
    }
}

#[test]
fn a_pipe_that_nobody_reads_is_a_quiet_end() {
    let place = Place::new();
    let (_publisher, mut reader) = pair(&place, "");
    reader.close_stdout();
    let output = reader.output();
    assert_signal(output.status, Signal::PIPE);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
