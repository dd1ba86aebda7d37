//! The daemon, at work for a measurement.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bench_harness::Result;
use bench_harness::usage::processor_time;
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use vizion::control::Client;

/// What is measured with: two bytes a pixel.
pub const FRAME: usize = 1920 * 1080 * 2;

/// Where its frames go, beside the camera's own memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outputs {
    pub shared_memory: bool,
    pub key: bool,
}

/// A daemon whose simulated camera streams 1920x1080 YUY2 at 60 frames a second.
pub struct Daemon {
    child: Child,
    client: Client,
    place: TempDir,
}

impl Daemon {
    pub fn start(outputs: Outputs) -> Result<Daemon> {
        let place = tempfile::tempdir()?;
        let program = std::env::current_exe()?.with_file_name("vizion-streamer");
        if !program.exists() {
            let program = program.display();
            return Err(format!(
                "{program} is not there; cargo build --release -p vizion-streamer first"
            )
            .into());
        }
        let socket = place.path().join("control.sock");
        let mut command = Command::new(program);
        command.args(["--camera", "sim:VCI-AR0822", "--pipeline", "", "--quiet"]);
        command.arg("--socket").arg(&socket).stdin(Stdio::null());
        command.env("CUFRAMES_RUNTIME_DIR", place.path());
        if outputs.key {
            command.args(["--key", KEY]);
        }
        let child = command.spawn()?;
        let client = connect(&socket)?;
        let mut daemon = Daemon {
            child,
            client,
            place,
        };
        daemon.ask(
            "set_format",
            json!({"width": 1920, "height": 1080, "framerate": 60, "format": "YUY2"}),
        )?;
        if outputs.shared_memory {
            let name = daemon.shared_memory();
            daemon.ask("enable_shared_memory", json!({"name": name}))?;
        }
        daemon.ask("start_stream", json!({}))?;
        Ok(daemon)
    }

    /// Path of its socket.
    pub fn socket(&self) -> PathBuf {
        self.place.path().join("control.sock")
    }

    /// Where readers of its key look.
    pub fn run_directory(&self) -> &Path {
        self.place.path()
    }

    /// Name of its shared memory.
    pub fn shared_memory(&self) -> String {
        format!("/vizion-bench-{}", self.child.id())
    }

    pub fn ask(&mut self, command: &str, params: Value) -> Result<Map<String, Value>> {
        let params = params.as_object().cloned().unwrap_or_default();
        Ok(self.client.ask(command, params)?)
    }

    /// Frames so far, and those that the camera had to leave out.
    pub fn frames(&mut self) -> Result<[u64; 2]> {
        let stats = self.ask("get_stats", json!({}))?;
        let number = |key| stats.get(key).and_then(Value::as_u64);
        let frames = number("frames").zip(number("lost"));
        let (frames, lost) = frames.ok_or("get_stats tells no frames")?;
        Ok([frames, lost])
    }

    /// Nanoseconds of processor time of all its threads.
    pub fn used(&self) -> Result<u64> {
        processor_time(self.child.id())
    }
}

/// The key of the daemon's frames.
pub const KEY: &str = "vizion-bench";

/// As soon as the daemon listens.
fn connect(socket: &Path) -> Result<Client> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match Client::connect(socket) {
            Ok(client) => return Ok(client),
            Err(error) if Instant::now() > deadline => return Err(error.into()),
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        // It removes its shared memory and ends; if it is gone already, nothing is to be done.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}
