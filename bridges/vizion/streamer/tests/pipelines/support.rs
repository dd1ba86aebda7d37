//! A daemon with a simulated camera, asked through its socket.

use std::cell::RefCell;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use vizion::control::Client;

/// Whoever takes longer hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Daemon {
    child: Child,
    client: RefCell<Client>,
    pub folder: TempDir,
    pub rtsp: u16,
}

impl Daemon {
    /// Small NV12 frames, 30 a second.
    pub fn start() -> Daemon {
        have_pipelines();
        let folder = TempDir::with_prefix(format!("vizion-{}-", std::process::id()));
        let folder = folder.expect("a folder");
        let socket = folder.path().join("control.sock");
        let rtsp = free_tcp_port();
        let child = Command::new(env!("CARGO_BIN_EXE_vizion-streamer"))
            .args(["--quiet", "--camera", "sim:VCI-AR0234", "--pipeline", ""])
            .arg(format!("--rtsp=127.0.0.1:{rtsp}"))
            .arg("--socket")
            .arg(&socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("the daemon");
        let daemon = Daemon {
            child,
            client: RefCell::new(connected(&socket)),
            folder,
            rtsp,
        };
        let format = json!({"width": 640, "height": 480, "framerate": 30, "format": "NV12"});
        daemon.tell("set_format", format);
        daemon
    }

    /// The answer, or why it is refused.
    pub fn ask(&self, command: &str, params: Value) -> Result<Map<String, Value>, String> {
        let params = params.as_object().cloned().unwrap_or_default();
        let answer = self.client.borrow_mut().ask(command, params);
        answer.map_err(|error| error.to_string())
    }

    /// What has to succeed.
    pub fn tell(&self, command: &str, params: Value) -> Map<String, Value> {
        let answer = self.ask(command, params);
        answer.unwrap_or_else(|why| panic!("{command}: {why}"))
    }

    /// Starts a stream with a pipeline, and waits until it runs.
    pub fn stream(&self, pipeline: &str) {
        self.tell("set_pipeline", json!({"pipeline": pipeline}));
        self.tell("start_stream", json!({}));
        self.until_state("streaming");
    }

    pub fn stop(&self) {
        self.tell("stop_stream", json!({}));
        self.until_state("stopped");
        assert_eq!(self.status().get("pipeline_error"), None);
    }

    pub fn status(&self) -> Map<String, Value> {
        self.tell("get_status", json!({}))
    }

    fn until_state(&self, wanted: &str) {
        until(wanted, || {
            let status = self.status();
            let is_wanted = status["state"] == wanted;
            assert!(
                is_wanted || wanted == "stopped" || !status.contains_key("pipeline_error"),
                "{status:?}"
            );
            is_wanted
        });
    }

    pub fn stat(&self, name: &str) -> u64 {
        let stats = self.tell("get_stats", json!({}));
        stats[name].as_u64().unwrap_or_else(|| panic!("{stats:?}"))
    }

    pub fn file(&self, name: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        path.to_str().expect("UTF-8").to_owned()
    }

    /// Its descriptors and its threads.
    pub fn holds(&self) -> (usize, usize) {
        let entries = |folder: &str| {
            let path = format!("/proc/{}/{folder}", self.child.id());
            fs::read_dir(path).expect("the daemon").count()
        };
        (entries("fd"), entries("task"))
    }

    /// The process of its pipeline.
    pub fn pipeline(&self) -> Pid {
        let (pid, mut found) = (self.child.id().to_string(), None);
        for entry in fs::read_dir("/proc").expect("processes").flatten() {
            // The name in parentheses, the state, and the parent's number.
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let is_it = stat.rsplit_once(") ").is_some_and(|(before, after)| {
                before.ends_with("(vizion-pipeline") && after.split(' ').nth(1) == Some(&pid)
            });
            if is_it {
                let name = entry.file_name();
                found = name.to_str().and_then(|name| name.parse().ok());
            }
        }
        found.and_then(Pid::from_raw).expect("a pipeline runs")
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // So that it tidies up after itself.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let began = Instant::now();
        while let Ok(None) = self.child.try_wait() {
            if began.elapsed() > Duration::from_secs(15) {
                let _ = self.child.kill();
            }
            sleep(Duration::from_millis(10));
        }
    }
}

fn connected(socket: &Path) -> Client {
    let began = Instant::now();
    loop {
        match Client::connect(socket) {
            Ok(client) => return client,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
        sleep(Duration::from_millis(10));
    }
}

/// The program of pipelines is another package's, which cargo does not build for these tests alone.
fn have_pipelines() {
    let daemon = Path::new(env!("CARGO_BIN_EXE_vizion-streamer"));
    let program = daemon.with_file_name("vizion-pipeline");
    let missing = "is not built: cargo build -p vizion-pipeline";
    assert!(program.exists(), "{} {missing}", program.display());
}

pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "{what} does not come");
        sleep(Duration::from_millis(10));
    }
}

/// Runs a program to its end, which must be a good one.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program);
    let output = command.args(arguments).stdin(Stdio::null()).output();
    let output = output.expect(program);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    output
}

/// What ffprobe shows of the first video stream, a comma between each.
pub fn probe(options: &[&str], shown: &str, input: &str) -> String {
    let shown = format!("stream={shown}");
    let fixed = ["-v", "error", "-select_streams", "v:0"];
    let then = ["-show_entries", &shown, "-of", "csv=p=0", input];
    let told = run("ffprobe", &[&fixed[..], options, &then[..]].concat());
    let told = String::from_utf8(told.stdout).expect("text");
    // Once for the stream, and again for its program.
    told.lines().next().unwrap_or_default().to_owned()
}

/// A TCP port that nobody listens on.
pub fn free_tcp_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A UDP port that nobody has, even as RTP wants it.
pub fn free_udp_port() -> u16 {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = socket.local_addr().expect("an address").port();
        if port.is_multiple_of(2) && UdpSocket::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}
