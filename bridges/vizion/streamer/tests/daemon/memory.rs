//! What becomes of shared memory that is refused, removed, cut, or too small.

use std::fs::{self, OpenOptions};
use std::time::Instant;

use vizion::FrameReader;

use crate::support::{Daemon, PLAIN, WATCHDOG, segment, unique_name};

#[test]
fn a_refusal_leaves_shared_memory_as_it_was() {
    let daemon = Daemon::start(PLAIN);
    let (name, other) = (unique_name(), unique_name());
    let named = |name: &str, size: u64| format!(r#"{{"name":"{name}","buffer_size":{size}}}"#);
    daemon.tell("enable_shared_memory", &named(&name, 1_000_000));
    for (wrong, size) in [(&name, 127), (&other, 127), (&name, 1 << 62)] {
        let answer = daemon.say("enable_shared_memory", &named(wrong, size));
        assert!(answer.contains(r#""code":"invalid""#), "{answer}");
        let status = daemon.tell("get_shared_memory_status", "");
        assert_eq!(status["name"], name.as_str());
        let size = segment(&name).metadata().expect("it is there").len();
        assert_eq!((size, &status["size"]), (1_000_000, &size.into()));
        assert!(!segment(&other).exists());
    }
    daemon.end();
}

#[test]
fn shared_memory_that_somebody_removes_or_cuts_is_made_anew_while_the_stream_goes_on() {
    let daemon = Daemon::start(PLAIN);
    let name = unique_name();
    daemon.tell(
        "set_format",
        r#"{"width":640,"height":480,"framerate":240,"format":"NV12"}"#,
    );
    daemon.tell("enable_shared_memory", &format!(r#"{{"name":"{name}"}}"#));
    daemon.stream("start_stream");
    let replaced = || daemon.tell("get_stats", "")["shared_memory_replaced"].as_u64();
    let frames = || daemon.tell("get_stats", "")["shared_memory_frames"].as_u64();
    let cut = |length: u64| {
        let file = OpenOptions::new().write(true).open(segment(&name));
        file.and_then(|file| file.set_len(length))
            .expect("it is there");
    };
    let damages: [&dyn Fn(); 3] = [
        &|| fs::remove_file(segment(&name)).expect("it is there"),
        &|| cut(0),
        &|| cut(4096),
    ];
    for (damage, times) in damages.into_iter().zip(1..) {
        damage();
        let until = Instant::now() + WATCHDOG;
        while replaced() < Some(times) {
            assert!(Instant::now() < until, "{:?} and not {times}", replaced());
        }
        let before = frames();
        while frames() <= before {
            assert!(Instant::now() < until, "no more frames than {before:?}");
        }
        assert_eq!(replaced(), Some(times));
        let size = segment(&name).metadata().expect("it is there").len();
        assert_eq!(size, 8_294_528);
        let mut reader = FrameReader::open(&name).expect("a reader");
        let frame = reader.read(&mut Vec::new(), WATCHDOG);
        assert!(frame.expect("no error").is_some());
    }
    assert_eq!(daemon.tell("get_status", "")["state"], "streaming");
    daemon.stream("stop_stream");
    daemon.tell("disable_shared_memory", "");
    assert!(!segment(&name).exists());
    daemon.end_with_words();
}

#[test]
fn a_frame_that_does_not_fit_is_dropped_and_counted() {
    let daemon = Daemon::start(PLAIN);
    let name = unique_name();
    daemon.tell(
        "set_format",
        r#"{"width":640,"height":480,"framerate":240,"format":"NV12"}"#,
    );
    // One byte less than a frame and its header.
    let size = 640 * 480 * 3 / 2 + 128 - 1;
    let params = format!(r#"{{"name":"{name}","buffer_size":{size}}}"#);
    daemon.tell("enable_shared_memory", &params);
    daemon.stream("start_stream");
    let until = Instant::now() + WATCHDOG;
    loop {
        let stats = daemon.tell("get_stats", "");
        assert_eq!(stats["shared_memory_frames"], 0);
        if stats["shared_memory_dropped"].as_u64() > Some(3) {
            break;
        }
        assert!(Instant::now() < until, "{stats}");
    }
    daemon.stream("stop_stream");
    daemon.tell("disable_shared_memory", "");
    daemon.end_with_words();
}
