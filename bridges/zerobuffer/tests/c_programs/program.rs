//! Programs that are compiled against an installation, and run under valgrind.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use zerobuffer_peer::leftovers;

pub const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];
const WATCHDOG: [&str; 2] = ["--kill-after=5", "120"];

pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shared library that cargo built with this test, in the same folder.
pub fn library() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this test");
    let library = program.with_file_name("libzerobuffer.so");
    assert!(library.exists(), "{} was not built", library.display());
    library
}

pub fn run(command: &mut Command) -> String {
    let output = command.output().expect("the command starts");
    assert_success(&output, &format!("{command:?}"));
    text(&output.stdout)
}

pub fn assert_success(output: &Output, what: &str) {
    let (said, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "{what}: {}\n{said}{errors}",
        output.status
    );
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A program, compiled against an installation that the script for packagers has made.
pub struct Program {
    prefix: tempfile::TempDir,
}

impl Program {
    pub fn of(source: &str) -> Program {
        let prefix = tempfile::tempdir().expect("a directory");
        run(Command::new(package().join("packaging/install.sh"))
            .arg(prefix.path())
            .arg(library().parent().expect("target/debug/deps")));
        let program = Program { prefix };
        program.compile(&package().join("tests/c").join(source));
        program
    }

    fn path(&self, name: &str) -> PathBuf {
        self.prefix.path().join(name)
    }

    /// As its pkg-config file says.
    fn compile(&self, source: &Path) {
        let flags = run(Command::new("pkg-config")
            .args(["--cflags", "--libs", "zerobuffer"])
            .env("PKG_CONFIG_PATH", self.path("lib/pkgconfig")));
        let (compiler, standard) = match source.extension().is_some_and(|kind| kind == "cpp") {
            true => ("g++", "-std=c++20"),
            false => ("gcc", "-std=c99"),
        };
        run(Command::new(compiler)
            .args(STRICT)
            .args([standard, "-g", "-O1", "-pthread"])
            .arg(source)
            .arg("-o")
            .arg(self.path("program"))
            .args(flags.split_whitespace())
            .arg(format!("-Wl,-rpath,{}", self.path("lib").display())));
    }

    /// It under valgrind, which fails on an error or a leak, and under a watchdog.
    pub fn checked(&self) -> Command {
        let mut command = Command::new("timeout");
        command
            .args(WATCHDOG)
            .args(["valgrind", "--quiet", "--error-exitcode=99"])
            .args([
                "--leak-check=full",
                "--errors-for-leak-kinds=definite,indirect",
            ])
            .arg(self.path("program"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it with `arguments`, and looks that it leaves nothing of these buffers.
    pub fn run(&self, arguments: &[&str], buffers: &[&str]) -> String {
        let said = run(self.checked().args(arguments));
        for name in buffers {
            assert_eq!(leftovers(name), [""; 0].map(PathBuf::from));
        }
        said
    }
}
