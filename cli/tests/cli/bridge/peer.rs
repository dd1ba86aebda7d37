//! The Python implementation of ZeroBuffer on the other side of the buffer.

use serde_json::{Value, json};
use zerobuffer_peer::{PATIENCE, Process, await_reader, md5};

use super::{Stage, all, assert_counts, event, frames, summary};
use crate::support::assert_code;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = (0..hex.len()).step_by(2);
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("a byte");
    digits.map(byte).collect()
}

#[test]
fn it_reads_a_camera_as_subscribers_do() {
    const FRAMES: usize = 60;
    let stage = Stage::new();
    let mut reader = Process::script("reader.py", &[&stage.buffer, "4096", "1000000"]);
    reader.expect("created");
    let mut to_buffer = stage.to_buffer("");
    let (sub, file) = stage.sub("KEY");
    let publisher = stage.start(&format!(
        "publish --key KEY --test-pattern 320x240@200 --frames {FRAMES} -q \
         --policy strict_wait --strict-timeout 9 --wait-subscribers 2"
    ));
    let connected = event(&mut to_buffer, "connected");
    assert_eq!(connected["reader"], reader.pid());
    let answer = reader.ask(&format!("frames {FRAMES} 10"));
    let read = frames(sub, &file);
    assert_code(&publisher.output(), 0);
    assert_eq!(read.len(), FRAMES * 320 * 240 * 3 / 2);
    assert_eq!(answer, format!("{FRAMES} {} 1 {FRAMES}", md5(&read)));
    assert_counts(&summary(to_buffer), all(FRAMES as u64));

    let metadata = bytes(&reader.ask("metadata"));
    let metadata: Value = serde_json::from_slice(&metadata).expect("JSON");
    assert_eq!(metadata["type"], "video");
    assert_eq!(
        metadata["caps"],
        "video/x-raw, format=NV12, width=320, height=240, framerate=200/1"
    );
    let planes = json!([
        {"offset": 0, "pitch": 320, "rows": 240, "bytes": 320},
        {"offset": 76_800, "pitch": 320, "rows": 120, "bytes": 320},
    ]);
    assert_eq!(metadata["cuframes"]["planes"], planes);
    assert_eq!(reader.finish().code, Some(0));
}

#[test]
fn what_it_writes_is_published() {
    const FRAMES: usize = 80;
    let stage = Stage::new();
    // Room for ten frames, without an exact fill, of which the peer's writer dies.
    let to_key = stage.to_key("--once --payload-size 100000");
    await_reader(&stage.buffer, PATIENCE);
    let mut writer = Process::script("writer.py", &[&stage.buffer]);
    writer.expect("connected");
    // As the element of a real user writes it.
    let caps =
        "video/x-raw, format=(string)BGR, width=(int)64, height=(int)48, framerate=(fraction)30/1";
    let metadata =
        json!({"type": "video", "version": "1.0", "caps": caps, "element_name": "zerosink0"});
    assert_eq!(
        writer.ask(&format!(
            "metadata {}",
            hex(metadata.to_string().as_bytes())
        )),
        "ok"
    );
    let (sub, file) = stage.sub("KEY2");
    let answer = writer.ask(&format!("frames {FRAMES} {} random", 64 * 48 * 3));
    assert_eq!(writer.ask("close"), "closed");
    let read = frames(sub, &file);
    assert_eq!(read.len(), FRAMES * 64 * 48 * 3);
    assert_eq!(answer, format!("{FRAMES} {}", md5(&read)));
    assert_counts(&summary(to_key), all(FRAMES as u64));
    assert_eq!(writer.finish().code, Some(0));
}

#[test]
fn frames_of_another_size_are_dropped_and_counted() {
    let stage = Stage::new();
    let mut to_key = stage.to_key("--once --caps video/x-raw,format=GRAY8,width=64,height=48");
    let made = event(&mut to_key, "created");
    assert_eq!(made["payload_size"], 8 * (64 * 48 + 16));
    let mut writer = Process::script("writer.py", &[&stage.buffer]);
    writer.expect("connected");
    let (sub, file) = stage.sub("KEY2");
    let mut expected = 0;
    for (count, size, first) in [(3, 3072, 0), (2, 3000, 3), (4, 3088, 5), (2, 3072, 9)] {
        let answer = writer.ask(&format!("frames {count} {size} sequential {first}"));
        assert!(answer.starts_with(&format!("{count} ")), "{answer}");
        expected += if size == 3072 { count } else { 0 };
    }
    assert_eq!(writer.ask("close"), "closed");
    let read = frames(sub, &file);
    let frame = |k: usize| (0..3072).map(move |i| ((k + i) % 256) as u8);
    let pixels: Vec<u8> = [0, 1, 2, 9, 10].into_iter().flat_map(frame).collect();
    assert_eq!(read.len(), pixels.len());
    assert!(read == pixels);
    let ended = summary(to_key);
    assert_eq!(ended["frames"], expected);
    assert_eq!(ended["dropped_size"], 6);
}

#[test]
fn one_writer_follows_another_with_metadata_of_its_own() {
    let stage = Stage::new();
    let mut to_key = stage.to_key("--payload-size 100000");
    let mut sub = stage.start("sub KEY2 --strict -o - --connect-timeout 9");
    for (round, (width, height)) in [(64, 48), (32, 20)].into_iter().enumerate() {
        event(&mut to_key, "created");
        let mut writer = Process::script("writer.py", &[&stage.buffer]);
        writer.expect("connected");
        let caps = format!("video/x-raw, format=GRAY8, width={width}, height={height}");
        assert_eq!(
            writer.ask(&format!("metadata {}", hex(caps.as_bytes()))),
            "ok"
        );
        let answer = writer.ask(&format!("frames 5 {} random", width * height));
        assert_eq!(
            answer,
            format!("5 {}", md5(&sub.read(5 * width * height))),
            "{round}"
        );
        assert_eq!(writer.ask("close"), "closed");
        assert_eq!(
            event(&mut to_key, "stream")["caps"],
            format!("{caps}, framerate=0/1")
        );
    }
    event(&mut to_key, "created");
    to_key.signal(rustix::process::Signal::TERM);
    let output = to_key.output();
    let ended = super::last(&crate::support::text(&output.stdout));
    assert_counts(&ended, all(10));
    assert_eq!(ended["peers"], 2);
}
