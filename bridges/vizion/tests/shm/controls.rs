//! Each rule is broken in turn, and the test that looks after it fails.

use crate::campaign::follow;
use crate::readers::{ALL, Reader};
use crate::support::Name;
use crate::writer::{Writer, command};

/// Frames of a control: it ends at the first torn one.
const FRAMES: u32 = 20_000;

#[test]
fn without_the_odd_store_every_reader_sees_torn_frames() {
    for language in ALL {
        let name = Name::new("no-odd");
        let writer = Writer::spawn(command(&name).env("VIZION_FAULT", "NoOdd"));
        let reader = Reader::start(language, &name);
        let outcome = follow(&name, writer, vec![reader], FRAMES, 0, false);
        let said = outcome.expect_err("a torn frame");
        assert!(said.contains("torn"), "{said}");
    }
}

#[test]
fn a_frame_that_is_dropped_without_being_counted_is_noticed() {
    let name = Name::new("no-count");
    let mut writer = Writer::spawn(command(&name).env("VIZION_FAULT", "DropUncounted"));
    writer.ask("large");
    let answer = writer.ask("write 1 0");
    assert_ne!(answer, "1 frames, 1 dropped, 0 replaced");
}
