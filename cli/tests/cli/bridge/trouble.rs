//! Processes that are killed, and formats that change: what is left goes on.

use rustix::process::Signal;
use zerobuffer_peer::{Process, leftovers};

use super::{Stage, event, last};
use crate::support::{Running, assert_code, assert_signal, noise, text};

const WIDTH: usize = 256;
const FRAME: usize = WIDTH * 32;
/// A camera that goes on until it is told not to; each frame shows its number twice.
const CAMERA: &str = "publish --key KEY --test-pattern 256x32@200 --format gray -q";
const TO_BUFFER: &str = "bridge zerobuffer --from KEY --to BUFFER --json";
const TO_KEY: &str =
    "bridge zerobuffer --from-buffer BUFFER --to KEY2 --json --payload-size 100000";

/// The number that a whole frame shows at the top and at the bottom.
fn number(frame: &[u8]) -> usize {
    assert_eq!(frame.len(), FRAME);
    // 32 cells of 8 by 8 pixels.
    let shown = |y: usize| {
        (0..32).fold(0, |shown, cell| {
            shown << 1 | usize::from(frame[WIDTH * y + 8 * cell + 4] > 127)
        })
    };
    assert_eq!(shown(4), shown(28), "a torn frame");
    shown(4)
}

fn kill(running: Running) {
    running.signal(Signal::KILL);
    assert_signal(running.output().status, Signal::KILL);
}

/// Reads frames of a subscriber that come one after the other.
fn read(sub: &mut Running, frames: usize) -> Vec<usize> {
    let numbers: Vec<_> = (0..frames).map(|_| number(&sub.read(FRAME))).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    numbers
}

/// What the peer's reader reads next.
fn peer_frame(reader: &mut Process) -> (u64, usize) {
    let answer = reader.ask("hex 10");
    let (sequence, hex) = answer.split_once(' ').unwrap_or_else(|| panic!("{answer}"));
    let digits = (0..hex.len()).step_by(2);
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("a byte");
    let frame: Vec<u8> = digits.map(byte).collect();
    (sequence.parse().expect("a sequence"), number(&frame))
}

#[test]
fn each_process_can_be_killed_and_followed_by_another() {
    let stage = Stage::new();
    let mut to_key = stage.start(TO_KEY);
    event(&mut to_key, "created");
    let mut to_buffer = stage.start(TO_BUFFER);
    let mut camera = stage.start(CAMERA);
    let mut sub = stage.start("sub KEY2 -o - -q --connect-timeout 9");
    read(&mut sub, 5);

    // The camera: its successor counts anew.
    kill(camera);
    camera = stage.start(CAMERA);
    event(&mut to_buffer, "publisher_lost");
    event(&mut to_buffer, "reattached");
    let numbers: Vec<_> = (0..40).map(|_| number(&sub.read(FRAME))).collect();
    assert!(numbers.windows(2).filter(|pair| pair[0] >= pair[1]).count() <= 1);

    // The bridge that writes to the buffer: the other one makes the buffer anew.
    kill(to_buffer);
    event(&mut to_key, "lost");
    let mut to_buffer = stage.start(TO_BUFFER);
    event(&mut to_buffer, "connected");
    read(&mut sub, 20);

    // The bridge that reads from it: the buffer is left as it was, and its successor has it.
    kill(to_key);
    event(&mut to_buffer, "lost");
    let mut to_key = stage.start(TO_KEY);
    event(&mut to_buffer, "connected");
    event(&mut to_key, "stream");
    drop(read(&mut sub, 1));
    assert_eq!(sub.read(FRAME).len(), FRAME);

    for bridge in [to_buffer, to_key] {
        bridge.signal(Signal::TERM);
        let output = bridge.output();
        assert_signal(output.status, Signal::TERM);
        assert_eq!(last(&text(&output.stdout))["ended"], "signal");
    }
    assert_eq!(
        leftovers(&stage.buffer),
        [""; 0].map(std::path::PathBuf::from)
    );
    drop((camera, sub));
}

#[test]
fn the_peers_reader_can_be_killed_and_survives_a_bridge() {
    let stage = Stage::new();
    let create = || {
        let mut reader = Process::script("reader.py", &[&stage.buffer, "1024", "100000"]);
        reader.expect("created");
        reader
    };
    let mut reader = create();
    let _camera = stage.start(CAMERA);
    let mut to_buffer = stage.start(TO_BUFFER);
    event(&mut to_buffer, "connected");
    let (sequence, mut newest) = peer_frame(&mut reader);
    assert_eq!(sequence, 1);

    // The peer's reader insists on the next sequence, also of another writer.
    kill(to_buffer);
    let mut to_buffer = stage.start(TO_BUFFER);
    event(&mut to_buffer, "connected");
    let mut later = 0;
    for expected in 2..40 {
        let (sequence, number) = peer_frame(&mut reader);
        assert_eq!(sequence, expected);
        assert!(number > newest);
        newest = number;
        later += 1;
    }
    assert_eq!(later, 38);

    reader.kill();
    event(&mut to_buffer, "lost");
    let mut reader = create();
    event(&mut to_buffer, "connected");
    let (sequence, number) = peer_frame(&mut reader);
    assert_eq!(sequence, 1);
    assert!(number > newest);
    to_buffer.signal(Signal::TERM);
    let output = to_buffer.output();
    let ended = last(&text(&output.stdout));
    assert_eq!(
        (&ended["peers"], &ended["missed"]),
        (&2.into(), &ended["missed"])
    );
}

#[test]
fn a_new_format_waits_for_a_new_buffer() {
    let stage = Stage::new();
    let to_key = stage.to_key("");
    let mut to_buffer = stage.to_buffer("");
    let first = stage.place.start_with(
        "publish --key KEY --fps 25 --size 8x8 --format gray --policy strict_wait --strict-timeout 9 --wait-subscribers 1 -q -",
        noise(64 * 4, 1),
    );
    let mut sub = stage.start("sub KEY2 --strict -o - -q --connect-timeout 9");
    assert!(sub.read(64 * 4) == noise(64 * 4, 1));
    // The end of a stream is the end of its bridge; the next one finds another format.
    assert_code(&first.output(), 0);
    event(&mut to_buffer, "ended");
    let mut to_buffer = stage.to_buffer("");
    let second = stage.publish("--size 16x8 --format gray", noise(128 * 6, 2));
    assert!(sub.read(128 * 6) == noise(128 * 6, 2));
    assert_code(&second.output(), 0);
    event(&mut to_buffer, "ended");
    to_key.signal(Signal::TERM);
    let ended = last(&text(&to_key.output().stdout));
    assert_eq!((&ended["frames"], &ended["peers"]), (&10.into(), &2.into()));
}

#[test]
fn metadata_of_other_frames_is_waited_out_or_told() {
    let stage = Stage::new();
    let _camera = stage.start(CAMERA);
    let config = zerobuffer::BufferConfig::new(1024, 100_000);
    let create = || zerobuffer::Reader::create(&stage.buffer, &config).expect("a buffer");
    let other = create();
    let mut writer = zerobuffer::Writer::connect(&stage.buffer).expect("a writer");
    let caps = "video/x-raw, format=NV12, width=640, height=480";
    writer.set_metadata(caps.as_bytes()).expect("metadata");
    drop(writer);
    let once = stage.start(&format!("{TO_BUFFER} --once"));
    let said = assert_code(&once.output(), 8);
    assert!(said.contains("640") && said.contains("anew"), "{said}");

    let mut to_buffer = stage.start(TO_BUFFER);
    let waiting = event(&mut to_buffer, "waiting");
    assert!(
        waiting["why"]
            .as_str()
            .is_some_and(|why| why.contains("640")),
        "{waiting}"
    );
    drop(other);
    let mut reader = create();
    event(&mut to_buffer, "connected");
    let frame = reader
        .read(std::time::Duration::from_secs(9))
        .expect("no error");
    number(&frame.expect("a frame").to_vec());
}
