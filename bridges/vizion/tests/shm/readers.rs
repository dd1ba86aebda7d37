//! The example readers, in three languages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::pictures::{BYTES, HEIGHT, WIDTH, sum, timestamp};
use crate::support::{Name, Process};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Rust,
    Python,
    Cpp,
}

pub const ALL: [Language; 3] = [Language::Rust, Language::Python, Language::Cpp];

fn source(file: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.join("examples").join(file)
}

/// Cargo builds the examples of a package with its tests, unless it is told to build a single one.
fn rust_program() -> PathBuf {
    let test = std::env::current_exe().expect("this test is a program");
    let builds = test.ancestors().nth(2).expect("a folder of builds");
    let program = builds.join("examples/reader");
    assert!(program.exists(), "{} was not built", program.display());
    program
}

fn cpp_program() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vizion-reader");
        let mut command = Command::new("g++");
        command.args([
            "-std=c++17",
            "-O2",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
        ]);
        command.arg(source("reader.cpp")).arg("-o").arg(&program);
        assert!(command.status().expect("g++ runs").success());
        program
    })
}

/// A reader's process, and what it has seen.
pub struct Reader {
    pub process: Process,
    language: Language,
    /// Numbers of frames, in the order in which they came.
    pub seen: Vec<u32>,
}

impl Reader {
    /// Starts it, and waits until it reads.
    #[track_caller]
    pub fn start(language: Language, name: &Name) -> Reader {
        let mut command = match language {
            Language::Rust => Command::new(rust_program()),
            Language::Cpp => Command::new(cpp_program()),
            Language::Python => {
                let mut command = Command::new("python3");
                command.arg(source("reader.py"));
                command
            }
        };
        let mut process = Process::start(command.arg(&name.0));
        process.until("reading");
        Reader {
            process,
            language,
            seen: Vec::new(),
        }
    }

    /// Follows until the frame `last`; or says which frame is torn.
    #[track_caller]
    pub fn follow(&mut self, last: u32) -> Result<(), String> {
        loop {
            let line = self.process.line();
            let line = line.unwrap_or_else(|| panic!("{:?} ended", self.language));
            let words: Vec<_> = line.split(' ').collect();
            let ["frame", number, size, "YUY2", bytes, taken, crc] = words[..] else {
                return Err(format!("{:?}: {line}", self.language));
            };
            let number: u32 = number.parse().expect("a number");
            let is_whole = size == format!("{WIDTH}x{HEIGHT}")
                && bytes == BYTES.to_string()
                && taken == timestamp(number).to_string()
                && crc == format!("{:08x}", sum(number));
            if !is_whole {
                return Err(format!("{:?}: torn: {line}", self.language));
            }
            self.seen.push(number);
            if number == last {
                return Ok(());
            }
        }
    }

    /// The writer has closed: everything of `total` frames was delivered once, or counted.
    #[track_caller]
    pub fn settle(mut self, total: u32) -> usize {
        let line = self.process.until("end");
        let (language, seen) = (self.language, self.seen.len() as u32);
        let missed = total - seen;
        assert_eq!(
            line,
            format!("end {seen} frames, {missed} missed"),
            "{language:?}"
        );
        let mut times = BTreeMap::new();
        for number in &self.seen {
            *times.entry(number).or_insert(0) += 1;
        }
        assert!(times.values().all(|&times| times == 1), "{language:?}");
        assert!(self.seen.is_sorted(), "{language:?}");
        assert!(self.process.end().success(), "{language:?}");
        seen as usize
    }
}
