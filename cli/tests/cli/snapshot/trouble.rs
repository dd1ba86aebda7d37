//! Snapshots that cannot be taken or written.

use std::path::Path;

use crate::support::{Place, assert_code};

#[test]
fn each_trouble_has_its_exit_code_and_leaves_nothing() {
    let place = Place::new();
    let picture = place.dir.path().join("x.png");
    let said = assert_code(
        &place.run(&format!(
            "snapshot KEY -o {} --timeout 0",
            picture.display()
        )),
        3,
    );
    assert!(said.contains("no publisher of key"), "{said}");
    let said = assert_code(&place.run("snapshot KEY -o x.gif"), 2);
    assert!(said.contains(".png, .jpg or .jpeg"), "{said}");

    let publisher = place.start("publish --key KEY --test-pattern 64x48@50");
    for target in ["/proc/x.png", "/no/such/place/x.png", "/sys/kernel/x.jpg"] {
        let said = assert_code(&place.run(&format!("snapshot KEY -o {target}")), 17);
        assert!(said.contains(target), "{said}");
        assert!(!Path::new(target).exists());
    }
    let output = place.run(&format!("snapshot KEY -o {}", picture.display()));
    assert_code(&output, 0);
    let names = std::fs::read_dir(place.dir.path()).expect("a directory");
    let mut names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.retain(|name| name.to_string_lossy().contains("png"));
    assert_eq!(names, ["x.png"], "nothing is left beside the picture");
    drop(publisher);
}

/// Before the first frame it waits; and the publisher never sees a subscriber.
#[test]
fn it_waits_for_the_first_frame_and_takes_no_place() {
    let place = Place::new();
    let picture = place.dir.path().join("x.png");
    let early = place.start(&format!("snapshot KEY -o {}", picture.display()));
    let publisher = place.start("publish --key KEY --test-pattern 64x48@50 --policy strict_wait");
    assert_code(&early.output(), 0);
    let info = place.json("info KEY --json");
    assert_eq!(info["subscribers"].as_array().map(Vec::len), Some(0));
    drop(publisher);
}
