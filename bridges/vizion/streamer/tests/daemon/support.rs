//! Daemons that end with their test, and what they answer.

use std::cell::Cell;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Whoever is not done by then hangs.
pub const WATCHDOG: Duration = Duration::from_secs(60);

/// A camera with eHDR.
pub const EHDR: &str = "sim:VCI-AR0822";
/// One without.
pub const PLAIN: &str = "sim:VCI-AR0234";

/// The size of the next datagram, which has to come.
pub fn received(mut receive: impl FnMut() -> io::Result<usize>) -> usize {
    loop {
        match receive() {
            // A wait with a limit is not resumed after the process was stopped.
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            received => return received.expect("a datagram"),
        }
    }
}

/// A directory with a pid in its name.
pub fn directory() -> TempDir {
    TempDir::with_prefix(format!("vizion-{}-", std::process::id())).expect("a directory")
}

/// A name of shared memory that nobody else has.
pub fn unique_name() -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("/vizion-test-{}-{count}", std::process::id())
}

/// Where shared memory of a name lies.
pub fn segment(name: &str) -> PathBuf {
    Path::new("/dev/shm").join(name.trim_start_matches('/'))
}

/// The program with a camera and a socket.
pub fn program(camera: &str, socket: &Path) -> Command {
    program_at(
        Path::new(env!("CARGO_BIN_EXE_vizion-streamer")),
        camera,
        socket,
    )
}

/// The same, of a program elsewhere. Its keys lie beside its socket, and no other program does.
pub fn program_at(path: &Path, camera: &str, socket: &Path) -> Command {
    let mut command = talking_program_at(path, camera, socket);
    command.arg("--quiet");
    command
}

/// The same, which tells its frames once a second.
pub fn talking_program_at(path: &Path, camera: &str, socket: &Path) -> Command {
    let mut command = Command::new(path);
    command
        .env("PATH", "/usr/bin:/bin")
        .env(
            "CUFRAMES_RUNTIME_DIR",
            socket.parent().expect("a directory"),
        )
        .args(["--pipeline", "", "--rtsp", "off"])
        .args(["--camera", camera, "--socket"])
        .arg(socket)
        .env_remove("RUST_LOG")
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Where a daemon tells that it is ready, as it does a service manager.
pub struct Readiness {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Readiness {
    pub fn of(directory: &Path) -> Readiness {
        let path = directory.join("ready");
        let _ = fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).expect("a socket");
        socket.set_read_timeout(Some(WATCHDOG)).expect("a limit");
        Readiness { socket, path }
    }

    pub fn ask(&self, command: &mut Command) {
        command.env("NOTIFY_SOCKET", &self.path);
    }

    pub fn wait(&self) {
        let mut told = [0; 64];
        let size = received(|| self.socket.recv(&mut told));
        assert!(told[..size].starts_with(b"READY=1"), "{told:?}");
    }
}

pub struct Daemon {
    child: Child,
    pub socket: PathBuf,
    directory: TempDir,
    /// It tells its end, too.
    readiness: Readiness,
    /// Answers that were received.
    answers: Cell<usize>,
}

impl Daemon {
    pub fn start(camera: &str) -> Daemon {
        Daemon::start_in(directory(), camera)
    }

    pub fn start_in(directory: TempDir, camera: &str) -> Daemon {
        Daemon::launch(directory, |socket| program(camera, socket))
    }

    /// Starts what `command` makes for a socket.
    pub fn launch(directory: TempDir, command: impl FnOnce(&Path) -> Command) -> Daemon {
        let socket = directory.path().join("control.sock");
        let readiness = Readiness::of(directory.path());
        let mut command = command(&socket);
        readiness.ask(&mut command);
        let log = fs::File::create(directory.path().join("log")).expect("a log");
        let child = command.stderr(log).spawn().expect("the daemon");
        let daemon = Daemon {
            child,
            socket,
            directory,
            readiness,
            answers: Cell::new(0),
        };
        daemon.readiness.wait();
        daemon
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote to standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).expect("the log")
    }

    pub fn connect(&self) -> UnixStream {
        let client = UnixStream::connect(&self.socket).expect("a connection");
        client.set_read_timeout(Some(WATCHDOG)).expect("a limit");
        client
    }

    /// What a client gets that sends this and reads to the end.
    pub fn exchange(&self, bytes: &[u8]) -> String {
        let mut client = self.connect();
        client.write_all(bytes).expect("it is sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        self.answers.set(self.answers.get() + 1);
        let line = answer.strip_suffix('\n').expect("a line");
        assert!(answer.len() <= 4095 && !line.contains('\n'), "{answer}");
        line.to_owned()
    }

    /// The answer to a command with parameters in JSON; none if there are none.
    pub fn say(&self, command: &str, params: &str) -> String {
        let request = match params {
            "" => format!(r#"{{"command":"{command}"}}"#),
            params => format!(r#"{{"command":"{command}","params":{params}}}"#),
        };
        self.exchange(request.as_bytes())
    }

    /// The same, and it has to be success.
    pub fn tell(&self, command: &str, params: &str) -> Value {
        let answer: Value = serde_json::from_str(&self.say(command, params)).expect("JSON");
        assert_eq!(answer["status"], "success", "{command} {params}: {answer}");
        answer
    }

    /// Starts a stream, or ends it, and waits until that is done.
    pub fn stream(&self, command: &str) {
        self.tell(command, "");
        self.await_state(match command {
            "start_stream" => "streaming",
            _ => "stopped",
        });
    }

    /// Asks until the stream is as far.
    pub fn await_state(&self, wanted: &str) {
        let until = Instant::now() + WATCHDOG;
        while self.tell("get_status", "")["state"] != wanted {
            assert!(Instant::now() < until, "{wanted} never came");
            sleep(Duration::from_millis(5));
        }
    }

    /// What a start or a stop answers when it is done: a machine that is busy may need more time
    /// than an answer has.
    pub fn settled(&self, command: &str, answer: String) -> String {
        for (late, then) in [("starting", "streaming"), ("stopping", "stopped")] {
            let late = format!(r#","state":"{late}"}}"#);
            if let (Some(rest), true) = (answer.strip_suffix(&late), command.ends_with("stream")) {
                self.await_state(then);
                return format!("{rest}}}");
            }
        }
        answer
    }

    pub fn answers(&self) -> usize {
        self.answers.get()
    }

    /// Kills it, and gives its directory to the next one.
    pub fn kill(mut self) -> TempDir {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        std::mem::replace(&mut self.directory, directory())
    }

    /// Ends it by SIGTERM, of which it dies after tidying up. It had nothing to complain about.
    pub fn end(self) {
        let log = self.end_with_words();
        assert_eq!(log, "");
    }

    /// The same of one that had; what it said.
    pub fn end_with_words(mut self) -> String {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM).expect("it runs");
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.signal(), Some(15), "{status}: {}", self.log());
        assert!(!self.socket.exists());
        self.log()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended, unless the test failed. Then it has time to tidy up.
        let until = Instant::now() + Duration::from_secs(5);
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
        while let Ok(None) = self.child.try_wait() {
            if Instant::now() > until {
                let _ = self.child.kill();
            }
            sleep(Duration::from_millis(20));
        }
    }
}

/// Half-closes a connection and reads what still comes.
pub fn rest(mut client: UnixStream) -> String {
    client.shutdown(Shutdown::Write).expect("half a close");
    let mut rest = String::new();
    client.read_to_string(&mut rest).expect("the rest");
    rest
}

pub fn success(message: &str) -> String {
    format!(r#"{{"status":"success","message":"{message}"}}"#)
}

pub fn error(message: &str, code: &str) -> String {
    let message = Value::from(message);
    format!(r#"{{"status":"error","message":{message},"code":"{code}"}}"#)
}
