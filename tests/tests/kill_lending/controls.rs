//! The campaign notices what it is for: with each of these faults it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::consumers::{
    one_dies_after_it_was_late, one_dies_with_a_frame_in_hand, one_dies_with_frames,
};
use crate::engine::Planted;
use crate::stage::{Service, Stage};

type Round = fn(&mut Stage, &mut Service);

/// What the round says that fails because of a fault in its engine.
fn failure(fault: &str, round: Round) -> String {
    let planted = Planted {
        fault: Some(fault),
        ..Planted::default()
    };
    let failed = catch_unwind(AssertUnwindSafe(|| {
        let mut stage = Stage::new();
        let mut service = Service::new(&mut stage, planted);
        service.engine.patience = Duration::from_secs(1);
        round(&mut stage, &mut service);
    }));
    let said = failed.expect_err(fault);
    let said = said.downcast::<String>();
    *said.expect("what failed is told in words")
}

#[test]
fn frames_of_the_dead_that_nobody_counts_are_noticed() {
    let said = failure("ForgetAbandoned", one_dies_with_a_frame_in_hand);
    assert!(
        said.contains("assertion `left == right` failed: Account"),
        "{said}"
    );
}

#[test]
fn frames_that_are_counted_twice_are_noticed() {
    let said = failure("CountLateTwice", one_dies_after_it_was_late);
    assert!(
        said.contains("assertion `left == right` failed: Account"),
        "{said}"
    );
}

#[test]
fn what_stays_of_the_dead_is_noticed() {
    let said = failure("KeepAbandoned", one_dies_with_frames);
    assert!(said.contains("left open"), "{said}");
}
