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

/// A frame in the memory of a GPU is lent for the moment, unless that is forbidden.
#[test]
fn frames_of_a_gpu_are_shown_too() {
    if !crate::cuda::has_gpu("frames_of_a_gpu_are_shown_too") {
        return;
    }
    for memory in ["cuda_ipc", "cuda_vmm"] {
        let place = Place::new();
        let pattern = format!("--memory {memory} --test-pattern 64x48@50 --format bgr24");
        let publisher = place.start(&format!("publish --key KEY {pattern}"));
        let picture = place.dir.path().join("x.png");
        let output = place.run(&format!("snapshot KEY -o {}", picture.display()));
        assert_code(&output, 0);
        let pixels = super::stage::decoded(&picture);
        assert_eq!(pixels.len(), 64 * 48 * 3);
        // The second of the eight bars of the pattern is yellow.
        let [r, g, b] = [0, 1, 2].map(|channel| pixels[(24 * 64 + 11) * 3 + channel]);
        assert!(r > 150 && g > 150 && b < 60, "{memory}: {r} {g} {b}");
        let output = place.run(&format!("snapshot KEY -o {} --no-cuda", picture.display()));
        assert_code(&output, 14);
        drop(publisher);
    }
}
