//! Processes that die where they are told to, and do wrong what they are told to.

use std::env;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use failpoint::{Crash, Planted};

#[derive(Debug)]
enum Place {
    First,
    Second,
}

const CRASH: &str = "FAILPOINT_TEST_CRASH";
const FAULT: &str = "FAILPOINT_TEST_FAULT";
/// Told to a child alone.
const ACTS: &str = "FAILPOINT_TEST_ACTS";
const KILL: i32 = 9;

static CRASHES: Crash = Crash::new(CRASH);
static PLANTED: Planted = Planted::new(FAULT);

/// What a child does: it comes by both places three times.
#[test]
fn actor() {
    if env::var_os(ACTS).is_none() {
        return;
    }
    for turn in 1..=3 {
        CRASHES.reach(Place::First);
        println!("> first {turn}");
        CRASHES.reach(Place::Second);
        println!("> second {turn}");
    }
    for fault in [Place::First, Place::Second] {
        println!("> {fault:?} {}", PLANTED.is(&fault));
    }
}

fn act(settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env::current_exe().expect("this test is a program"));
    command
        .args(["--exact", "actor", "--nocapture"])
        .env(ACTS, "");
    for variable in [CRASH, FAULT] {
        command.env_remove(variable);
    }
    let output = command.envs(settings.iter().copied()).output();
    output.expect("it runs")
}

/// What it came by, without what the test's harness says.
fn told(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().filter_map(|line| line.split_once("> "));
    lines.map(|(_, said)| said.to_owned()).collect()
}

/// The last place that a process came by which this kills.
#[track_caller]
fn last_before(point: &str) -> Option<String> {
    let output = act(&[(CRASH, point)]);
    assert_eq!(output.status.signal(), Some(KILL), "{output:?}");
    told(&output).pop()
}

#[test]
fn a_process_dies_at_its_point_and_its_turn() {
    assert_eq!(last_before("First"), None);
    assert_eq!(last_before("Second").as_deref(), Some("first 1"));
    assert_eq!(last_before("First:2").as_deref(), Some("second 1"));
    assert_eq!(last_before("Second:3").as_deref(), Some("first 3"));
    assert_eq!(last_before("Second:soon").as_deref(), Some("first 1"));
}

#[test]
fn a_process_lives_that_does_not_get_there() {
    for settings in [&[][..], &[(CRASH, "Third")], &[(CRASH, "First:4")]] {
        let output = act(settings);
        assert!(output.status.success(), "{settings:?}: {output:?}");
        assert_eq!(told(&output).len(), 8);
    }
}

#[test]
fn a_fault_is_there_if_it_is_named() {
    let faults = |settings: &[(&str, &str)]| told(&act(settings)).split_off(6);
    assert_eq!(faults(&[]), ["First false", "Second false"]);
    assert_eq!(faults(&[(FAULT, "Second")]), ["First false", "Second true"]);
    assert_eq!(faults(&[(FAULT, "Sec")]), ["First false", "Second false"]);
}
