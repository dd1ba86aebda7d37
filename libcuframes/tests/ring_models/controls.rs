//! Every rule left out in turn. A model that passes without the rule it covers proves nothing,
//! and a rule that no model covers is not proven to be needed: both fail this test.
//!
//! Each run is a process of its own, because a rule is left out for a whole process.

use std::process::Command;
use std::time::Instant;

use cuframes::ring::{ALL_RULES, Rule};

use crate::explore::BROKEN;

/// What the checker says of a read and a write that nothing orders: the slot of a lease is
/// being written.
const RACE: &str = "Causality violation";
/// What the checker says when everybody waits.
const ASLEEP: &str = "deadlock";
const EVICTION: &str = "eviction::is_seen_by_who_saw_new_pixels";

/// (rule, model, symptom): without the rule the model fails, and says so.
const CONTROLS: [(Rule, &str, &str); 27] = [
    (
        Rule::SeqRelease,
        "lease::of_a_frame_just_published",
        "torn frame",
    ),
    (Rule::LeaseFence, "lease::against_a_claim", RACE),
    (Rule::LeaseFence, "lease::of_a_joiner", RACE),
    (Rule::LeaseRecheck, "lease::against_a_claim", RACE),
    (Rule::LeaseRecheck, "lease::of_a_joiner", RACE),
    (Rule::LeaseSeq, "timeline::slot_waits_for_the_stream", RACE),
    (
        Rule::ClaimWait,
        "lease::against_a_claim",
        "frame lost to a claim taken back",
    ),
    (
        Rule::LoserZero,
        "timeline::who_gave_up_holds_nothing",
        "held without a lease",
    ),
    (Rule::ClearRelease, "lease::given_back_and_reused", RACE),
    (
        Rule::GiveBackRelease,
        "lease::by_the_publisher_itself",
        RACE,
    ),
    (Rule::ClaimFence, "lease::against_a_claim", RACE),
    (Rule::ClaimFence, "lease::of_a_joiner", RACE),
    (Rule::ListReload, "lease::of_a_joiner", RACE),
    (Rule::PageRecheck, "lease::against_a_claim", RACE),
    (Rule::PageRecheck, "lease::of_a_joiner", RACE),
    (Rule::WritingFence, EVICTION, "torn frame passes as whole"),
    (
        Rule::LatestRelease,
        "finding::in_order_passes_over_nothing",
        "published frame not found",
    ),
    (
        Rule::FutexRelease,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (
        Rule::PublishFence,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (
        Rule::PublishFence,
        "sleep::in_a_poll_misses_no_frame",
        ASLEEP,
    ),
    (
        Rule::SleepFence,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (Rule::SleepFence, "sleep::in_a_poll_misses_no_frame", ASLEEP),
    (
        Rule::SleepRecheck,
        "sleep::on_the_futex_misses_no_frame",
        ASLEEP,
    ),
    (Rule::ReleaseFence, EVICTION, "torn frame passes as whole"),
    (Rule::ReleaseCheck, EVICTION, "torn frame passes as whole"),
    (
        Rule::LatestBound,
        "finding::in_order_while_the_writer_wraps",
        "frame passed over",
    ),
    (
        Rule::LatestBound,
        "finding::in_order_passes_over_nothing",
        "frame passed over",
    ),
];

/// A rule whose model passes without it, because another one does its work as well.
struct Exempt {
    rule: Rule,
    model: &'static str,
    /// Without this one too the model fails.
    other: Option<(Rule, &'static str)>,
    because: &'static str,
}

const EXEMPT: [Exempt; 3] = [
    Exempt {
        rule: Rule::EvictFence,
        model: EVICTION,
        other: Some((Rule::ListRelease, "torn frame passes as whole")),
        because: "the page leaves our list by a release, which carries `evicted` with it; \
                  the fence is for lists that are kept with relaxed stores",
    },
    Exempt {
        rule: Rule::ListRelease,
        model: EVICTION,
        other: Some((Rule::EvictFence, "torn frame passes as whole")),
        because: "the fence before it makes the relaxed removal publish as much",
    },
    Exempt {
        rule: Rule::MaskFirst,
        model: "timeline::slot_waits_for_the_stream",
        other: None,
        because: "the writer asks behind ClaimFence: a lease whose second look was before it \
                  has its lease_seq in sight, one whose look was after it saw CLAIMED. The \
                  order is for those who ask without a claim, such as the lease clocks",
    },
];

#[test]
fn every_rule_left_out_is_noticed() {
    let mut unnoticed = Vec::new();
    for (rule, model, symptom) in CONTROLS {
        if !fails(&[rule], model, symptom) {
            unnoticed.push(format!(
                "{model} does not say \"{symptom}\" without {rule:?}"
            ));
        }
    }
    for rule in ALL_RULES {
        let covered = CONTROLS.iter().any(|control| control.0 == rule);
        let exempt = EXEMPT.iter().any(|exempt| exempt.rule == rule);
        if covered == exempt {
            unnoticed.push(format!("{rule:?} must be either covered or exempt"));
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

#[test]
fn every_exemption_is_true() {
    let mut untrue = Vec::new();
    for exempt in EXEMPT {
        let Exempt {
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
        .env(BROKEN, &names)
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
