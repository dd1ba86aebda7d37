//! The line about frames that appears once a second.

use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::support::{Daemon, PLAIN, directory, talking_program_at};

/// Frames of the second, frames in all, and bytes of a frame.
fn numbers(line: &str) -> [u64; 3] {
    let words: Vec<_> = line.split(' ').collect();
    let [
        "FPS:",
        rate,
        "|",
        "Total",
        "frames:",
        total,
        "|",
        "Frame",
        "size:",
        size,
        "bytes",
    ] = words[..]
    else {
        panic!("{line}");
    };
    [rate, total, size].map(|word| word.parse().expect(line))
}

#[test]
fn frames_are_told_once_a_second() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let daemon = Daemon::launch(directory(), |socket| {
        let program = Path::new(env!("CARGO_BIN_EXE_vizion-streamer"));
        let mut command = talking_program_at(program, PLAIN, socket);
        command.stdout(writer);
        command
    });
    let format = r#"{"width":640,"height":480,"framerate":30,"format":"NV12"}"#;
    daemon.say("set_format", format);
    daemon.stream("start_stream");
    let mut all = 0;
    let lines = BufReader::new(reader).lines();
    for line in lines.take(3) {
        let [rate, total, size] = numbers(&line.expect("a line"));
        all += rate;
        assert_eq!((total, size), (all, 640 * 480 * 3 / 2));
        // A busy machine loses some; none has more than the camera delivers and one second's late ones.
        assert!((1..=60).contains(&rate), "{rate}");
    }
    assert!(all > 30, "{all} frames in three seconds");
    daemon.stream("stop_stream");
}
