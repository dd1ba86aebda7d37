//! The program `vizion` with the daemon itself: every one of its commands.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::programs::beside_the_daemon;
use crate::support::{Daemon, EHDR, PLAIN, WATCHDOG, received, unique_name};

struct Vizion<'a> {
    program: PathBuf,
    daemon: &'a Daemon,
    /// Commands that were tried.
    tried: BTreeSet<String>,
}

impl Vizion<'_> {
    fn of(daemon: &Daemon) -> Vizion<'_> {
        Vizion {
            program: beside_the_daemon("vizion", "vizion-cli").join("vizion"),
            daemon,
            tried: BTreeSet::new(),
        }
    }

    fn command(&mut self, words: &[&str]) -> Command {
        self.tried
            .extend(words.first().map(|&word| word.to_owned()));
        let mut command = Command::new(&self.program);
        command
            .args(words)
            .env("VIZION_SOCKET", &self.daemon.socket);
        command.stdin(Stdio::null());
        command
    }

    fn output(&mut self, words: &[&str]) -> Output {
        self.command(words).output().expect("it runs")
    }

    /// What it prints when all goes well.
    fn says(&mut self, words: &[&str]) -> String {
        let output = self.output(words);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {complaint}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The same, and it is this.
    fn prints(&mut self, words: &[&str], wanted: &str) {
        assert_eq!(self.says(words), wanted, "{words:?}");
    }

    /// Its exit code and its complaint.
    fn fails(&mut self, words: &[&str]) -> (Option<i32>, String) {
        let output = self.output(words);
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), complaint)
    }
}

#[test]
fn every_command_of_the_client() {
    let daemon = Daemon::start(EHDR);
    let mut vizion = Vizion::of(&daemon);
    let name = unique_name();
    set_up(&mut vizion, &name);
    let path = daemon.socket.with_file_name("frame.jpg");
    while_it_streams(&mut vizion, &name, path.to_str().expect("text"));
    let jpeg = fs::read(&path).expect("the snapshot");
    assert!(jpeg.starts_with(&[0xff, 0xd8]) && jpeg.ends_with(&[0xff, 0xd9]));
    fs::remove_file(&path).expect("it is there");
    vizion.prints(&["stop"], "Streaming stopped\n");
    vizion.prints(&["disable-shared-memory"], "Shared memory disabled\n");
    vizion.prints(&["shared-memory-status"], "shared memory enabled  no\n");
    let (code, complaint) = vizion.fails(&["sdp"]);
    assert_eq!(code, Some(7));
    assert!(complaint.contains("without a stream"), "{complaint}");
    // Those that have no daemon to ask.
    let others = ["completions", "help", "man"];
    let help = vizion.says(&["help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty());
    let commands = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<&str> = commands.filter(|word| !word.is_empty()).collect();
    assert!(commands.len() > 35, "{commands:?}");
    for command in commands.into_iter().filter(|one| !others.contains(one)) {
        assert!(vizion.tried.contains(command), "{command} is not tried");
    }
    daemon.end();
}

fn set_up(vizion: &mut Vizion<'_>, name: &str) {
    let formats = vizion.says(&["get-formats", "--format", "bgr"]);
    assert_eq!(formats.lines().next(), Some("1920x1080@30 BGR"));
    vizion.prints(
        &["set-format", "640x480@60", "BGR"],
        "Format set successfully\n",
    );
    vizion.prints(&["set-pipeline", ""], "Pipeline set successfully\n");
    vizion.prints(
        &["set-exposure", "--manual", "50"],
        "Exposure set successfully\n",
    );
    vizion.prints(&["set-exposure", "--auto"], "Exposure set successfully\n");
    vizion.prints(
        &["set-whitebalance", "--auto"],
        "White balance set successfully\n",
    );
    for (words, name) in [
        (["set-brightness", "50"], "Brightness"),
        (["set-contrast", "32"], "Contrast"),
        (["set-saturation", "64"], "Saturation"),
        (["set-sharpness", "3"], "Sharpness"),
        (["set-gamma", "100"], "Gamma"),
        (["set-gain", "7"], "Gain"),
        (["set-ehdr-mode", "on"], "eHDR mode"),
        (["set-ehdr-exposure-min", "2"], "eHDR exposure min"),
        (["set-ehdr-exposure-max", "3"], "eHDR exposure max"),
        (["set-ehdr-ratio-min", "13"], "eHDR ratio min"),
        (["set-ehdr-ratio-max", "25"], "eHDR ratio max"),
    ] {
        vizion.prints(&words, &format!("{name} set successfully\n"));
    }
    let ehdr = "ehdr mode     0\nexposure min  2\nexposure max  3\nratio min     13\n\
                ratio max     25\nenabled       yes\n";
    vizion.prints(&["ehdr-status"], ehdr);
    let controls = vizion.says(&["get-controls"]);
    let gain = "gain               0     100    1     0        7";
    assert!(controls.lines().any(|line| line == gain), "{controls}");
    let set = "Controls set successfully\nNAME      VALUE\ngain      9\ncontrast  40\n";
    vizion.prints(&["set-controls", "gain=9", "contrast=40"], set);
    assert!(
        vizion
            .says(&["get-control", "gain"])
            .contains("value    9\n")
    );
    assert!(
        vizion
            .says(&["reset-controls"])
            .starts_with("Controls reset successfully\n")
    );
    assert!(
        vizion
            .says(&["get-control", "gain"])
            .contains("value    0\n")
    );
    let (code, complaint) = vizion.fails(&["set-gain", "101"]);
    let wanted = "vizion: set_gain: gain 101 is out of range; use 0 to 100\n";
    assert_eq!((code, complaint.as_str()), (Some(7), wanted));
    let commands = vizion.says(&["list-commands"]);
    assert!(
        commands.starts_with("commands  get_formats,set_format,"),
        "{commands}"
    );
    let enabled = format!("Shared memory enabled\nname  {name}\nsize  1000000\n");
    vizion.prints(
        &["enable-shared-memory", name, "--size", "1000000"],
        &enabled,
    );
}

fn while_it_streams(vizion: &mut Vizion<'_>, name: &str, path: &str) {
    vizion.prints(&["start"], "Streaming started\n");
    vizion.prints(
        &["status"],
        "streaming  yes\npipeline\nstate      streaming\n",
    );
    let place = format!(
        "shared memory enabled  yes\nname                   {name}\nsize                   1000000\n"
    );
    vizion.prints(&["shared-memory-status"], &place);
    let frames = vizion.says(&["read", name, "-n", "5", "--md5", "--json"]);
    let frames: Vec<Value> = frames
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let sums: BTreeSet<&str> = frames
        .iter()
        .filter_map(|frame| frame["md5"].as_str())
        .collect();
    assert_eq!((frames.len(), sums.len()), (5, 5), "the picture moves");
    assert!(frames.iter().all(|frame| frame["size"] == 640 * 480 * 3));
    assert_eq!(
        vizion
            .output(&["read", name, "-n", "2", "--raw"])
            .stdout
            .len(),
        2 * 640 * 480 * 3
    );
    let stats: Value = serde_json::from_str(&vizion.says(&["stats", "--json"])).expect("JSON");
    assert!(stats["frames"].as_u64() >= Some(5), "{stats}");
    assert_eq!(stats["shared_memory_dropped"], 0);
    let taken = vizion.says(&["snapshot", path]);
    assert!(taken.starts_with("Snapshot written\n"), "{taken}");
    let sent = vizion.says(&["send", "get_control", "name=gamma"]);
    assert!(sent.starts_with("name     gamma\n"), "{sent}");
    let mut watch = vizion.command(&["watch", "--interval", "0.05"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().expect("it starts");
    let lines = BufReader::new(watch.stdout.as_mut().expect("a pipe")).lines();
    let lines: Vec<String> = lines.take(4).map(|line| line.expect("text")).collect();
    kill_process(Pid::from_child(&watch), Signal::INT).expect("it watches");
    assert_eq!(watch.wait().expect("an end").code(), None);
    assert!(lines[0].starts_with("STATE"), "{lines:?}");
    for line in &lines[1..] {
        let right = line.starts_with("streaming ") && line.ends_with("0  640x480@60 BGR");
        assert!(right, "{line}");
    }
}

#[test]
fn a_pipeline_of_the_clients() {
    beside_the_daemon("vizion-pipeline", "vizion-pipeline");
    let daemon = Daemon::start(PLAIN);
    let mut vizion = Vizion::of(&daemon);
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a port");
    receiver.set_read_timeout(Some(WATCHDOG)).expect("a limit");
    let port = receiver.local_addr().expect("an address").port();
    let pipeline = format!(
        "videoconvert ! x264enc tune=zerolatency ! rtph264pay ! udpsink host=127.0.0.1 port={port}"
    );
    vizion.says(&["set-format", "640x480@30", "YUY2"]);
    let words: Vec<&str> = pipeline.split(' ').collect();
    vizion.says(&[&["set-pipeline"], words.as_slice()].concat());
    vizion.prints(&["start"], "Streaming started\n");
    let status = format!("streaming  yes\npipeline   {pipeline}\nstate      streaming\n");
    vizion.prints(&["status"], &status);
    received(|| receiver.recv(&mut [0; 2048]));
    let file = daemon.socket.with_file_name("stream.sdp");
    let words = ["sdp", "-o", file.to_str().expect("text")];
    // The daemon hears of the description about when the first packet is sent.
    let until = Instant::now() + WATCHDOG;
    while !vizion.output(&words).status.success() {
        assert!(Instant::now() < until, "there is no description");
        sleep(Duration::from_millis(20));
    }
    let sdp = fs::read_to_string(&file).expect("the description");
    fs::remove_file(&file).expect("it is there");
    assert!(sdp.contains(&format!("m=video {port} RTP/AVP 96")), "{sdp}");
    vizion.prints(&["stop"], "Streaming stopped\n");
    vizion.says(&["set-pipeline", "videoconvert ! no_such_element"]);
    let (code, complaint) = vizion.fails(&["start"]);
    assert_eq!(code, Some(7));
    assert!(complaint.contains("no_such_element"), "{complaint}");
    drop(daemon);
}
