//! Disks that are full, targets that may not be written to.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::{packets, pictures, recorder};
use crate::ingest::film;
use crate::support::{Place, assert_code, text};

const CODING: &str = "-c:v libx264 -bf 0 -g 5 -b:v 4M -minrate 4M -preset ultrafast";
const PUBLISH: &str =
    "--packets-only --wait-subscribers 1 --packet-slots 512 --packet-bytes 16M -q";

/// Runs a recorder behind the words of a shell, while a film is published.
fn record_in(place: &Place, shell: &str) -> (Output, usize) {
    let film = film(place, "film.mp4", "size=640x360:rate=25:duration=4", CODING);
    let sent = packets(&film).len();
    let publisher = place.start(&format!("publish --key KEY {} {PUBLISH}", film.display()));
    let command = place.command("");
    let program = command.get_program();
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", shell])
        .env("PROGRAM", program)
        .env("KEY", &place.key)
        .env("DIR", place.dir.path())
        .env("CUFRAMES_RUNTIME_DIR", place.dir.path())
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    drop(publisher);
    (output, sent)
}

/// What is there can be played, and is all that was whole.
fn assert_playable(file: &Path, sent: usize) {
    let found = packets(file).len();
    assert!(found >= 5 && found < sent, "{found} of {sent}");
    assert_eq!(pictures(file).len(), found, "{}", file.display());
}

#[test]
fn a_full_disk_is_told_and_what_was_written_can_be_played() {
    for extension in ["mp4", "mkv", "ts"] {
        let place = Place::new();
        let (output, sent) = record_in(
            &place,
            &format!(
                "mkdir $DIR/small && mount -t tmpfs -o size=600k t $DIR/small || exit 99\n\
                 $PROGRAM record $KEY -o $DIR/small/c.{extension}\ncode=$?\n\
                 cp $DIR/small/* $DIR/ && exit $code"
            ),
        );
        let said = assert_code(&output, 17);
        assert!(said.contains("No space left"), "{said}");
        assert!(said.contains("free some space"), "{said}");
        let file = place.dir.path().join(format!("c.{extension}"));
        assert!(file.metadata().expect("a file").len() > 300_000);
        assert_playable(&file, sent);
    }
}

#[test]
fn a_limit_of_file_sizes_is_no_sudden_death() {
    let place = Place::new();
    let (output, sent) = record_in(
        &place,
        "ulimit -f 1000 && exec $PROGRAM record $KEY -o $DIR/c.mp4",
    );
    let said = assert_code(&output, 17);
    assert!(said.contains("ulimit"), "{said}");
    assert_playable(&place.dir.path().join("c.mp4"), sent);
}

#[test]
fn a_target_that_cannot_be_written_has_its_exit_code() {
    let place = Place::new();
    let (output, _) = record_in(
        &place,
        "mkdir $DIR/ro && mount -t tmpfs -o ro t $DIR/ro || exit 99\n\
         exec $PROGRAM record $KEY -o $DIR/ro/c.mp4",
    );
    let said = assert_code(&output, 17);
    assert!(said.contains("Read-only file system"), "{said}");
    for target in ["/proc/c.mp4", "/no/such/c.mkv"] {
        let place = Place::new();
        let (output, _) = record_in(&place, &format!("exec $PROGRAM record $KEY -o {target}"));
        let said = assert_code(&output, 17);
        assert!(said.contains(target), "{said}");
    }
}

/// An old recording on which something is mounted stays, and the recording goes on.
#[test]
fn what_cannot_be_removed_is_told_and_no_reason_to_stop() {
    let place = Place::new();
    let (output, sent) = record_in(
        &place,
        "touch $DIR/c.ts && mount --bind $DIR/c.ts $DIR/c.ts || exit 99\n\
         exec $PROGRAM record $KEY -o $DIR/c.ts --segment 1s --keep 1 --json",
    );
    assert_code(&output, 0);
    let told = text(&output.stdout);
    let lines = |event: &str| {
        let event = format!("\"event\":\"{event}\"");
        told.lines().filter(|line| line.contains(&event)).count()
    };
    assert_eq!((lines("begun"), lines("kept"), lines("removed")), (4, 4, 3));
    assert_eq!(sent, 100);
    assert_eq!(packets(&place.dir.path().join("c-4.ts")).len(), 25);
}

#[test]
fn keys_without_packets_and_nobody_at_all_are_told() {
    let place = Place::new();
    let output = recorder(&place, "c.mp4", "--connect-timeout 0").output();
    assert_code(&output, 3);
    let publisher = place.start("publish --key KEY --test-pattern 64x48@50");
    place.run("sub KEY --frames 1");
    let output = recorder(&place, "c.mp4", "").output();
    assert!(!output.status.success());
    let said = text(&output.stderr);
    assert!(said.contains("packets"), "{said}");
    assert!(!place.dir.path().join("c.mp4").exists());
    drop(publisher);
}
