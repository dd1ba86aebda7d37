//! Whatever is left: the log, the socket's mode, man pages, completions.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Place, assert_code, text};

#[test]
fn the_log_tells_what_it_is_asked_for() {
    let place = Place::new();
    let said = |level: Option<&str>| {
        let mut command = place.command("publish --key KEY --test-pattern 8x8@1000 --frames 3 -q");
        if let Some(level) = level {
            command.env("CUFRAMES_LOG", level);
        }
        let output = command.output().expect("it runs");
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(said(None), (Some(0), String::new()));
    let (code, wrong) = said(Some("cuframes=loud"));
    assert_eq!(code, Some(2));
    assert!(wrong.contains("CUFRAMES_LOG"), "{wrong}");
    assert_eq!(said(Some("trace")).0, Some(0));
}

#[test]
fn the_socket_has_the_mode_it_is_given() {
    let place = Place::new();
    let _publisher = place.start("publish --key KEY --test-pattern 8x8@100 --socket-mode 600 -q");
    assert_code(&place.run("sub KEY --frames 1"), 0);
    let socket = place.dir.path().join(format!("{}.sock", place.key));
    let mode = std::fs::metadata(socket)
        .expect("the socket")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn man_pages_and_completions_know_every_command() {
    let place = Place::new();
    let directory = place.dir.path().join("man");
    assert_code(&place.run(&format!("man {}", directory.display())), 0);
    for command in [
        "publish",
        "sub",
        "snapshot",
        "record",
        "bridge",
        "detections",
        "ls",
        "info",
        "doctor",
        "gc",
    ] {
        let page = directory.join(format!("cuframes-{command}.1"));
        let page = std::fs::read_to_string(&page).expect("a page");
        assert!(page.contains(".TH"), "{command}");
    }
    let publish = std::fs::read_to_string(directory.join("cuframes-publish.1")).expect("a page");
    assert!(publish.contains("Exit codes"), "{publish}");
    for shell in ["bash", "zsh", "fish"] {
        let output = place.run(&format!("completions {shell}"));
        assert_code(&output, 0);
        let script = text(&output.stdout);
        assert!(
            script.contains("test-pattern") && script.contains("info"),
            "{shell}"
        );
    }
}

#[test]
fn help_has_the_exit_codes() {
    let place = Place::new();
    for line in [
        "--help",
        "publish --help",
        "sub --help",
        "bridge vizion --help",
        "bridge zerobuffer --help",
        "detections --help",
        "doctor --help",
    ] {
        let output = place.run(line);
        assert_code(&output, 0);
        assert!(text(&output.stdout).contains("Exit codes"), "{line}");
    }
}
