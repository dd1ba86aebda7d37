//! Every rule left out in turn. A model that passes without the rule it covers proves nothing,
//! and a rule that no model covers is not proven to be needed: both fail this test.
//!
//! Each run is a process of its own, because a rule is left out for a whole process.

mod frames;
mod packets;

use std::process::Command;
use std::time::Instant;

use cuframes::ring::{ALL_RULES, BROKEN_RULES, PACKET_RULES, Rule};

/// What the checker says when everybody waits.
const ASLEEP: &str = "deadlock";

/// (rule, model, symptom): without the rule the model fails, and says so.
type Control = (Rule, &'static str, &'static str);

/// A rule whose model passes without it, because another one does its work as well.
struct Exempt {
    rule: Rule,
    model: &'static str,
    /// Without this one too the model fails.
    other: Option<(Rule, &'static str)>,
    because: &'static str,
}

#[test]
fn every_rule_left_out_is_noticed() {
    let mut unnoticed = Vec::new();
    for &(rule, model, symptom) in frames::CONTROLS.iter().chain(packets::CONTROLS) {
        if !fails(&[rule], model, symptom) {
            unnoticed.push(format!(
                "{model} does not say \"{symptom}\" without {rule:?}"
            ));
        }
    }
    for rule in ALL_RULES.into_iter().chain(PACKET_RULES) {
        let mut controls = frames::CONTROLS.iter().chain(packets::CONTROLS);
        let covered = controls.any(|control| control.0 == rule);
        let mut exemptions = frames::EXEMPT.iter().chain(packets::EXEMPT);
        let exempt = exemptions.any(|exempt| exempt.rule == rule);
        if covered == exempt {
            unnoticed.push(format!("{rule:?} must be either covered or exempt"));
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

#[test]
fn every_exemption_is_true() {
    let mut untrue = Vec::new();
    for exempt in frames::EXEMPT.iter().chain(packets::EXEMPT) {
        let &Exempt {
            rule,
            model,
            other,
            because,
        } = exempt;
        println!("{rule:?} is exempt: {because}");
        let (passed, _) = run(&[rule], model);
        if !passed {
            untrue.push(format!("{model} needs {rule:?}: no exemption"));
        }
        if let Some((other, symptom)) = other
            && !fails(&[rule, other], model, symptom)
        {
            untrue.push(format!("{model} does without both {rule:?} and {other:?}"));
        }
    }
    assert!(untrue.is_empty(), "{untrue:#?}");
}

/// True if `model` fails without `rules`, for the reason that `symptom` tells.
fn fails(rules: &[Rule], model: &str, symptom: &str) -> bool {
    let (passed, output) = run(rules, model);
    !passed && output.contains(symptom)
}

/// Explores `model` without `rules`: if it passed, and what it said.
fn run(rules: &[Rule], model: &str) -> (bool, String) {
    let names: Vec<String> = rules.iter().map(|rule| format!("{rule:?}")).collect();
    let names = names.join("+");
    let start = Instant::now();
    let output = Command::new(std::env::current_exe().expect("this test has a path"))
        .args([model, "--exact", "--nocapture"])
        .env(BROKEN_RULES, &names)
        .output()
        .expect("this test can run itself");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let passed = said.contains("1 passed; 0 failed");
    let failed = said.contains("0 passed; 1 failed");
    assert!(passed != failed, "{model} was not run once: {said}");
    let executions = said.lines().find(|line| line.contains("executions"));
    println!(
        "without {names}: {model} {}, {}, process {:.2} s",
        if passed { "passes" } else { "fails" },
        executions.unwrap_or("?"),
        start.elapsed().as_secs_f64()
    );
    (passed, said)
}
