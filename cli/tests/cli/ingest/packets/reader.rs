//! A process that reads packets and frames with the library, and writes down what it got.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use cuframes::{Error, Mode, PacketFlags, PacketStart, Subscriber};
use md5::{Digest, Md5};

use crate::support::{Place, Running, assert_code, text};

/// The key that the process reads.
const KEY: &str = "CUFRAMES_TEST_READS";
/// Where it writes its key packets.
const FOLDER: &str = "CUFRAMES_TEST_KEY_PACKETS";
/// What it says when a subscriber has joined.
const JOINED: &str = "joined\n";
const PATIENCE: Option<Duration> = Some(Duration::from_secs(9));

/// What was said of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    pub seq: u64,
    pub pts: Option<i64>,
    pub dts: Option<i64>,
    pub duration: i64,
    pub flags: PacketFlags,
    pub size: usize,
    pub md5: String,
    /// Codec, and size and checksum of its headers.
    pub codec: String,
}

/// What was said of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub pts: Option<i64>,
    pub packet_seq: u64,
}

/// Packets and frames of one key.
pub struct Reader {
    process: Running,
    folder: PathBuf,
}

/// Everything that was read.
pub struct Read {
    pub packets: Vec<Packet>,
    pub frames: Vec<Frame>,
    folder: PathBuf,
}

impl Read {
    /// The bytes of a key packet.
    pub fn key_packet(&self, seq: u64) -> PathBuf {
        self.folder.join(seq.to_string())
    }
}

impl Reader {
    /// Starts to read, and has joined: with two subscribers, or with `frames` false one. Who
    /// joins after it may begin the stream.
    pub fn start(place: &Place, frames: bool) -> Reader {
        let folder = place.dir.path().join("key-packets");
        std::fs::create_dir_all(&folder).expect("a folder");
        let test = "ingest::packets::reader::reads";
        let child = Command::new(std::env::current_exe().expect("this program"))
            .args([test, "--exact", "--nocapture", "--quiet"])
            .env(KEY, format!("{} {frames}", place.key))
            .env(FOLDER, &folder)
            .env("CUFRAMES_RUNTIME_DIR", place.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut process = Running::of(child);
        for _ in 0..1 + u8::from(frames) {
            while process.read_line() != JOINED {}
        }
        Reader { process, folder }
    }

    /// What it got until the stream ended.
    pub fn read(self) -> Read {
        let output = self.process.output();
        assert_code(&output, 0);
        let lines = text(&output.stdout);
        let fields = |kind: &str| -> Vec<Vec<String>> {
            let own = lines.lines().filter_map(|line| line.strip_prefix(kind));
            own.map(|line| line.split(' ').map(str::to_owned).collect())
                .collect()
        };
        let time = |text: &str| text.parse::<i64>().ok();
        Read {
            packets: fields("P ")
                .iter()
                .map(|line| Packet {
                    seq: line[0].parse().expect("a number"),
                    pts: time(&line[1]),
                    dts: time(&line[2]),
                    duration: time(&line[3]).expect("a number"),
                    flags: PacketFlags::from_bits_retain(line[4].parse().expect("a number")),
                    size: line[5].parse().expect("a number"),
                    md5: line[6].clone(),
                    codec: line[7..].join(" "),
                })
                .collect(),
            frames: fields("F ")
                .iter()
                .map(|line| Frame {
                    pts: time(&line[0]),
                    packet_seq: line[1].parse().expect("a number"),
                })
                .collect(),
            folder: self.folder,
        }
    }
}

/// The process itself; as a test it does nothing.
#[test]
fn reads() {
    let (Ok(told), Some(folder)) = (std::env::var(KEY), std::env::var_os(FOLDER)) else {
        return;
    };
    let (key, frames) = told.split_once(' ').expect("a key");
    let frames = (frames == "true").then(|| {
        let key = key.to_owned();
        thread::spawn(move || read_frames(&key))
    });
    let packets = read_packets(key, Path::new(&folder));
    let frames = frames.map(|frames| frames.join().expect("frames"));
    // The harness has not ended its own line.
    println!("\n{packets}{}", frames.unwrap_or_default());
}

fn read_packets(key: &str, folder: &Path) -> String {
    let builder = Subscriber::builder(key)
        .name(&format!("packets-{}", std::process::id()))
        .connect_timeout(PATIENCE)
        .packets_only(PacketStart::Keyframe);
    let mut subscriber = builder.connect().expect("packets");
    print!("\n{JOINED}");
    std::io::stdout().flush().expect("a pipe");
    let mut lines = String::new();
    loop {
        let packet = match subscriber.next_packet(PATIENCE) {
            Ok(packet) => packet,
            Err(Error::EndOfStream { .. }) => return lines,
            Err(error) => panic!("{error}\n{lines}"),
        };
        let (info, bytes) = (*packet.info(), packet.data().to_vec());
        if info.is_key() {
            std::fs::write(folder.join(info.seq.to_string()), &bytes).expect("a file");
        }
        let params = subscriber.codec_params().expect("they come with packets");
        let time = |time: Option<i64>| time.map_or("-".to_owned(), |time| time.to_string());
        let _ = writeln!(
            lines,
            "P {} {} {} {} {} {} {} {} {} {}",
            info.seq,
            time(info.pts),
            time(info.dts),
            info.duration,
            info.flags.bits(),
            info.size,
            md5(&bytes),
            params.codec,
            params.extradata.len(),
            md5(&params.extradata),
        );
    }
}

fn read_frames(key: &str) -> String {
    let builder = Subscriber::builder(key)
        .name("frames")
        .connect_timeout(PATIENCE)
        .mode(Mode::StrictOrder);
    let mut subscriber = builder.connect().expect("frames");
    print!("\n{JOINED}");
    std::io::stdout().flush().expect("a pipe");
    let mut lines = String::new();
    loop {
        match subscriber.next(PATIENCE) {
            Ok(frame) => {
                let meta = frame.meta();
                let pts = meta.pts.map_or("-".to_owned(), |pts| pts.to_string());
                let _ = writeln!(lines, "F {pts} {}", meta.packet_seq);
            }
            Err(Error::EndOfStream { .. }) => return lines,
            Err(error) => panic!("{error}"),
        }
    }
}

pub fn md5(bytes: &[u8]) -> String {
    let digest = Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
