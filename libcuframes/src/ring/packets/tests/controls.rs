//! Checks of the reader left out in turn: the campaign, or the test of what a hostile writer
//! leaves, must notice. The models have those for which this needs no real threads.
//!
//! Each run is a process of its own, because a rule is left out for a whole process.

use std::process::Command;

use crate::ring::{BROKEN_RULES, HOSTILE_RULES, Rule};

const CAMPAIGN: &str = "campaign::nothing_is_torn_and_every_loss_is_told_once";
const HOSTILE: &str = "what_a_hostile_writer_leaves_is_borne";

/// (rule, test, symptom): without the rule the test fails, and says so.
const CONTROLS: [(Rule, &str, &str); 8] = [
    (Rule::PacketSlotRecheck, CAMPAIGN, "torn packet"),
    (Rule::PacketDataRecheck, CAMPAIGN, "torn packet"),
    (Rule::ExtradataEven, CAMPAIGN, "extradata of another packet"),
    (
        Rule::ExtradataRecheck,
        CAMPAIGN,
        "extradata of another packet",
    ),
    (
        Rule::ExtradataOfPacket,
        CAMPAIGN,
        "extradata of another packet",
    ),
    (Rule::PacketSizeBound, HOSTILE, "size"),
    (Rule::PacketPosAligned, HOSTILE, "unaligned word"),
    (Rule::PacketKeyFirst, HOSTILE, "begins inside"),
];

#[test]
fn every_check_left_out_is_noticed() {
    let unnoticed: Vec<_> = CONTROLS
        .into_iter()
        .filter(|&(rule, test, symptom)| !fails(rule, test, symptom))
        .collect();
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
    for rule in HOSTILE_RULES {
        let covered = CONTROLS.iter().any(|control| control.0 == rule);
        assert!(covered, "{rule:?} is not covered");
    }
}

/// True if `test` fails without `rule`, for the reason that `symptom` tells.
fn fails(rule: Rule, test: &str, symptom: &str) -> bool {
    let module = module_path!().trim_start_matches("cuframes::");
    let module = module.trim_end_matches("controls");
    let output = Command::new(std::env::current_exe().expect("this test has a path"))
        .args([&format!("{module}{test}"), "--exact", "--nocapture"])
        .env(BROKEN_RULES, format!("{rule:?}"))
        .env_remove("CUFRAMES_FULL")
        .output()
        .expect("this test can run itself");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let passed = said.contains("1 passed; 0 failed");
    let failed = said.contains("0 passed; 1 failed");
    assert!(passed != failed, "{test} was not run once: {said}");
    failed && said.contains(symptom)
}
