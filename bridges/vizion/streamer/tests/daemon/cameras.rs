//! The daemon with cameras that are no devices: a video file, and a key.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use vizion::{FrameReader, PixelFormat};

use crate::clip::{self, FRAMES, HEIGHT, RATE, WIDTH};
use crate::support::{Daemon, WATCHDOG, directory, unique_name};

/// The process that decodes `clip` for the daemon.
fn decoder_of(clip: &Path) -> Option<Pid> {
    let whole = clip.canonicalize().expect("it is there");
    let shows = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = line.split(|&byte| byte == 0);
        arguments.any(|one| one == whole.as_os_str().as_encoded_bytes())
    };
    let entries = fs::read_dir("/proc").expect("processes").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let pids: Vec<i32> = pids.filter(shows).collect();
    assert!(pids.len() <= 1, "{pids:?}");
    pids.first().copied().and_then(Pid::from_raw)
}

#[test]
fn a_file_is_in_shared_memory_to_the_byte() {
    let (place, program) = (directory(), clip::cuframes());
    assert!(program.is_absolute(), "it lies beside the daemon");
    let clip = clip::make(place.path(), PixelFormat::Uyvy);
    let expected = clip::frames(&clip, PixelFormat::Uyvy);
    let daemon = Daemon::start(&format!("file:{}", clip.display()));
    let formats = daemon.tell("get_formats", "")["formats"].clone();
    let own = serde_json::json!(
        {"width": WIDTH, "height": HEIGHT, "framerate": RATE, "format": "UYVY"}
    );
    assert_eq!(
        (&formats[0], formats.as_array().map(Vec::len)),
        (&own, Some(5))
    );
    let name = unique_name();
    daemon.tell("enable_shared_memory", &format!(r#"{{"name":"{name}"}}"#));
    daemon.stream("start_stream");
    let mut reader = FrameReader::open(&name).expect("the memory");
    let mut bytes = Vec::new();
    for _ in 0..3 * FRAMES {
        let header = reader.read(&mut bytes, WATCHDOG).expect("no error");
        let sequence = header.expect("a frame").frame_sequence;
        // The first frame is number 1.
        let number = (sequence as usize - 1) % FRAMES;
        assert!(bytes == expected[number], "frame {sequence} differs");
    }
    let stats = daemon.tell("get_stats", "");
    assert_eq!(
        (&stats["lost"], &stats["camera_losses"]),
        (&0.into(), &0.into())
    );
    daemon.stream("stop_stream");
    assert_eq!(decoder_of(&clip), None, "none while nothing streams");
    daemon.end();
}

#[test]
fn a_killed_daemon_takes_its_decoder_along() {
    let place = directory();
    let clip = clip::make(place.path(), PixelFormat::Nv12);
    let daemon = Daemon::start(&format!("file:{}", clip.display()));
    daemon.stream("start_stream");
    let decoder = decoder_of(&clip).expect("one process decodes");
    let gone = pidfd_open(decoder, PidfdFlags::empty()).expect("it runs");
    daemon.kill();
    let limit = Timespec::try_from(WATCHDOG).expect("a time");
    let ended = poll(&mut [PollFd::new(&gone, PollFlags::IN)], Some(&limit));
    assert_eq!(ended, Ok(1), "the decoder outlives the daemon");
}

/// Publishes a moving picture until it is killed.
struct Publisher(Child);

impl Publisher {
    fn start(key: &str, place: &Path) -> Publisher {
        let size = format!("{WIDTH}x{HEIGHT}@{RATE}");
        let mut command = Command::new(clip::cuframes());
        command
            .args(["publish", "--quiet", "--format", "yuyv422"])
            .args(["--test-pattern", &size, "--key", key])
            .env("CUFRAMES_RUNTIME_DIR", place);
        let publisher = Publisher(command.spawn().expect("a publisher"));
        let until = Instant::now() + WATCHDOG;
        while !place.join(format!("{key}.sock")).exists() {
            assert!(Instant::now() < until, "it never publishes");
            sleep(Duration::from_millis(5));
        }
        publisher
    }
}

impl Publisher {
    /// Lets it end by itself, after which nothing of its key is left.
    fn end(mut self) {
        let pid = Pid::from_child(&self.0);
        kill_process(pid, Signal::TERM).expect("is told");
        self.0.wait().expect("ends");
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks for the error of the camera until there is one, or none.
fn camera_error(daemon: &Daemon, wanted: bool) -> String {
    let until = Instant::now() + WATCHDOG;
    loop {
        let error = daemon.tell("get_status", "")["camera_error"].clone();
        if error.is_null() != wanted {
            return error.to_string();
        }
        assert!(Instant::now() < until, "{error} remains");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_key_that_goes_is_told_and_one_that_comes_goes_on() {
    let (key, place) = (format!("vizion-test-{}", std::process::id()), directory());
    let key = key.as_str();
    let path = place.path().to_owned();
    let publisher = Publisher::start(key, &path);
    let daemon = Daemon::start_in(place, &format!("cuframes:{key}"));
    daemon.stream("start_stream");
    drop(publisher);
    let told = camera_error(&daemon, true);
    let gone = format!("camera cuframes:{key} is gone");
    assert!(told.contains(&gone), "{told}");
    let frames = || {
        let stats = daemon.tell("get_stats", "");
        stats["frames"].as_u64().expect("a number")
    };
    let before = frames();
    let publisher = Publisher::start(key, &path);
    camera_error(&daemon, false);
    while frames() <= before {}
    assert_eq!(daemon.tell("get_stats", "")["camera_losses"], 1);
    daemon.stream("stop_stream");
    publisher.end();
}
