//! Arguments that make no sense, formats without a name, and waits that end.

use vizion::{FrameInfo, FrameWriter, PixelFormat, Rows};

use super::{Stage, event};
use crate::support::{assert_code, noise, parse, text};

#[test]
fn wrong_arguments_are_2() {
    let stage = Stage::new();
    let bridge = "bridge vizion";
    for (line, word) in [
        (format!("{bridge} --to SHM"), "--from"),
        (format!("{bridge} --from KEY"), "--to"),
        (
            format!("{bridge} --from KEY --from-shm SHM --to SHM"),
            "cannot be used with",
        ),
        (
            format!("{bridge} --from-shm SHM --to KEY --strict"),
            "--strict",
        ),
        (
            format!("{bridge} --from-shm SHM --to KEY --packets"),
            "--packets",
        ),
        (format!("{bridge} --from KEY --to SHM --slots 3"), "--slots"),
        (
            format!("{bridge} --from KEY --to SHM --packets --strict"),
            "--packets",
        ),
        (
            format!("{bridge} --from KEY --to SHM --buffer-size 1m"),
            "1m",
        ),
        (format!("{bridge} --from-shm a/b --to KEY"), "a/b"),
        (format!("{bridge} --from KEY --to ../b"), "../b"),
        ("bridge".to_owned(), "vizion"),
    ] {
        let said = assert_code(&stage.start(&line).output(), 2);
        assert!(said.contains(word), "{line}: {said}");
    }
}

#[test]
fn nobody_there_in_time_is_3_and_nobody_any_more_is_5() {
    let stage = Stage::new();
    let patience = "--connect-timeout 0.3";
    let line = format!("bridge vizion --from KEY --to SHM {patience}");
    let said = assert_code(&stage.start(&line).output(), 3);
    assert!(said.contains(&stage.place.key), "{said}");
    let line = format!("bridge vizion --from-shm SHM --to KEY {patience}");
    let said = assert_code(&stage.start(&line).output(), 3);
    assert!(
        said.contains("waiting") && said.contains(&stage.name),
        "{said}"
    );
    let writer = FrameWriter::create(&stage.name, 1000).expect("is made");
    let mut to_key = stage.start(&format!("{line} --json"));
    event(&mut to_key, "connected");
    drop(writer);
    event(&mut to_key, "lost");
    assert_code(&to_key.output(), 5);
}

#[test]
fn shared_memory_of_another_writer_is_9_and_too_much_of_it_11() {
    let stage = Stage::new();
    let _camera = stage.start("publish --key KEY --test-pattern 64x48@50 --format nv12 -q");
    let large = stage.start("bridge vizion --from KEY --to SHM --buffer-size 900000G");
    let said = assert_code(&large.output(), 11);
    assert!(said.contains("room"), "{said}");
    let writer = FrameWriter::create(&stage.name, 1000).expect("is made");
    let line = "bridge vizion --from KEY --to SHM";
    let said = assert_code(&stage.start(line).output(), 9);
    assert!(said.contains(&std::process::id().to_string()), "{said}");
    drop(writer);
    std::fs::write(&stage.paths()[0], [7; 1000]).expect("a file");
    let said = assert_code(&stage.start(line).output(), 9);
    assert!(said.contains("no VIZN"), "{said}");
}

#[test]
fn a_format_without_a_name_is_14_and_says_what_to_do() {
    let stage = Stage::new();
    for format in ["p010le", "yuv420p", "bgra", "gray"] {
        let _camera = stage.start(&format!(
            "publish --key KEY --test-pattern 64x48@50 --format {format} -q"
        ));
        let bridge = stage.start("bridge vizion --from KEY --to SHM --once");
        let said = assert_code(&bridge.output(), 14);
        let told = ["no name", "nv12", "--packets"];
        assert!(told.iter().all(|word| said.contains(word)), "{said}");
    }
}

#[test]
fn what_is_no_frame_is_8() {
    let stage = Stage::new();
    let mut header = [0; 4096];
    header[..4].copy_from_slice(b"NZIV");
    for (at, value) in [(4, 64u32), (8, 48), (12, 1), (16, 99), (32, 1), (36, 2)] {
        header[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    header[40..44].copy_from_slice(b"YUY2");
    std::fs::write(&stage.paths()[0], header).expect("a file");
    let line = "bridge vizion --from-shm SHM --to KEY";
    let said = assert_code(&stage.start(line).output(), 8);
    assert!(said.contains("6144"), "{said}");
}

#[test]
fn people_are_told_what_happens() {
    let stage = Stage::new();
    let mut writer = FrameWriter::create(&stage.name, 10_000).expect("is made");
    let info = FrameInfo {
        width: 64,
        height: 48,
        format: PixelFormat::Yuy2,
        timestamp_ns: 1,
    };
    let frame = noise(64 * 48 * 2, 1);
    writer
        .write(&info, &[Rows::packed(&frame)])
        .expect("is written");
    let line = "bridge vizion --from-shm SHM --to KEY --frames 1";
    let output = stage.start(line).output();
    let said = assert_code(&output, 0);
    assert_eq!(text(&output.stdout), "");
    let route = format!("{} > {}: ", stage.name, stage.place.key);
    let wanted = [
        format!("{route}frames come from process {}", std::process::id()),
        format!("{route}frames of 64x48 YUY2"),
        format!("{route}1 frames carried, 0 dropped, 0 missed: frames"),
    ];
    assert_eq!(said.lines().collect::<Vec<_>>(), wanted);
    let json = stage.start(&format!("{line} --json")).output();
    let events = text(&json.stdout);
    let names: Vec<_> = events
        .lines()
        .map(|line| parse(line.as_bytes())["event"].clone())
        .collect();
    assert_eq!(names, ["connected", "stream", "ended"]);
    assert_eq!(assert_code(&json, 0), "");
}
