//! Finding the programs that this one starts.

use std::env;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The folder of the program that runs.
pub fn here() -> io::Result<PathBuf> {
    let this = env::current_exe()?;
    Ok(this.parent().unwrap_or(Path::new("/")).to_owned())
}

/// The program of this name: in the folder `beside`, or in `PATH`.
pub fn find(name: &str, beside: &Path) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    among(name, beside, env::split_paths(&path))
}

fn among(name: &str, beside: &Path, path: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    std::iter::once(beside.to_owned())
        .chain(path.filter(|folder| folder.is_absolute()))
        .map(|folder| folder.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    let executable = |permissions: std::fs::Permissions| permissions.mode() & 0o111 != 0;
    file.metadata()
        .is_ok_and(|found| found.is_file() && executable(found.permissions()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const NAME: &str = "program";

    #[test]
    fn beside_comes_before_path_and_files_that_do_not_run_do_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let of = |name: &str| folder.path().join(name);
        for name in ["a", "b", "c"] {
            fs::create_dir(of(name)).expect("a folder");
            fs::write(of(name).join(NAME), "").expect("a file");
        }
        let run = |name: &str, mode| {
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(of(name).join(NAME), mode).expect("a mode");
        };
        let look = || among(NAME, &of("a"), [of("b"), of("c")].into_iter());
        assert_eq!(look(), None);
        run("c", 0o755);
        assert_eq!(look(), Some(of("c").join(NAME)));
        run("a", 0o755);
        assert_eq!(look(), Some(of("a").join(NAME)));
        assert_eq!(
            among(NAME, &of("b"), [PathBuf::from("c")].into_iter()),
            None
        );
    }
}
