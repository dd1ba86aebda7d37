//! Controls: each of these tests fails if the rule that it is about is broken on purpose.

use std::process::{Command, Stdio};

use crate::support::{HASTY, prefix_of, remove_all, said};

/// The rules, each with a test that must notice that it is broken.
const FAULTS: [(&str, &str); 16] = [
    (
        "NoWrapMarker",
        "corruption::a_rest_at_the_end_is_marked_and_given_back",
    ),
    (
        "NoEarlyWrap",
        "edges::no_rest_is_left_that_is_too_small_for_a_header",
    ),
    ("ReleaseInAnyOrder", "basic::frames_given_back_in_any_order"),
    ("ForgetTail", "corruption::the_space_that_a_frame_can_have"),
    (
        "SequenceUnchecked",
        "synchronisation::a_gap_in_the_numbers_is_told",
    ),
    ("MetadataTwice", "errors::metadata_is_written_once"),
    ("SecondWriter", "lifecycle::a_second_writer_is_refused"),
    (
        "SecondReader",
        "lifecycle::a_reader_without_its_lock_file_keeps_its_buffer",
    ),
    ("NoPost", "edges::a_token_for_each_frame_that_waits"),
    (
        "LeakSemaphores",
        "platform::files_of_a_buffer_and_their_end",
    ),
    ("FreeUnchecked", "corruption::more_free_space_than_there_is"),
    (
        "ReaderDeathUnseen",
        "lifecycle::the_death_of_a_reader_is_seen",
    ),
    (
        "WriterDeathUnseen",
        "lifecycle::the_death_of_a_writer_is_seen",
    ),
    ("ZeroSizeFrame", "edges::frames_of_no_byte_and_of_one"),
    (
        "NoEarlyMarker",
        "edges::an_empty_ring_takes_what_fits_into_it_wherever_it_stands",
    ),
    (
        "NoMending",
        "lifecycle::a_frame_that_its_dead_writer_did_not_announce",
    ),
];

/// Runs one test of this binary, with a rule broken or not.
fn run(test: &str, fault: Option<&str>) -> (bool, String) {
    let mut command = Command::new(std::env::current_exe().expect("own path"));
    command.args(["--exact", test, "--test-threads=1"]);
    command.env(HASTY, "1");
    if let Some(fault) = fault {
        command.env("ZEROBUFFER_FAULT", fault);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("this binary runs");
    let buffers = prefix_of(child.id());
    let output = child.wait_with_output().expect("it ends");
    // A broken rule may leave anything.
    remove_all(&buffers);
    let said = said(&output);
    assert!(said.contains("running 1 test"), "{test}: {said}");
    (output.status.success(), said)
}

#[test]
fn broken_rules_are_noticed() {
    let unnoticed: Vec<_> = std::thread::scope(|scope| {
        // Some wait for what does not come.
        let runs = FAULTS.map(|(fault, test)| {
            scope.spawn(move || {
                let (passes, said) = run(test, None);
                assert!(passes, "{test} fails as it is: {said}");
                run(test, Some(fault)).0.then_some((fault, test))
            })
        });
        let runs = runs.into_iter();
        runs.filter_map(|run| run.join().expect("it ran")).collect()
    });
    assert_eq!(unnoticed, []);
}
