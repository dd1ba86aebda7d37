//! Whatever is left: the log, help, man pages, completions.

use crate::support::{Buffer, assert_code, text};

#[test]
fn the_log_tells_what_it_is_asked_for() {
    let said = |arguments: &str, level: Option<&str>| {
        let buffer = Buffer::new();
        let line = format!("reader NAME --timeout-ms 20 --json-output {arguments}");
        let mut command = buffer.command(&line);
        if let Some(level) = level {
            command.env("RUST_LOG", level);
        }
        let output = command.output().expect("it runs");
        (output.status.code(), text(&output.stderr))
    };
    let (code, quiet) = said("", None);
    assert_eq!(code, Some(6));
    assert_eq!(quiet.lines().count(), 1, "{quiet}");
    for (arguments, level) in [("-v", None), ("--verbose", None), ("", Some("info"))] {
        let (code, loud) = said(arguments, level);
        assert_eq!(code, Some(6));
        assert!(loud.contains("the buffer is made"), "{loud}");
    }
    // What the environment says counts more.
    assert_eq!(said("-vv", Some("error")).1.lines().count(), 1);
    let (code, wrong) = said("", Some("zerobuffer=loud"));
    assert_eq!(code, Some(2));
    assert!(wrong.contains("RUST_LOG"), "{wrong}");
}

#[test]
fn help_tells_defaults_and_exit_codes() {
    let buffer = Buffer::new();
    for (line, wanted) in [
        ("--help", &["Exit codes", "start the reader first"][..]),
        ("-h", &["Exit codes", "writer"]),
        (
            "writer -h",
            &[
                "Exit codes",
                "[default: 1000]",
                "[default: 1024]",
                "[default: sequential]",
                "[default: 0]",
                "[default: 1]",
            ],
        ),
        (
            "reader --help",
            &[
                "Exit codes",
                "[default: 5000]",
                "[default: none]",
                "[default: 256MB]",
            ],
        ),
        (
            "relay -h",
            &[
                "Exit codes",
                "[default: 255]",
                "[default: 100]",
                "[default: none]",
                "[default: 256MB]",
            ],
        ),
        ("info -h", &["--json"]),
        ("ls -h", &["--json"]),
        ("gc -h", &["--dry-run"]),
    ] {
        let output = buffer.run(line);
        assert_code(&output, 0);
        let said = text(&output.stdout);
        for part in wanted {
            assert!(said.contains(part), "{line} without {part}: {said}");
        }
    }
}

#[test]
fn man_pages_and_completions_know_every_command() {
    let buffer = Buffer::new();
    let folder = tempfile::tempdir().expect("a folder");
    let directory = folder.path().join("man");
    assert_code(&buffer.run(&format!("man {}", directory.display())), 0);
    for command in ["writer", "reader", "relay", "info", "ls", "gc"] {
        let page = directory.join(format!("zerobuffer-{command}.1"));
        let page = std::fs::read_to_string(&page).expect("a page");
        assert!(page.contains(".TH"), "{command}");
    }
    let relay = std::fs::read_to_string(directory.join("zerobuffer-relay.1")).expect("a page");
    assert!(relay.contains("Exit codes"), "{relay}");
    for shell in ["bash", "zsh", "fish"] {
        let output = buffer.run(&format!("completions {shell}"));
        assert_code(&output, 0);
        let script = text(&output.stdout);
        assert!(
            script.contains("xor-key") && script.contains("relay"),
            "{shell}"
        );
    }
}
