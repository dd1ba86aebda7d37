//! `writer` and `reader`: each option does what it says.

use serde_json::{Value, json};
use zerobuffer_peer::md5;

use crate::support::{Buffer, assert_code, parse, text};

fn keys(report: &Value) -> Vec<String> {
    let object = report.as_object().expect("an object");
    object.keys().cloned().collect()
}

/// Writes with `writer` what `reader` reads; both get the buffer's name and tell JSON.
fn both(reader: &str, writer: &str) -> (Value, Value) {
    let buffer = Buffer::new();
    let reading = buffer.start_reader(&format!("reader NAME --json-output {reader}"));
    let written = buffer.json(&format!("writer NAME --json-output {writer}"));
    let read = reading.json();
    buffer.assert_nothing_left();
    (read, written)
}

#[test]
fn without_options_a_thousand_frames_go_over() {
    let (read, written) = both("--verify sequential --buffer-size 256MB", "");
    assert_eq!(read["operation"], "read");
    assert_eq!(written["operation"], "write");
    assert_eq!(
        (&read["frames_read"], &written["frames_written"]),
        (&json!(1000), &json!(1000))
    );
    assert_eq!(
        (&read["frame_size"], &written["frame_size"]),
        (&json!(1024), &json!(1024))
    );
    assert_eq!(read["verification_errors"], 0);
    assert_eq!(
        (&read["errors"], &written["errors"]),
        (&json!([]), &json!([]))
    );
    for report in [&read, &written] {
        assert!(report["duration_seconds"].as_f64() > Some(0.0));
        let rate = report["throughput_mbps"].as_f64().expect("a rate");
        let seconds = report["duration_seconds"].as_f64().expect("seconds");
        assert!((rate * seconds - 1000.0 / 1024.0).abs() < 1e-6, "{report}");
    }
}

#[test]
fn the_names_in_the_report_are_those_of_the_other_languages() {
    let (read, written) = both("", "-n 1");
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let common = [
        "buffer_name",
        "duration_seconds",
        "errors",
        "frame_size",
        "metadata_size",
        "operation",
        "throughput_mbps",
    ];
    let with = |more: &[&str]| {
        let names = common.iter().chain(more).map(|name| (*name).to_owned());
        sorted(names.collect())
    };
    assert_eq!(sorted(keys(&written)), with(&["frames_written"]));
    assert_eq!(
        sorted(keys(&read)),
        with(&["frames_read", "verification_errors", "checksums"])
    );
}

#[test]
fn each_pattern_is_verified() {
    for pattern in ["sequential", "random", "zero", "ones", "none"] {
        let line = format!("--size 70001 --frames 30 --pattern {pattern}");
        let (read, _) = both(&format!("-s 70001 --verify {pattern}"), &line);
        assert_eq!(read["frames_read"], 30, "{pattern}");
        assert_eq!(read["verification_errors"], 0, "{pattern}");
    }
}

#[test]
fn frames_of_another_pattern_are_counted() {
    for (pattern, verify) in [
        ("zero", "ones"),
        ("random", "sequential"),
        ("ones", "random"),
        ("sequential", "zero"),
    ] {
        let buffer = Buffer::new();
        let line = format!("reader NAME --json-output --verify {verify}");
        let reading = buffer.start_reader(&line);
        buffer.json(&format!(
            "writer NAME -n 120 --json-output --pattern {pattern}"
        ));
        let output = reading.output();
        let said = assert_code(&output, 7);
        assert!(said.contains("120 differ"), "{said}");
        let report = parse(&output.stdout);
        assert_eq!(report["frames_read"], 120);
        assert_eq!(report["verification_errors"], 120);
        // The first hundred are told one by one.
        assert_eq!(report["errors"].as_array().map(Vec::len), Some(100));
        assert_eq!(report["errors"][0], "Frame 0: it differs from the pattern");
    }
}

#[test]
fn the_size_is_checked_unless_any_is_right() {
    let buffer = Buffer::new();
    let reading = buffer.start_reader("reader NAME --json-output");
    buffer.json("writer NAME -n 3 -s 1000 --json-output");
    let output = reading.output();
    assert!(assert_code(&output, 7).contains("3 have another size"));
    let report = parse(&output.stdout);
    assert_eq!(report["verification_errors"], 0);
    assert_eq!(report["errors"][2], "Frame 2: expected size 1024, got 1000");
    let (read, _) = both("--size 0", "-n 3 -s 1000");
    assert_eq!(read["frames_read"], 3);
}

#[test]
fn checksums_are_the_same_at_both_ends() {
    let (read, written) = both("-s 1000 --checksum", "-s 1000 -n 130 --checksum");
    assert_eq!(read["checksums"].as_array().map(Vec::len), Some(100));
    assert_eq!(read["checksums"], written["checksums"]);
    assert_eq!(read["checksum_all"], written["checksum_all"]);
    let frame = |k: usize| -> Vec<u8> { (0..1000).map(|i| ((k + i) % 256) as u8).collect() };
    assert_eq!(
        read["checksums"][99],
        json!({"frame": 99, "checksum": md5(&frame(99))})
    );
    let all: Vec<u8> = (0..130).flat_map(frame).collect();
    assert_eq!(read["checksum_all"], md5(&all));
}

#[test]
fn checksums_for_people_are_lines() {
    let buffer = Buffer::new();
    let reading = buffer.start_reader("reader NAME -s 3 --checksum --verify zero");
    let output = buffer.run("writer NAME -s 3 -n 2 --pattern zero --checksum");
    assert_code(&output, 0);
    let written = text(&output.stdout);
    let sum = md5(&[0; 3]);
    let lines = format!("frame 0 {sum}\nframe 1 {sum}\nWrote 2 frames in ");
    assert!(written.starts_with(&lines), "{written}");
    let all = format!("MD5 of all frames: {}\n", md5(&[0; 6]));
    assert!(written.ends_with(&all), "{written}");
    let output = reading.output();
    assert_code(&output, 0);
    let read = text(&output.stdout);
    assert!(read.starts_with(&lines.replace("Wrote", "Read")), "{read}");
    assert!(read.contains("\nVerification errors: 0\n"), "{read}");
    assert!(read.contains("\nThroughput: "), "{read}");
}

#[test]
fn bytes_that_are_not_written_have_no_checksum() {
    let buffer = Buffer::new();
    let _reading = buffer.start_reader("reader NAME");
    let output = buffer.run("writer NAME --pattern none --checksum");
    assert!(assert_code(&output, 2).contains("--pattern none"));
}

#[test]
fn metadata_goes_over_as_text_or_from_a_file() {
    let (read, written) = both("", "-n 1 -m {\"caps\":\"NV12\"}");
    assert_eq!(written["metadata_size"], 15);
    assert_eq!(read["metadata_size"], 15);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("metadata");
    std::fs::write(&file, [0xff; 4088]).expect("a file");
    let line = format!("-n 1 --metadata-file {}", file.display());
    let (read, _) = both("", &line);
    assert_eq!(read["metadata_size"], 4088);
}

#[test]
fn metadata_that_does_not_fit_or_is_not_there() {
    let buffer = Buffer::new();
    let reading = buffer.start_reader("reader NAME --metadata-size 64");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("metadata");
    std::fs::write(&file, [0; 57]).expect("a file");
    let line = format!("writer NAME -n 1 --metadata-file {}", file.display());
    let said = assert_code(&buffer.run(&line), 2);
    assert!(said.contains("57 bytes of metadata"), "{said}");
    let said = assert_code(&buffer.run(&format!("{line}x")), 1);
    assert!(said.contains("read metadata from"), "{said}");
    drop(reading);
}

#[test]
fn a_batch_is_written_before_the_pause() {
    use rustix::process::Signal;
    let buffer = Buffer::new();
    let reading = buffer.start_reader("reader NAME -n 7 --json-output");
    let line = "writer NAME -n 0 --json-output --batch-size 7 --delay-ms 3600000";
    let writing = buffer.start(line);
    assert_eq!(reading.json()["frames_read"], 7);
    writing.signal(Signal::TERM);
    let output = writing.output();
    assert_eq!(parse(&output.stdout)["frames_written"], 7);
}

#[test]
fn a_writer_may_come_first() {
    let buffer = Buffer::new();
    let writing = buffer.start("writer NAME --wait-ms 60000 -n 3 --json-output");
    let reading = buffer.start("reader NAME --json-output --verify sequential");
    assert_eq!(writing.json()["frames_written"], 3);
    assert_eq!(reading.json()["frames_read"], 3);
    let said = assert_code(&buffer.run("writer NAME --wait-ms 20"), 6);
    assert!(said.contains("within 20 ms"), "{said}");
}

#[test]
fn pauses_take_their_time() {
    let (_, written) = both("", "-n 5 --delay-ms 20");
    // From before the first frame until after the last there are four.
    assert!(written["duration_seconds"].as_f64() >= Some(0.08));
}

#[test]
fn a_batch_of_the_reader_waits_for_nothing_but_its_first_frame() {
    // The ring has room for two frames, a batch for sixteen.
    let line = "-n 500 -s 1000 --batch-size 16 --buffer-size 2048 --verify sequential";
    let (read, _) = both(line, "-n 500 -s 1000");
    assert_eq!(read["frames_read"], 500);
}

#[test]
fn a_batch_of_the_reader_is_no_more_than_was_asked_for() {
    let buffer = Buffer::new();
    let line = "reader NAME -n 10 --batch-size 16 --json-output --verify sequential";
    let reading = buffer.start_reader(line);
    let code = buffer.run("writer NAME -n 30").status.code();
    // All of them, unless the reader ended first.
    assert!(matches!(code, Some(0 | 5)), "{code:?}");
    assert_eq!(reading.json()["frames_read"], 10);
}

#[test]
fn sizes_of_the_buffer_are_those_asked_for() {
    let buffer = Buffer::new();
    let line = "reader NAME --buffer-size 64K --metadata-size 1000 --timeout-ms 0";
    let _reading = buffer.start_reader(line);
    let info = buffer.json("info NAME --json");
    assert_eq!(info["payload_size"], 65536);
    assert_eq!(info["metadata_size"], 1024);
}
