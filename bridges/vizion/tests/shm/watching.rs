//! Whoever watches the file is told of frames: by inotify, and by its time.

use std::io::Read;
use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use vizion::{FrameWriter, Rows};

use crate::pictures::{info, picture};
use crate::support::Name;
use crate::writer::SIZE;

#[test]
fn inotifywait_tells_of_each_frame() {
    let name = Name::new("inotify");
    let mut writer = FrameWriter::create(&name.0, SIZE).expect("is made");
    let mut watching = Command::new("inotifywait")
        .args(["--monitor", "--event", "modify", "--format", "%e"])
        .arg(name.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("inotify-tools");
    // It says on standard error when it watches.
    let mut said = watching.stderr.take().expect("a pipe");
    let mut text = String::new();
    while !text.contains("established") {
        let mut byte = [0];
        said.read_exact(&mut byte).expect("it lives");
        text.push(byte[0] as char);
    }
    let mut events = watching.stdout.take().expect("a pipe");
    for number in 1..=5 {
        let rows = [Rows::packed(picture(number))];
        writer.write(&info(number), &rows).expect("is written");
        // At least one; events that are the same and were not read yet are one.
        let mut line = [0; 7];
        events.read_exact(&mut line).expect("an event");
        assert_eq!(&line, b"MODIFY\n");
        drain(&mut events);
    }
    watching.kill().expect("our child");
    watching.wait().expect("our child");
}

/// Reads what is there.
fn drain(events: &mut (impl Read + AsFd)) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let soon = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    let is_more = |events: &dyn AsFd| {
        let mut asked = [PollFd::new(&events, PollFlags::IN)];
        poll(&mut asked, Some(&soon)).expect("polls") > 0
    };
    while is_more(events) {
        events.read_exact(&mut [0; 7]).expect("an event");
    }
}

#[test]
fn the_file_is_as_new_as_its_frame() {
    let name = Name::new("mtime");
    let mut writer = FrameWriter::create(&name.0, SIZE).expect("is made");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for number in 1..=3 {
        let file = std::fs::File::options().write(true).open(name.path());
        let file = file.expect("is there");
        file.set_modified(old).expect("our file");
        writer
            .write(&info(number), &[Rows::packed(picture(number))])
            .expect("is written");
        let time = file.metadata().and_then(|data| data.modified());
        assert!(time.expect("has a time") > old, "frame {number}");
    }
}
