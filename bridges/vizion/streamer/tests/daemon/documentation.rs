//! What docs/vizion.md shows is what happens, and what it lists is all that there is.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::programs::beside_the_daemon;
use crate::support::{Daemon, EHDR, unique_name};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn documentation() -> String {
    fs::read_to_string(root().join("docs/vizion.md")).expect("the documentation")
}

/// Commands of the blocks with a console, and what they print.
fn sessions(text: &str) -> Vec<(String, String)> {
    let mut sessions: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match (line, line.strip_prefix("$ ")) {
            ("```console", _) => inside = true,
            ("```", _) => inside = false,
            (_, Some(command)) if inside => sessions.push((command.to_owned(), String::new())),
            _ if inside => {
                let (_, output) = sessions.last_mut().expect("a command");
                *output += line;
                *output += "\n";
            }
            _ => {}
        }
    }
    sessions
}

/// Whether a text is what is shown, where "..." stands for anything.
fn is_like(text: &str, shown: &str) -> bool {
    let mut parts = shown.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = match parts.peek() {
            Some(_) => rest.find(part),
            None => rest.ends_with(part).then(|| rest.len() - part.len()),
        };
        let Some(at) = at else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.is_empty()
}

#[test]
fn examples_print_what_is_shown() {
    let programs = beside_the_daemon("vizion", "vizion-cli");
    let daemon = Daemon::start(EHDR);
    let name = unique_name();
    let socket = daemon.socket.to_str().expect("a path of text");
    let filled = |text: &str| {
        let text = text.replace("/tmp/vizion_control.sock", socket);
        text.replace("/vizion_frame", &name)
    };
    let path = env::join_paths(
        std::iter::once(programs).chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())),
    );
    let path = path.expect("a search path");
    let sessions = sessions(&documentation());
    assert!(sessions.len() >= 12, "{}", sessions.len());
    for (line, shown) in sessions {
        let mut shell = Command::new("timeout");
        shell.args(["30", "bash", "-c", &filled(&line)]);
        shell
            .env("VIZION_SOCKET", &daemon.socket)
            .env("PATH", &path);
        let output = shell.stdin(Stdio::null()).output().expect("a shell");
        let printed = String::from_utf8(output.stdout).expect("text");
        let shown = filled(&shown);
        assert!(
            is_like(&printed, &shown),
            "{line}\n{printed}is not\n{shown}"
        );
    }
    daemon.end();
}

#[test]
fn what_is_like_something_is_told_from_what_is_not() {
    for (text, shown) in [
        ("ab", "ab"),
        ("abc", "a...c"),
        ("ac", "a...c"),
        ("xay", "...a..."),
    ] {
        assert!(is_like(text, shown), "{text} {shown}");
    }
    for (text, shown) in [
        ("ab", "a"),
        ("a", "ab"),
        ("abd", "a...c"),
        ("xy", "...a..."),
    ] {
        assert!(!is_like(text, shown), "{text} {shown}");
    }
}

/// The words in backquotes that begin rows of the tables.
fn rows(text: &str) -> BTreeSet<String> {
    let word = |line: &str| {
        let (word, _) = line.strip_prefix("| `")?.split_once('`')?;
        word.split(' ').next().map(str::to_owned)
    };
    text.lines().filter_map(word).collect()
}

#[test]
fn every_command_and_every_code_has_a_row() {
    let rows = rows(&documentation());
    for command in vizion::control::Command::ALL {
        assert!(rows.contains(command.name()), "{command:?}");
    }
    let refusal = root().join("bridges/vizion/streamer/src/streamer/refusal.rs");
    let refusal = fs::read_to_string(refusal).expect("the source");
    let codes: Vec<&str> = refusal
        .lines()
        .filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","))
        .collect();
    assert_eq!(codes.len(), 10);
    for code in codes.into_iter().chain(["unknown_command", "too_long"]) {
        assert!(rows.contains(code), "{code}");
    }
}

#[test]
fn every_option_of_the_daemon_has_a_row_and_the_unit_uses_those_that_there_are() {
    let daemon = env!("CARGO_BIN_EXE_vizion-streamer");
    let help = Command::new(daemon).arg("-h").output().expect("help");
    let help = String::from_utf8(help.stdout).expect("text");
    let options = |text: &str| -> BTreeSet<String> {
        let words = text.split(|one: char| !one.is_ascii_lowercase() && one != '-');
        words
            .filter(|word| word.starts_with("--"))
            .map(str::to_owned)
            .collect()
    };
    let there_are = options(&help);
    let documented = rows(&documentation());
    for option in &there_are {
        let general = ["--camera", "--verbose", "--help", "--version"];
        let known = general.contains(&option.as_str()) || documented.contains(option);
        assert!(known, "{option} is not documented");
    }
    for row in documented.iter().filter(|row| row.starts_with("--")) {
        assert!(
            there_are.contains(row),
            "{row} is documented, and not there"
        );
    }
    let unit = root().join("bridges/vizion/packaging/vizion-streamer.service");
    let unit = fs::read_to_string(unit).expect("the unit");
    let start = unit.lines().find(|line| line.starts_with("ExecStart="));
    let used = options(start.expect("a command"));
    assert_eq!(used.len(), 4);
    assert!(used.is_subset(&there_are), "{used:?}");
}
