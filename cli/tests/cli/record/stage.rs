//! A publisher of packets that does what it is told, when it is told.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use cuframes::{Codec, Format, PacketFlags, PacketMeta, PacketRing, Publisher};

use crate::support::{Place, Running, text};

/// Names the key of a process that publishes.
const KEY: &str = "CUFRAMES_TEST_PACKETS";
const WATCHDOG: Duration = Duration::from_secs(10);

/// A publisher in a process of its own.
pub struct Player {
    stdin: Option<ChildStdin>,
    answers: BufReader<std::process::ChildStderr>,
    child: Running,
}

impl Player {
    /// Starts to publish the place's key, with room for so many packets.
    pub fn start(place: &Place, slots: u32) -> Player {
        let mut child: Child = Command::new(std::env::current_exe().expect("own path"))
            .args([
                "record::stage::plays_the_publisher",
                "--exact",
                "--nocapture",
            ])
            .env(KEY, format!("{} {slots}", place.key))
            .env("CUFRAMES_RUNTIME_DIR", place.dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let stdin = child.stdin.take();
        let answers = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut player = Player {
            stdin,
            answers,
            child: Running::of(child),
        };
        player.hear();
        player
    }

    fn hear(&mut self) {
        let mut line = String::new();
        let mut said = String::new();
        while line != "done\n" {
            line.clear();
            assert_ne!(
                self.answers.read_line(&mut line).expect("a line"),
                0,
                "{said}"
            );
            said += &line;
        }
    }

    /// Does something, and returns when it is done.
    pub fn tell(&mut self, command: &str) {
        let stdin = self.stdin.as_mut().expect("it is not ended yet");
        writeln!(stdin, "{command}").expect("it listens");
        self.hear();
    }

    /// Publishes `count` packets of a file from the `first` on, `later` nanoseconds later than
    /// the file says.
    pub fn send(&mut self, file: &Path, first: usize, count: usize, later: i64) {
        self.tell(&format!("send {} {first} {count} {later}", file.display()));
    }

    /// Waits for a reader.
    pub fn wait(&mut self) {
        self.tell("wait");
    }

    /// Ends the stream.
    pub fn end(mut self) {
        self.tell("end");
        drop(self.stdin.take());
        let output = self.child.output();
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Kills it.
    pub fn kill(self) {
        self.child.signal(rustix::process::Signal::KILL);
    }
}

#[test]
fn plays_the_publisher() {
    let Ok(told) = std::env::var(KEY) else {
        return;
    };
    let (key, slots) = told.split_once(' ').expect("key and slots");
    let ring = PacketRing {
        slots: slots.parse().expect("slots"),
        bytes: 16 << 20,
        largest: None,
    };
    let publisher = Publisher::builder(key).format(Format::Nv12).size(320, 180);
    let publisher = publisher.enable_packets(ring).packets_only().build();
    let mut publisher = publisher.expect("a publisher");
    answer();
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["wait"] => publisher
                .wait_subscribers(1, Some(WATCHDOG))
                .expect("a reader"),
            ["send", file, first, count, later] => {
                let number = |text: &str| text.parse::<usize>().expect("a number");
                let later = later.parse().expect("a time");
                send(&mut publisher, file, number(first), number(count), later);
            }
            ["end"] => {
                publisher.finish().expect("an end");
                answer();
                return;
            }
            _ => panic!("{line}"),
        }
        answer();
    }
}

fn answer() {
    writeln!(std::io::stderr(), "done").expect("somebody reads it");
}

/// Publishes packets of a file whose headers stand in its packets, as those of MPEG-TS do.
fn send(publisher: &mut Publisher, file: &str, first: usize, count: usize, later: i64) {
    ffmpeg_next::init().expect("FFmpeg");
    let mut input = ffmpeg_next::format::input(file).expect("a film");
    let base = input.stream(0).expect("a stream").time_base();
    let id = input.stream(0).expect("a stream").parameters().id();
    let codec: Codec = id.name().parse().expect("a codec");
    publisher.set_codec_params(codec, &[]).expect("parameters");
    let ns = |time: i64| {
        let exact = i128::from(time) * i128::from(base.numerator()) * 1_000_000_000;
        (exact / i128::from(base.denominator())) as i64
    };
    let mut sent = 0;
    for (_, packet) in input.packets().skip(first).take(count) {
        let meta = PacketMeta {
            pts: packet.pts().map(|time| ns(time) + later),
            dts: packet.dts().map(|time| ns(time) + later),
            duration: ns(packet.duration()),
            flags: match packet.is_key() {
                true => PacketFlags::KEY,
                false => PacketFlags::default(),
            },
            ..PacketMeta::default()
        };
        let data = packet.data().expect("bytes");
        publisher.publish_packet(data, &meta).expect("published");
        sent += 1;
    }
    assert_eq!(sent, count, "packets of {file}");
}
