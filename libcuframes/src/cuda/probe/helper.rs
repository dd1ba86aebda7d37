//! The helper program: another process, which opens what this one shares by CUDA IPC.
//!
//! The driver lets no process open its own handles, and it does not survive a fork. So a small
//! program of ours is run; what it is asked comes in a memfd as its standard input, because a
//! pipe could kill the caller by SIGPIPE.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::sys;

use super::message::{Answer, REQUEST_SIZE, Request};
use super::reason::Reason;

/// What it is called.
const NAME: &str = "cuframes-ipc-probe";

/// Names another file to be run instead.
const VARIABLE: &str = "CUFRAMES_PROBE";

/// How long it may take. Starting the driver takes a second on large machines.
const LIMIT: Duration = Duration::from_secs(10);

/// No answer is longer.
const LONGEST: usize = 1024;

/// The helper, or why there is none.
pub fn find() -> Result<PathBuf, Reason> {
    let looked = places();
    match looked.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(Reason::HelperMissing { looked }),
    }
}

/// Where it may be. A file that the environment names is the only one; that is not asked where
/// this program has rights that its caller has not.
fn places() -> Vec<PathBuf> {
    let named = std::env::var_os(VARIABLE).filter(|_| !sys::has_more_rights_than_its_caller());
    if let Some(named) = named {
        return vec![PathBuf::from(named)];
    }
    let program = std::env::current_exe();
    let program = program
        .ok()
        .and_then(|file| Some(file.parent()?.to_owned()));
    let mut places = Vec::new();
    for folder in [program, sys::own_folder()].into_iter().flatten() {
        let above = folder.parent().unwrap_or(&folder).to_owned();
        for folder in [
            folder,
            above.join("libexec/cuframes"),
            above.join("lib/cuframes"),
        ] {
            let path = folder.join(NAME);
            if !places.contains(&path) {
                places.push(path);
            }
        }
    }
    places
}

/// Asks the helper, and waits for its answer.
pub fn ask(request: Request) -> Result<(), Reason> {
    let path = find()?;
    let failed = |what: String| Reason::HelperFailed {
        path: path.clone(),
        what,
    };
    let cannot_start = |error: io::Error| failed(format!("cannot be started: {error}"));
    let mut child = start(&path, request).map_err(cannot_start)?;
    let line = read_line(&mut child);
    // It has answered, or never will. That somebody else has waited for it is no matter.
    let _ = child.kill();
    let _ = child.wait();
    let line = line.map_err(|error| failed(format!("gave no answer: {error}")))?;
    match Answer::from_line(&line) {
        Some(Answer::Works) => Ok(()),
        Some(Answer::OtherBytes) => Err(Reason::OtherBytes),
        Some(Answer::Refused { call, code, name }) => {
            Err(Reason::RefusedElsewhere { call, code, name })
        }
        Some(Answer::Failed(why)) => Err(failed(format!("could not try it: {why}"))),
        None => Err(failed(format!("answered {line:?}"))),
    }
}

fn start(path: &PathBuf, request: Request) -> io::Result<Child> {
    let question = sys::create_memfd("cuframes-probe", REQUEST_SIZE as u64)?;
    sys::write_at(&question, &request.to_bytes(), 0)?;
    let question = question.as_fd().try_clone_to_owned()?;
    Command::new(path)
        .stdin(Stdio::from(question))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// The helper's line, without its end.
fn read_line(child: &mut Child) -> io::Result<String> {
    let mut output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let started = Instant::now();
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\n") {
        let left = LIMIT.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if !sys::wait_readable(output.as_fd(), left)? {
            continue;
        }
        let mut part = [0; LONGEST];
        match output.read(&mut part)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => bytes.extend_from_slice(&part[..read]),
        }
        if bytes.len() > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    bytes.pop();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
