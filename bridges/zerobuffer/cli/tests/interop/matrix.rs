//! Both sides, all patterns, five sizes: exact counts, and no byte that differs.

use zerobuffer_peer::Process;

use crate::support::{Buffer, count, told};

/// Bytes of frames: the smallest; one that leaves a tail shorter than a header in the ring of
/// the peer's command line (fault B1); two that hit its end exactly (B2); and one of no kind.
const SIZES: [u64; 5] = [1, 1005, 4080, 10_000, 65_520];

/// What all languages agree on.
const PATTERNS: [&str; 3] = ["sequential", "zero", "ones"];

/// Frames of a size: several laps of a ring of `ring` bytes, or so many as are asked for, but
/// not more bytes than the peer looks at in a few seconds.
fn frames(size: u64, ring: u64, full: u64) -> u64 {
    let laps = 3 * ring / (size + 16) + 1;
    laps.min(3000).max(count(full)).min((24 << 20) / size)
}

#[test]
fn our_writer_and_the_readers_of_the_peer() {
    // The ring of the peer's command line is always this large.
    let ring = 1 << 20;
    let mut cells = 0;
    for size in SIZES {
        let n = frames(size, ring, 3000);
        for pattern in PATTERNS {
            let buffer = Buffer::new();
            let line = [&buffer.name, "-n", &n.to_string(), "-s", &size.to_string()];
            let rest = ["--verify", pattern, "--json-output"];
            let reader = Process::reader(&[&line[..], &rest].concat());
            buffer.await_reader();
            let line = format!("-n {n} -s {size} --pattern {pattern}");
            let written = buffer.ours("writer", &line).report();
            assert_eq!(written["frames_written"], n);
            let ended = reader.finish();
            let read = told(&ended);
            assert_eq!(read["frames_read"], n, "{size} {pattern}: {read}");
            assert_eq!(read["verification_errors"], 0, "{size} {pattern}");
            assert_eq!(ended.code, Some(0), "{size} {pattern}: {read}");
            cells += 1;
        }
    }
    assert_eq!(cells, 15);
}

#[test]
fn our_noise_and_the_readers_of_the_peer() {
    for size in SIZES {
        let buffer = Buffer::new();
        // A ring of a few frames, and of another size than those it carries.
        let ring = 3 * (size + 16) + 1000;
        let n = frames(size, ring, 10_000);
        let mut reader = Process::script("reader.py", &[&buffer.name, "1024", &ring.to_string()]);
        reader.expect("created");
        let line = format!("-n {n} -s {size} --pattern random --checksum");
        let writer = buffer.ours("writer", &line);
        let read = reader.ask(&format!("frames {n} 30"));
        let written = writer.report();
        assert_eq!(written["frames_written"], n);
        let sum = written["checksum_all"].as_str().expect("a sum");
        assert_eq!(read, format!("{n} {sum} 1 {n}"), "{size}");
    }
}

#[test]
fn our_noise_and_the_command_line_of_the_peer() {
    for size in SIZES {
        let buffer = Buffer::new();
        let line = [&buffer.name, "-n", "100", "-s", &size.to_string()];
        let rest = ["--checksum", "--json-output"];
        let reader = Process::reader(&[&line[..], &rest].concat());
        buffer.await_reader();
        let line = format!("-n 100 -s {size} --pattern random --checksum");
        let written = buffer.ours("writer", &line).report();
        let read = told(&reader.finish());
        assert_eq!(read["checksums"].as_array().map(Vec::len), Some(100));
        assert_eq!(read["checksums"], written["checksums"], "{size}");
    }
}

/// A ring of some frames that no frame of the matrix ends at exactly, since the peer's writer
/// does not survive that (B2 has a test of its own).
fn uneven_ring(size: u64) -> u64 {
    (6 * (size + 16) + (size + 16) / 2 + 64).next_multiple_of(64)
}

#[test]
fn the_writers_of_the_peer_and_our_reader() {
    let mut cells = 0;
    for size in SIZES {
        let ring = uneven_ring(size);
        let n = frames(size, ring, 3000);
        for pattern in PATTERNS {
            let buffer = Buffer::new();
            let line = format!("-n {n} -s {size} --verify {pattern} --buffer-size {ring}");
            let reader = buffer.our_reader(&line);
            let line = [&buffer.name, "-n", &n.to_string(), "-s", &size.to_string()];
            let rest = ["--pattern", pattern, "--json-output"];
            let ended = Process::writer(&[&line[..], &rest].concat()).finish();
            let (written, (code, read)) = (told(&ended), reader.finish());
            assert_eq!(written["frames_written"], n, "{size} {pattern}: {written}");
            assert_eq!(read["frames_read"], n, "{size} {pattern}: {read}");
            assert_eq!(read["verification_errors"], 0, "{size} {pattern}");
            assert_eq!((code, ended.code), (Some(0), Some(0)), "{read} {written}");
            buffer.assert_nothing_left();
            cells += 1;
        }
    }
    assert_eq!(cells, 15);
}

#[test]
fn the_noise_of_the_peer_and_our_reader() {
    for size in SIZES {
        let ring = uneven_ring(size);
        let n = frames(size, ring, 10_000);
        let buffer = Buffer::new();
        let line = format!("-n {n} -s {size} --checksum --buffer-size {ring} --batch-size 3");
        let reader = buffer.our_reader(&line);
        let mut writer = Process::script("writer.py", &[&buffer.name]);
        writer.expect("connected");
        let written = writer.ask(&format!("frames {n} {size} random"));
        let read = reader.report();
        let sum = read["checksum_all"].as_str().expect("a sum");
        assert_eq!(written, format!("{n} {sum}"), "{size}");
        assert_eq!(read["frames_read"], n);
        buffer.assert_nothing_left();
    }
}

#[test]
fn our_writer_and_our_reader() {
    let mut cells = 0;
    for size in SIZES {
        for ring in [uneven_ring(size), 4 * (size + 16).next_multiple_of(64)] {
            let n = count(50_000).min(count(256 << 20) / size);
            for pattern in ["sequential", "random", "zero", "ones"] {
                let buffer = Buffer::new();
                let line = format!("-n {n} -s {size} --verify {pattern} --buffer-size {ring}");
                let reader = buffer.our_reader(&format!("{line} --checksum"));
                let line = format!("-n {n} -s {size} --pattern {pattern} --checksum");
                let written = buffer.ours("writer", &line).report();
                let read = reader.report();
                assert_eq!(read["frames_read"], n, "{size} {pattern} in {ring}");
                assert_eq!(read["verification_errors"], 0, "{size} {pattern} in {ring}");
                assert_eq!(read["checksum_all"], written["checksum_all"]);
                buffer.assert_nothing_left();
                cells += 1;
            }
        }
    }
    assert_eq!(cells, 40);
}

#[test]
fn our_relay_between_two_of_the_peer() {
    for (transform, size) in [("none", 1005), ("xor", 10_000), ("reverse", 70_001)] {
        let (input, output) = (Buffer::new(), Buffer::new());
        let n = count(3000);
        let ring = uneven_ring(size).to_string();
        let mut reader = Process::script("reader.py", &[&output.name, "1024", &ring]);
        reader.expect("created");
        let line = format!("{} -n {n} --transform {transform} --xor-key 0", output.name);
        let relay = input.ours("relay", &format!("{line} --buffer-size {ring}"));
        input.await_reader();
        let mut writer = Process::script("writer.py", &[&input.name]);
        writer.expect("connected");
        reader.send(&format!("frames {n} 30"));
        let written = writer.ask(&format!("frames {n} {size} random"));
        let (sum, read) = (written.split(' ').next_back(), reader.line());
        let told: Vec<_> = read.split(' ').collect();
        assert_eq!(
            (told[0], told[2], told[3]),
            (&*n.to_string(), "1", &*n.to_string())
        );
        // With this key nothing changes, so that both ends have the same bytes unless reversed.
        assert_eq!(sum == Some(told[1]), transform != "reverse", "{transform}");
        let report = relay.report();
        assert_eq!(report["frames_relayed"], n);
        assert_eq!(report["total_bytes"], n * size);
        input.assert_nothing_left();
    }
}

#[test]
fn metadata_goes_both_ways() {
    let buffer = Buffer::new();
    let mut reader = Process::script("reader.py", &[&buffer.name, "1024", "65536"]);
    reader.expect("created");
    let written = buffer
        .ours("writer", "-n 2 -m {\"caps\":\"NV12\"}")
        .report();
    assert_eq!(written["metadata_size"], 15);
    assert_eq!(reader.ask("metadata"), "7b2263617073223a224e563132227d");
    assert_eq!(reader.ask("verify 2 10 sequential"), "2 0");
    drop(reader);
    let buffer = Buffer::new();
    let ours = buffer.our_reader("-n 3");
    let line = [&buffer.name, "-n", "3", "-m", "some words"];
    assert_eq!(Process::writer(&line).finish().code, Some(0));
    assert_eq!(ours.report()["metadata_size"], 10);
}
