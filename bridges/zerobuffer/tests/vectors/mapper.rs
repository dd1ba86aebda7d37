//! Another process that has a segment mapped: the live reader or writer of a vector. The number of
//! the test's own process would not do, as in a container that may be anybody's.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::files::starting;

const PROGRAM: &str = "
import mmap, sys
for line in sys.stdin:
    with open(line.strip(), 'r+b') as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0)
        except ValueError:
            mapped = None  # of no bytes
    print('mapped', flush=True)
";

/// It maps one segment at a time, and ends with this.
pub struct Mapper {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Mapper {
    /// Starts it, while nobody has the files of a buffer.
    pub fn start() -> Mapper {
        let _nobody = starting();
        let mut child = Command::new("python3")
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Mapper { child, answers }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Maps the file, and what it had before no more.
    pub fn map(&mut self, file: &str) {
        let input = self.child.stdin.as_mut().expect("a pipe");
        writeln!(input, "{file}").expect("it reads");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("it answers");
        assert_eq!(answer, "mapped\n");
    }
}

impl Drop for Mapper {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
