//! A simulated machine for one test: its own GPU with its own delays, faults, log and books.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that makes the simulated driver a machine. It is removed when this is dropped.
#[derive(Debug)]
pub struct Machine {
    folder: PathBuf,
    settings: Vec<(&'static str, String)>,
}

/// What is left on a machine, as its books say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Book {
    /// Nothing is left by who ended normally.
    pub balanced: bool,
    /// What the books say.
    pub text: String,
}

impl Machine {
    /// Whether the driver is the simulated one.
    #[must_use]
    pub fn is_simulated() -> bool {
        std::env::var_os("FAKE_CUDA_DIR").is_some()
    }

    /// A machine whose streams begin each piece of work up to `delay_us` microseconds late.
    ///
    /// # Panics
    /// Without the simulated driver: these tests are run by `ci/fake-cuda.sh`.
    pub fn new(name: &str, delay_us: u64, seed: u64) -> Self {
        let outer = std::env::var_os("FAKE_CUDA_DIR");
        let outer = outer.expect("ci/fake-cuda.sh runs these tests on a simulated GPU");
        let folder = Path::new(&outer).join(name);
        fs::create_dir(&folder).expect("a folder can be made");
        let settings = vec![
            ("FAKE_CUDA_DIR", folder.display().to_string()),
            ("FAKE_CUDA_DELAY_US", delay_us.to_string()),
            ("FAKE_CUDA_SEED", seed.to_string()),
        ];
        Machine { folder, settings }
    }

    /// The environment that makes a process use it.
    #[must_use]
    pub fn environment(&self) -> &[(&'static str, String)] {
        &self.settings
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the books.
    pub fn books(&self) -> Book {
        let mut command = Command::new(books_program());
        let output = command.arg(&self.folder).output();
        let output = output.expect("the program that reads books runs");
        let text = [output.stdout, output.stderr].concat();
        Book {
            balanced: output.status.success(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// # Panics
    /// If somebody who ended normally has left something.
    pub fn assert_balanced(&self) {
        let book = self.books();
        assert!(book.balanced, "left on the GPU:\n{}", book.text);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Reading the books takes away what ended processes have left in /dev/shm: those that were
        // killed, and those that keep what they lent until they end.
        let _ = Command::new(books_program()).arg(&self.folder).output();
        // A folder that stays is removed with the one around it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn books_program() -> PathBuf {
    let built = std::env::var_os("FAKE_CUDA_BUILT");
    let built = built.expect("ci/fake-cuda.sh says where it has its programs from");
    Path::new(&built).join("fake-cuda-books")
}
