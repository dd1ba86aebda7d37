//! Each step of each trace on a live buffer, and all bytes after it.

use serde_json::{Value, json};

use crate::files::{bytes, hex, list, number, text};
use crate::stage::{Stage, run};

/// Replays a trace; how many steps it had, or what the first was that went otherwise.
fn replay(trace: &Value) -> Result<usize, String> {
    run(trace, Stage::new(false))
}

#[test]
fn every_trace_leaves_the_same_bytes() {
    let traces = list("traces");
    let (mut steps, mut wrong) = (0, Vec::new());
    for trace in &traces {
        match replay(trace) {
            Ok(count) => steps += count,
            Err(what) => wrong.push(what),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((traces.len(), steps), (68, 852));
}

#[test]
fn the_peer_itself_leaves_the_same_bytes() {
    let mut counts = (0, 0);
    for trace in list("traces") {
        let steps = trace["steps"].as_array().expect("steps");
        if !steps.iter().any(|step| step["language"] == "Python") {
            continue;
        }
        let asked = run(&trace, Stage::new(true)).unwrap_or_else(|wrong| panic!("{wrong}"));
        counts = (counts.0 + 1, counts.1 + asked);
    }
    assert_eq!(counts, (5, 78));
}

/// The last step of a trace that is not only a peer's.
fn last_own(trace: &mut Value) -> &mut Value {
    let steps = trace["steps"].as_array_mut().expect("steps").iter_mut();
    steps
        .rev()
        .find(|step| step["do"] != "peer")
        .expect("create, at least")
}

#[test]
fn a_trace_that_says_something_else_is_noticed() {
    let mut noticed = 0;
    for trace in list("traces") {
        let controls: [fn(&mut Value); 5] = [
            |step| flip(step, 0x30),
            |step| flip(step, text(step, "segment").len() / 2 - 1),
            |step| step["frames"] = json!(number(&step["frames"]) + 1),
            |step| step["space"] = json!(number(&step["space"]) + 1),
            |step| step["gives"] = json!("something else"),
        ];
        for control in controls {
            let mut changed = trace.clone();
            control(last_own(&mut changed));
            replay(&changed).expect_err("is noticed");
            noticed += 1;
        }
    }
    assert_eq!(noticed, 68 * 5);
}

#[test]
fn each_byte_of_a_segment_counts() {
    let traces = list("traces");
    let find = |name| traces.iter().find(|trace| text(trace, "name") == name);
    let real = find("a_real_buffer").expect("this trace");
    let size = 128 + 64 + 256;
    for at in 0..size {
        let mut changed = real.clone();
        flip(last_own(&mut changed), at);
        let wrong = replay(&changed).expect_err("is noticed");
        assert!(
            wrong.contains(&format!("segment differs at Some(\n    {at:#x},\n)")),
            "{wrong}"
        );
    }
    let mut lent = find("made_in_place").expect("this trace").clone();
    let step = &mut lent["steps"][2];
    let mut begun = bytes(text(step, "begun"));
    begun[128] ^= 1;
    step["begun"] = hex(&begun).into();
    replay(&lent).expect_err("is noticed");
}

fn flip(step: &mut Value, at: usize) {
    let mut segment = bytes(text(step, "segment"));
    segment[at] ^= 0x10;
    step["segment"] = hex(&segment).into();
}
