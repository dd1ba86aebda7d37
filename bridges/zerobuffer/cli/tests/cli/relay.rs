//! `relay`: what comes out of one buffer goes into another.

use serde_json::{Value, json};
use zerobuffer::Writer;
use zerobuffer_peer::md5;

use crate::support::{Buffer, assert_code, parse, text};

/// Writer, relay and reader in a row; what each tells.
fn chain(writer: &str, relay: &str, reader: &str) -> [Value; 3] {
    let (input, output) = (Buffer::new(), Buffer::new());
    let reading = output.start_reader(&format!("reader NAME --json-output {reader}"));
    let line = format!("relay NAME {} --json-output {relay}", output.name);
    let relaying = input.start_reader(&line);
    let written = input.json(&format!("writer NAME --json-output {writer}"));
    let reports = [written, relaying.json(), reading.json()];
    input.assert_nothing_left();
    output.assert_nothing_left();
    reports
}

#[test]
fn frames_and_metadata_go_along() {
    let [_, relayed, read] = chain("-n 300 -s 5000 -m hello", "", "-s 5000 --verify sequential");
    assert_eq!(relayed["operation"], "relay");
    assert_eq!(relayed["frames_relayed"], 300);
    assert_eq!(relayed["total_bytes"], 1_500_000);
    assert_eq!(relayed["metadata_relayed"], true);
    assert_eq!(relayed["metadata_size"], 5);
    assert_eq!(relayed["errors"], json!([]));
    assert_eq!(read["frames_read"], 300);
    assert_eq!(read["metadata_size"], 5);
    assert_eq!(read["verification_errors"], 0);
}

#[test]
fn without_metadata_none_is_relayed() {
    let [_, relayed, read] = chain("-n 2", "", "");
    assert_eq!(relayed["metadata_relayed"], false);
    assert_eq!(read["metadata_size"], 0);
}

#[test]
fn exclusive_or_changes_each_byte() {
    let [_, relayed, read] = chain("-n 20 --pattern ones", "--transform xor", "--verify zero");
    assert_eq!(relayed["frames_relayed"], 20);
    assert_eq!(read["frames_read"], 20);
    let [.., read] = chain(
        "-n 2 -s 100000 --pattern zero",
        "--transform xor --xor-key 0x0f",
        "-s 100000 --checksum",
    );
    assert_eq!(read["frames_read"], 2);
    assert_eq!(read["checksum_all"], md5(&[0x0f; 200_000]));
}

#[test]
fn a_key_without_exclusive_or_changes_nothing() {
    let [.., read] = chain("-n 20", "--xor-key 1", "--verify sequential");
    assert_eq!(read["frames_read"], 20);
}

#[test]
fn reverse_puts_the_last_byte_first() {
    for size in [1, 1000, 65_536, 150_001] {
        let [.., read] = chain(
            &format!("-n 3 -s {size}"),
            "--transform reverse",
            &format!("-s {size} --checksum"),
        );
        assert_eq!(read["frames_read"], 3);
        let frame = |k: usize| (0..size).rev().map(move |i| ((k + i) % 256) as u8);
        let bytes: Vec<u8> = (0..3).flat_map(frame).collect();
        assert_eq!(read["checksum_all"], md5(&bytes), "{size}");
    }
}

#[test]
fn it_ends_after_so_many_frames() {
    let (input, output) = (Buffer::new(), Buffer::new());
    let reading = output.start_reader("reader NAME --json-output --verify sequential");
    let line = format!("relay NAME {} --json-output -n 20", output.name);
    let relaying = input.start_reader(&line);
    let code = input.run("writer NAME -n 50").status.code();
    // All of them, unless the relay ended first.
    assert!(matches!(code, Some(0 | 5)), "{code:?}");
    assert_eq!(relaying.json()["frames_relayed"], 20);
    assert_eq!(reading.json()["frames_read"], 20);
}

#[test]
fn it_waits_for_the_output_which_may_come_later() {
    let (input, output) = (Buffer::new(), Buffer::new());
    let line = format!("relay NAME {} --json-output --timeout-ms 0", output.name);
    let relaying = input.start_reader(&line);
    let writing = input.start("writer NAME -n 40");
    let reading = output.start("reader NAME --json-output --verify sequential");
    assert_code(&writing.output(), 0);
    assert_eq!(relaying.json()["frames_relayed"], 40);
    assert_eq!(reading.json()["frames_read"], 40);
}

#[test]
fn an_output_that_never_comes_is_told() {
    let (input, output) = (Buffer::new(), Buffer::new());
    let line = format!("relay NAME {} --json-output --timeout-ms 50", output.name);
    let ended = input.run(&line);
    let said = assert_code(&ended, 6);
    assert!(said.contains("no reader made buffer"), "{said}");
    let report = parse(&ended.stdout);
    assert_eq!(report["frames_relayed"], 0);
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(1));
    input.assert_nothing_left();
}

#[test]
fn the_output_can_be_made_by_the_relay_which_empties_it() {
    let (input, output) = (Buffer::new(), Buffer::new());
    // Many more frames than the output holds.
    let line = format!(
        "relay NAME {} --json-output --create-output --buffer-size 64K",
        output.name
    );
    let relaying = input.start_reader(&line);
    zerobuffer_peer::await_reader(&output.name, crate::support::WATCHDOG);
    let info = output.json("info NAME --json");
    assert_eq!(info["payload_size"], 65536);
    assert_eq!(info["reader"]["pid"], relaying.pid());
    assert_eq!(input.json("info NAME --json")["payload_size"], 65536);
    assert_code(&output.run("reader NAME"), 9);
    input.json("writer NAME -n 500 --json-output");
    assert_eq!(relaying.json()["frames_relayed"], 500);
    output.assert_nothing_left();
}

#[test]
fn a_frame_too_large_for_the_output_is_told() {
    let (input, output) = (Buffer::new(), Buffer::new());
    let _reading = output.start_reader("reader NAME --buffer-size 1024");
    let relaying = input.start_reader(&format!("relay NAME {}", output.name));
    assert_code(&input.run("writer NAME -n 1 -s 2000"), 0);
    let said = assert_code(&relaying.output(), 2);
    assert!(
        said.contains("2000 bytes") && said.contains(&output.name),
        "{said}"
    );
}

#[test]
fn a_reader_that_goes_away_ends_it() {
    let (input, output) = (Buffer::new(), Buffer::new());
    let reading = output.start_reader("reader NAME -n 5");
    let relaying = input.start_reader(&format!("relay NAME {}", output.name));
    let mut writer = Writer::connect(&input.name).expect("a writer");
    for _ in 0..5 {
        writer.write(&[0; 1024]).expect("room");
    }
    assert_code(&reading.output(), 0);
    writer.write(&[0; 1024]).expect("room");
    let said = assert_code(&relaying.output(), 5);
    assert!(said.contains(&output.name), "{said}");
}

#[test]
fn a_buffer_is_not_relayed_to_itself() {
    let buffer = Buffer::new();
    let said = assert_code(&buffer.run("relay NAME NAME"), 2);
    assert!(said.contains("different names"), "{said}");
}

#[test]
fn progress_is_told_at_the_interval() {
    for (interval, lines) in [(3, 3), (100, 0)] {
        let (input, output) = (Buffer::new(), Buffer::new());
        let line = format!(
            "relay NAME {} -v --create-output --log-interval {interval}",
            output.name
        );
        let relaying = input.start_reader(&line);
        zerobuffer_peer::await_reader(&output.name, crate::support::WATCHDOG);
        assert_code(&input.run("writer NAME -n 10"), 0);
        let ended = relaying.output();
        let said = assert_code(&ended, 0);
        let told = said
            .lines()
            .filter(|line| line.contains("relayed,"))
            .count();
        assert_eq!(told, lines, "{said}");
        let summary = text(&ended.stdout);
        assert!(summary.starts_with("Relayed 10 frames in "), "{summary}");
    }
}
