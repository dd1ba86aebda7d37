//! The process that decodes and publishes a file.

use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use vizion::PixelFormat;

use crate::camera::cuframes::key_format;

use super::shape::{self, Shape};
use super::sys::end_with_its_starter;

/// How long it may take to open a file.
const OPENING: Duration = Duration::from_secs(8);
/// How long it may take to end. Then it is killed.
const ENDING: Timespec = Timespec {
    tv_sec: 2,
    tv_nsec: 0,
};
/// How long after its last frame it may be before its end is known.
const LAST_WORD: Duration = Duration::from_secs(1);

/// What is to be published.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The program `cuframes`.
    pub program: &'a Path,
    /// The file, by a whole path.
    pub clip: &'a Path,
    /// Under which key.
    pub key: &'a str,
    /// To what its pictures are converted; its own format for `None`.
    pub format: Option<PixelFormat>,
}

/// A process that publishes a file. It ends when this is dropped.
///
/// A thread of its own starts it, hears it and waits for its end: a process that is to end with
/// its starter ends with the thread that started it.
#[derive(Debug)]
pub struct Publisher {
    keeper: Option<JoinHandle<()>>,
    process: OwnedFd,
    told: Receiver<Told>,
}

enum Told {
    Started(OwnedFd),
    Shape(Shape),
    Ended(String),
}

impl Publisher {
    /// Starts the process. It waits for a subscriber before the first frame.
    pub fn start(order: &Order<'_>) -> Result<Publisher, String> {
        let mut command = command(order);
        let (tell, told) = mpsc::channel();
        let thread = thread::Builder::new().name("file".to_owned());
        let keeper = thread.spawn(move || keep(&mut command, &tell));
        let keeper = keeper.map_err(|error| format!("starting a thread: {error}"))?;
        match told.recv() {
            Ok(Told::Started(process)) => Ok(Publisher {
                keeper: Some(keeper),
                process,
                told,
            }),
            Ok(Told::Ended(why)) => Err(why),
            Ok(Told::Shape(_)) | Err(_) => Err("its process was not started".to_owned()),
        }
    }

    /// What it says of the file.
    pub fn shape(&self) -> Result<Shape, String> {
        match self.told.recv_timeout(OPENING) {
            Ok(Told::Shape(shape)) => Ok(shape),
            Ok(Told::Ended(why)) => Err(why),
            Ok(Told::Started(_)) | Err(_) => Err(format!(
                "it was not opened within {} s; try it with cuframes publish",
                OPENING.as_secs()
            )),
        }
    }

    /// Why it ended, after it has published its last frame; `None` if it did not.
    pub fn end(&self) -> Option<String> {
        loop {
            match self.told.recv_timeout(LAST_WORD) {
                Ok(Told::Ended(why)) => return Some(why),
                Ok(Told::Started(_) | Told::Shape(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = pidfd_send_signal(&self.process, Signal::TERM);
        let mut gone = [PollFd::new(&self.process, PollFlags::IN)];
        if !matches!(poll(&mut gone, Some(&ENDING)), Ok(1)) {
            let _ = pidfd_send_signal(&self.process, Signal::KILL);
        }
        if let Some(keeper) = self.keeper.take() {
            // Nothing in it can panic, and there is nobody to tell.
            let _ = keeper.join();
        }
    }
}

fn command(order: &Order<'_>) -> Command {
    let mut command = Command::new(order.program);
    command
        .args(["publish", "--json", "--quiet", "--loop", "--realtime"])
        .args(["--no-packets", "--anonymous", "--socket-mode", "600"])
        // Nobody else reads it, so the file may wait for its reader.
        .args(["--policy", "strict_wait", "--wait-subscribers", "1"])
        .args(["--key", order.key]);
    if let Some(format) = order.format.and_then(key_format) {
        command.args(["--format", format.ffmpeg_name()]);
    }
    command
        .arg("--")
        .arg(order.clip)
        // What it would tell a service manager is not how this program does.
        .env_remove("NOTIFY_SOCKET")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    end_with_its_starter(&mut command);
    command
}

/// Runs the process to its end, and tells of it. Whoever is not interested any more is told
/// nothing.
fn keep(command: &mut Command, tell: &Sender<Told>) {
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            let program = command.get_program().display();
            let _ = tell.send(Told::Ended(format!("starting {program}: {error}")));
            return;
        }
    };
    let process = match pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
        Ok(process) => process,
        Err(errno) => {
            let _ = child.kill();
            let _ = child.wait();
            let _ = tell.send(Told::Ended(format!("watching its process: {errno}")));
            return;
        }
    };
    let (events, complaints) = (child.stdout.take(), child.stderr.take());
    let _ = tell.send(Told::Started(process));
    let said = thread::scope(|scope| {
        let said = scope.spawn(|| complaints.map(last_line).unwrap_or_default());
        events.into_iter().for_each(|events| hear(events, tell));
        said.join().unwrap_or_default()
    });
    let _ = tell.send(Told::Ended(why(&mut child, said)));
}

/// Tells the shape of the file, and reads on, so that the process never waits for a reader.
fn hear(events: ChildStdout, tell: &Sender<Told>) {
    let lines = BufReader::new(events).lines().map_while(Result::ok);
    for shape in lines.filter_map(|line| shape::of_line(&line)) {
        let _ = tell.send(Told::Shape(shape));
    }
}

/// The last line that says something.
fn last_line(complaints: ChildStderr) -> String {
    let lines = BufReader::new(complaints)
        .split(b'\n')
        .map_while(Result::ok);
    let lines = lines.map(|line| String::from_utf8_lossy(&line).trim().to_owned());
    lines
        .filter(|line| !line.is_empty())
        .last()
        .unwrap_or_default()
}

fn why(child: &mut Child, said: String) -> String {
    let status = match child.wait() {
        Ok(status) => format!("cuframes publish ended ({status})"),
        Err(error) => format!("cuframes publish ended ({error})"),
    };
    match said.is_empty() {
        true => status,
        false => said,
    }
}
