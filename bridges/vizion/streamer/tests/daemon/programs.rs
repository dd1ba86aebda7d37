//! Programs of other packages, which cargo does not build for these tests alone.

use std::path::{Path, PathBuf};

/// The folder of the daemon, in which a package's program has to lie, too.
pub fn beside_the_daemon(program: &str, package: &str) -> PathBuf {
    let daemon = Path::new(env!("CARGO_BIN_EXE_vizion-streamer"));
    let found = daemon.with_file_name(program);
    let missing = format!("is not built: cargo build -p {package}");
    assert!(found.exists(), "{} {missing}", found.display());
    daemon.parent().expect("a folder").to_owned()
}
