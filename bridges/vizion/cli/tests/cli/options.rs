//! Help, man pages, completions.

use crate::support::{assert_code, program};

#[test]
fn help_tells_the_socket_and_the_exit_codes() {
    for (words, wanted) in [
        (
            &["--help"][..],
            &["Exit codes", "/tmp/vizion_control.sock", "VIZION_SOCKET"][..],
        ),
        (&["-h"], &["set-exposure", "[alias: formats]"]),
        (&["set-exposure", "-h"], &["--auto", "--manual <VALUE>"]),
        (
            &["enable-shared-memory", "-h"],
            &["/vizion_frame", "8294528"],
        ),
        (&["watch", "-h"], &["[default: 1]", "--json"]),
        (&["start", "-h"], &["--no-wait", "[default: 15]"]),
    ] {
        let output = program(words).env_remove("VIZION_SOCKET").output();
        let said = assert_code(&output.expect("it runs"), 0);
        for part in wanted {
            assert!(said.contains(part), "{words:?} without {part}: {said}");
        }
    }
}

#[test]
fn man_pages_and_completions_know_every_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("man");
    let words = ["man", directory.to_str().expect("text")];
    assert_code(&program(&words).output().expect("it runs"), 0);
    let page = |name: &str| {
        let page = directory.join(format!("{name}.1"));
        std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    assert!(page("vizion").contains("Exit codes"));
    let commands = [
        "get-formats",
        "set-format",
        "start",
        "stop",
        "set-pipeline",
        "status",
        "set-exposure",
        "set-whitebalance",
        "set-brightness",
        "set-ehdr-mode",
        "enable-shared-memory",
        "get-controls",
        "set-controls",
        "stats",
        "snapshot",
        "sdp",
        "watch",
        "send",
    ];
    for command in commands {
        assert!(
            page(&format!("vizion-{command}")).contains(".TH"),
            "{command}"
        );
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = program(&["completions", shell]).output().expect("it runs");
        let script = assert_code(&output, 0);
        for command in commands {
            assert!(script.contains(command), "{shell} without {command}");
        }
    }
}
