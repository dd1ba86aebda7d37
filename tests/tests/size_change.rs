//! The geometry changes in mid-stream while readers hold frames of the old one.

use cuframes_tests::{Peer, Scene};

const OLD: (u32, u32) = (160, 90);
const NEW: (u32, u32) = (322, 181);
/// Frames of each geometry.
const FRAMES: u64 = 30;

/// Reads up to sequence `last`. Tells the frames, and those that are marked as a discontinuity.
fn read(peer: &Peer, first: u64, last: u64, size: (u32, u32)) -> (Vec<u64>, Vec<u64>) {
    let mut seen = Vec::new();
    let mut marked = Vec::new();
    while seen.last().is_none_or(|&seq| seq < last) {
        let line = peer.next().expect("it lives");
        if line.word() == "EVENT" {
            assert_eq!(line.text("what"), Some("reconfigured"));
            assert_eq!((line.get("width"), line.get("height")), size);
            continue;
        }
        assert!(line.is("whole"), "{line}");
        assert_eq!((line.get("width"), line.get("height")), size, "{line}");
        let seq = line.get("seq");
        assert_eq!(line.get::<u64>("pts"), seq * 1_000_000);
        assert!(
            seq >= first && seen.last().is_none_or(|&before| before < seq),
            "{line}"
        );
        seen.push(seq);
        if line.is("disc") {
            marked.push(seq);
        }
    }
    (seen, marked)
}

/// What the reader holds since the first turn is whole, and has its own shape.
fn check_held(reader: &mut Peer, turn: usize) {
    let mut held = Vec::new();
    reader.tell("check");
    reader.until("CHECKED", |line| held.push(line.clone()));
    assert_eq!(held.len(), usize::from(turn != 0));
    for frame in held {
        assert!(frame.is("whole"), "turn {turn}: {frame}");
        assert_eq!((frame.get("width"), frame.get("height")), OLD);
    }
}

#[test]
fn nobody_loses_a_frame_or_gets_a_torn_one_when_the_size_changes() {
    let scene = Scene::new();
    let options = [
        "policy=strict",
        "strict_timeout=9000",
        "lease_timeout=0",
        "max_leases=3",
    ];
    let mut publisher = scene.publisher(&options);
    let strict = ["mode=strict"];
    let mut readers = [
        scene.subscriber(&[&strict[..], &["name=a"]].concat()),
        scene.subscriber(&[&strict[..], &["name=b"]].concat()),
        scene.subscriber(&["name=newest"]),
    ];
    publisher.ask("wait 3", "JOINED");

    let mut first = 1;
    for (turn, size) in [OLD, NEW, OLD, NEW].into_iter().enumerate() {
        readers.iter_mut().for_each(|reader| reader.tell("run"));
        if turn != 0 {
            publisher.ask(
                &format!("reconfigure {} {}", size.0, size.1),
                "RECONFIGURED",
            );
        }
        let last = first + FRAMES - 1;
        let published = publisher.ask(&format!("publish {FRAMES} 0"), "PUBLISHED");
        assert_eq!(published.get::<u64>("last"), last);
        assert_eq!(published.get::<u64>("dropped"), 0);
        for (index, reader) in readers.iter_mut().enumerate() {
            let is_strict = index < 2;
            let (seen, marked) = read(reader, first, last, size);
            if is_strict {
                assert_eq!(seen, (first..=last).collect::<Vec<_>>());
            }
            let expected = &seen[..usize::from(turn != 0)];
            assert_eq!(marked, expected, "the first of its geometry, and no other");
            check_held(reader, turn);
            let stats = reader.ask("stats", "STATS");
            let missed: u64 = stats.get("missed");
            assert!(!is_strict || missed == 0, "{stats}");
        }
        first = last + 1;
        if turn == 0 {
            // From here on everyone holds a frame of the first geometry.
            publisher.ask("publish 1 0", "PUBLISHED");
            for reader in &mut readers {
                let taken = reader.ask("take 9000", "TAKEN");
                assert!(taken.is("whole") && !taken.is("disc"), "{taken}");
                assert_eq!(taken.get::<u64>("seq"), first);
            }
            first += 1;
        }
    }
    publisher.tell("finish");
    for mut reader in readers {
        let end = reader.ask("run", "ERROR");
        assert_eq!(end.text("code"), Some("EndOfStream"));
        check_held(&mut reader, 4);
        assert!(reader.wait().success());
    }
    publisher.expect("FINISHED");
    assert!(publisher.wait().success());
}
