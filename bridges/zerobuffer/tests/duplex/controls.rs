//! Tests of this folder fail when the library does what they are there to exclude.

use std::process::Command;

/// Runs one of the tests with a fault planted; it has to fail, and to say this.
fn fails(fault: &str, test: &str, says: &str) {
    let program = std::env::current_exe().expect("this test is a program");
    let run = |fault: &str| {
        let mut command = Command::new(&program);
        command
            .args(["--exact", test])
            .env("ZEROBUFFER_FAULT", fault);
        command.output().expect("it runs")
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let sound = run("");
    let told = text(&sound.stdout);
    assert!(
        sound.status.success() && told.contains("1 passed"),
        "{told}"
    );
    let planted = run(fault);
    let told = text(&planted.stdout) + &text(&planted.stderr);
    assert!(!planted.status.success(), "{test} does not see {fault}");
    assert!(
        told.contains(says),
        "{test} sees {fault} by something else: {told}"
    );
}

#[test]
fn a_pool_that_forgets_the_order_is_seen() {
    let test = "ordering::handlers_that_finish_in_reverse_are_answered_in_order";
    fails("OutOfTurn", test, "assertion `left == right` failed");
}

#[test]
fn responses_without_the_numbers_of_their_requests_are_seen() {
    let test = "correlation::by_number_responses_carry_the_number_of_their_request";
    fails("OwnNumbers", test, "answers no request");
}

#[test]
fn cancelled_requests_that_are_answered_are_seen() {
    let test =
        "cancelling::the_response_to_a_cancelled_request_is_dropped_and_the_others_keep_theirs";
    fails(
        "CancelledDelivered",
        test,
        "assertion `left == right` failed",
    );
}
