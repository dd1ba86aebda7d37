//! Feature file 03: metadata that is refused, and none at all.

use crate::support::actor::Actor;
use crate::support::{assert_nothing_left, unique};

/// 3.1
#[test]
fn metadata_is_written_once() {
    let name = unique("once");
    let mut reader = Actor::reader(&name, 1024, 10240);
    let mut writer = Actor::writer(&name);
    writer.expect("set-metadata 500", "ok");
    writer.expect("write 4", "wrote 1");
    writer.refuse("set-metadata 200", "MetadataAlreadyWritten");
    reader.expect("metadata", "whole 500");
    // Once in the life of the buffer, not of the writer.
    writer.end();
    let mut second = Actor::writer(&name);
    second.refuse("set-metadata 200", "MetadataAlreadyWritten");
    reader.expect("metadata", "whole 500");
    second.end();
    reader.end();
    assert_nothing_left(&name);
}

/// 3.2
#[test]
fn metadata_that_does_not_fit_is_refused() {
    let name = unique("overflow");
    let mut reader = Actor::reader(&name, 1024, 10240);
    let mut writer = Actor::writer(&name);
    writer.refuse("set-metadata 2048", "MetadataTooLarge");
    // Eight bytes are its length.
    writer.refuse("set-metadata 1017", "MetadataTooLarge");
    reader.expect("metadata", "none");
    writer.expect("set-metadata 1016", "ok");
    reader.expect("metadata", "whole 1016");
    writer.end();
    reader.end();
    assert_nothing_left(&name);
}

/// 3.3
#[test]
fn frames_without_metadata() {
    let name = unique("no-metadata");
    let mut reader = Actor::reader(&name, 0, 10240);
    let mut writer = Actor::writer(&name);
    for sequence in 1..=20 {
        writer.expect("write 1024", &format!("wrote {sequence}"));
        reader.expect("read 10000", &format!("frame {sequence} 1024 whole"));
        reader.expect("metadata", "none");
    }
    writer.end();
    reader.end();
    assert_nothing_left(&name);
}
