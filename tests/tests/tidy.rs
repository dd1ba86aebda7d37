//! A test process that is killed leaves nothing behind for longer than to the next one.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use cuframes_tests::Scene;

#[test]
fn what_a_killed_test_process_left_is_removed_and_nothing_of_the_living() {
    let living = Scene::new();
    let mut ended = Command::new("true").spawn().expect("a process");
    ended.wait().expect("it ends");
    let key = format!("ct-{}-00", ended.id());
    let dir = std::env::temp_dir().join(format!("cuframes-{key}"));
    let segment = Path::new("/dev/shm").join(format!("cuframes-{key}"));
    fs::create_dir(&dir).expect("a directory");
    drop(UnixListener::bind(dir.join(format!("{key}.sock"))).expect("a socket"));
    fs::write(&segment, [0; 8]).expect("a segment");
    fs::write(living.segment(), [0; 8]).expect("a segment");

    drop(Scene::new());
    assert!(!dir.exists() && !segment.exists());
    assert!(living.dir.exists() && living.segment().exists());
    fs::remove_file(living.segment()).expect("it is ours");
}
