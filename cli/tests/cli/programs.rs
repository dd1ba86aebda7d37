//! Two programs: `cuframes` starts without FFmpeg, and finds the one that needs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Place, assert_code, program, text};

/// The libraries of FFmpeg that `program` is linked with.
fn libraries(program: &Path) -> Vec<String> {
    let output = Command::new("ldd").arg(program).output().expect("ldd runs");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines = text(&output.stdout);
    let names: Vec<_> = lines.lines().map(|line| line.trim().to_owned()).collect();
    assert!(names.iter().any(|name| name.starts_with("libc.so")));
    let ours = |name: &String| ["libav", "libsw"].iter().any(|some| name.starts_with(some));
    names.into_iter().filter(ours).collect()
}

#[test]
fn only_the_program_for_media_is_linked_with_ffmpeg() {
    let cuframes = program();
    assert_eq!(libraries(&cuframes), [""; 0]);
    if cfg!(feature = "media") {
        let media = cuframes.with_file_name("cuframes-media");
        assert!(libraries(&media).len() > 2, "{:?}", libraries(&media));
    }
}

/// The program alone in a folder, and how it ends there with this PATH.
fn alone(place: &Place, path: &Path, line: &str) -> std::process::Output {
    let folder = place.dir.path().join("bin");
    std::fs::create_dir_all(&folder).expect("a folder");
    let copy: PathBuf = folder.join("cuframes");
    // By a process of its own: a descriptor of ours that writes the copy would live on for a moment
    // in what another test starts meanwhile, and nobody may start a program that is being written.
    let copied = Command::new("cp").arg(program()).arg(&copy).status();
    assert!(copied.expect("cp runs").success());
    let given = place.command(line);
    let mut command = Command::new(copy);
    command.args(given.get_args()).env("PATH", path);
    command.env("CUFRAMES_RUNTIME_DIR", place.dir.path());
    command.output().expect("it starts")
}

#[test]
fn without_the_program_for_media_everything_else_works() {
    let place = Place::new();
    let nowhere = place.dir.path();
    let output = alone(&place, nowhere, "publish --key KEY film.mp4");
    let said = assert_code(&output, 16);
    assert!(said.contains("the program cuframes-media"), "{said}");
    let pattern = "publish --key KEY --test-pattern 64x48@100 --frames 3";
    assert_code(&alone(&place, nowhere, pattern), 0);
    // A wrong argument is told by whoever sees it first.
    let output = alone(&place, nowhere, "publish --key KEY --size 4x4 film.mp4");
    assert!(assert_code(&output, 2).contains("--scale"));
}

#[cfg(feature = "media")]
#[test]
fn the_program_for_media_may_be_in_path() {
    let place = Place::new();
    let path = program();
    let path = path.parent().expect("a folder");
    let output = alone(&place, path, "publish --key KEY /nowhere.mp4");
    let said = assert_code(&output, 15);
    assert!(said.starts_with("cuframes: open /nowhere.mp4"), "{said}");
}
