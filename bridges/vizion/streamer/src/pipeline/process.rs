//! The program's process, as the daemon holds it.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};

use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::{PipelineError, PipelineOrder};

/// A process that does not outlive this value.
#[derive(Debug)]
pub(super) struct Process {
    child: Held,
    /// Readable once it is gone.
    pub gone: OwnedFd,
    pub stdout: PipeReader,
    pub stderr: PipeReader,
}

impl Process {
    /// Starts it. What is returned beside it is the other end of its standard input.
    pub fn start(
        program: &Path,
        order: &PipelineOrder,
    ) -> Result<(Process, PipeWriter), PipelineError> {
        let pipe = || io::pipe().map_err(PipelineError::io("making a pipe"));
        let ((stdin, ends), (stdout, says), (stderr, complains)) = (pipe()?, pipe()?, pipe()?);
        for ours in [&stdout, &stderr] {
            rustix::io::ioctl_fionbio(ours, true)
                .map_err(PipelineError::io("reading without waiting"))?;
        }
        let arguments = order.arguments()?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(stdin)
            .stdout(says)
            .stderr(complains);
        let child = command.spawn().map_err(|source| PipelineError::Unusable {
            program: program.to_owned(),
            source,
        })?;
        let gone = pidfd_open(Pid::from_child(&child), PidfdFlags::empty());
        let child = Held(child);
        let gone = gone.map_err(PipelineError::io("watching the process"))?;
        let process = Process {
            child,
            gone,
            stdout,
            stderr,
        };
        Ok((process, ends))
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // It may be gone already.
        let _ = self.child.0.kill();
    }

    /// How it ended; waits for that.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.0.wait()
    }
}

/// Killed and reaped when nobody wants it any more.
#[derive(Debug)]
struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        // Whoever was waited for already is neither killed nor waited for again.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
