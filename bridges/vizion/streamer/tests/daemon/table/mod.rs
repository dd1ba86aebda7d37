//! The 23 commands of VizionStreamer, before, while and after a stream runs: answers to the byte.
//!
//! The files have a command with its parameters behind a '>', and its answer in the next line.
//! CAMERA and NAME stand for the camera and for the name of shared memory.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use vizion::control::Command;

use crate::support::{Daemon, EHDR, PLAIN, WATCHDOG, segment, success, unique_name};

/// What is answered alike whether a stream runs or not.
const ANY_TIME: &str = include_str!("any_time.txt");
/// The commands of eHDR, likewise, of a camera that has it.
const WITH_EHDR: &str = include_str!("ehdr.txt");
/// And of one that has not.
const WITHOUT_EHDR: &str = include_str!("no_ehdr.txt");
/// What needs a stopped stream. At last it starts one, to shared memory.
const STOPPED: &str = include_str!("stopped.txt");
/// What is answered otherwise while it runs.
const STREAMING: &str = include_str!("streaming.txt");
/// The end of the stream, after which shared memory is still there.
const AFTERWARDS: &str = include_str!("afterwards.txt");

/// A command, its parameters, and its answer.
#[derive(Debug)]
struct Row {
    command: String,
    params: String,
    answer: String,
}

fn rows(tables: &[&str]) -> Vec<Row> {
    let lines: Vec<&str> = tables.iter().flat_map(|table| table.lines()).collect();
    let row = |pair: &[&str]| {
        let [asked, answer] = pair else {
            panic!("a line too many: {pair:?}");
        };
        let asked = asked.strip_prefix("> ").expect("a command");
        let (command, params) = asked.split_once(' ').unwrap_or((asked, ""));
        Row {
            command: command.to_owned(),
            params: params.to_owned(),
            answer: (*answer).to_owned(),
        }
    };
    lines.chunks(2).map(row).collect()
}

/// Compares every answer, and is how many there were.
fn check(daemon: &Daemon, camera: &str, name: &str, tables: &[&str]) -> usize {
    let rows = rows(tables);
    for row in &rows {
        let filled = |text: &str| text.replace("CAMERA", camera).replace("NAME", name);
        let params = filled(&row.params);
        let answer = daemon.say(&row.command, &params);
        let answer = daemon.settled(&row.command, answer);
        assert_eq!(answer, filled(&row.answer), "{} {params}", row.command);
    }
    rows.len()
}

fn commands(tables: &[&str]) -> BTreeSet<String> {
    rows(tables).into_iter().map(|row| row.command).collect()
}

fn every_command_before_while_and_after(camera: &str, of_ehdr: &str) {
    let documented = Command::ALL.into_iter().filter(|one| !one.is_extra());
    let documented: BTreeSet<_> = documented.map(|one| one.name().to_owned()).collect();
    assert_eq!(documented.len(), 23);
    assert_eq!(commands(&[ANY_TIME, of_ehdr, STOPPED]), documented);
    let meanwhile = [ANY_TIME, of_ehdr, STREAMING, AFTERWARDS];
    assert_eq!(commands(&meanwhile), documented);

    let daemon = Daemon::start(camera);
    let name = unique_name();
    let mut compared = 0;
    // The second time is after a stream.
    for _ in 0..2 {
        compared += check(&daemon, camera, &name, &[ANY_TIME, of_ehdr, STOPPED]);
        assert!(segment(&name).exists());
        compared += check(&daemon, camera, &name, &meanwhile);
        assert!(!segment(&name).exists());
    }
    assert!(compared > 180, "{compared}");
    assert!(daemon.answers() >= compared);
    daemon.end();
}

#[test]
fn every_command_of_a_camera_with_ehdr() {
    every_command_before_while_and_after(EHDR, WITH_EHDR);
}

#[test]
fn every_command_of_a_camera_without() {
    every_command_before_while_and_after(PLAIN, WITHOUT_EHDR);
}

#[test]
fn shared_memory_is_named_vizion_frame_unless_it_is_named() {
    let daemon = Daemon::start(PLAIN);
    let wanted = "{\"status\":\"success\",\"message\":\"Shared memory enabled\",\
                  \"name\":\"/vizion_frame\",\"size\":8294528}";
    // The one name that belongs to everybody: another test may have it for a moment.
    let until = Instant::now() + WATCHDOG;
    let answer = loop {
        let answer = daemon.say("enable_shared_memory", "");
        if !answer.contains("is being written by process") || Instant::now() > until {
            break answer;
        }
        sleep(Duration::from_millis(5));
    };
    assert_eq!(answer, wanted);
    let disabled = daemon.say("disable_shared_memory", "");
    assert_eq!(disabled, success("Shared memory disabled"));
    daemon.end();
}

#[test]
#[should_panic(expected = "set_gain {\"value\":\"0\"}")]
fn a_wrong_answer_is_noticed() {
    let daemon = Daemon::start(PLAIN);
    let wrong = ANY_TIME.replace("Gain set", "Gain set ");
    check(&daemon, PLAIN, "", &[&wrong]);
}
