//! A recorder that is killed, and one that is told to end.

use rustix::process::Signal;

use super::stage::Player;
use super::{count, files, packets, pictures, recorder, so_far};
use crate::ingest::film;
use crate::support::{Place, noise, parse, until};

const GOP: usize = 10;
const CODING: &str = "-c:v libx264 -bf 2 -g 10 -preset ultrafast -x264-params b-adapt=0:scenecut=0";

/// Whatever was sent before the last key frame is in the file while the recorder still runs, and
/// after it was killed.
#[test]
fn what_was_whole_survives_the_kill() {
    let place = Place::new();
    let film = film(&place, "x.ts", "size=160x90:rate=25:duration=8", CODING);
    let sent = pictures(&film);
    let runs = count(30) as usize;
    for (number, &byte) in noise(runs, 7).iter().enumerate() {
        for extension in ["mp4", "mkv", "ts"] {
            let count = GOP + 2 + usize::from(byte) % 180;
            let whole = (count - 1) / GOP * GOP;
            let place = Place::new();
            let mut player = Player::start(&place, 256);
            let file = place.dir.path().join(format!("c.{extension}"));
            let recorder = recorder(&place, &format!("c.{extension}"), "");
            player.wait();
            player.send(&film, 0, count, 0);
            until("write what is whole", || so_far(&file) >= whole);
            recorder.signal(Signal::KILL);
            assert!(!recorder.output().status.success());
            let found = packets(&file).len();
            let what = format!("run {number}: {found} of {count} in {extension}");
            assert!(found >= whole && found <= count, "{what}");
            if extension == "mp4" {
                assert_eq!(found, whole, "{what}");
                assert_eq!(pictures(&file), sent[..whole], "{what}");
            }
            drop(player);
        }
    }
}

#[test]
fn a_signal_finishes_the_file() {
    for signal in [Signal::INT, Signal::TERM] {
        let place = Place::new();
        let film = film(&place, "x.ts", "size=160x90:rate=25:duration=2", CODING);
        let mut player = Player::start(&place, 256);
        let file = place.dir.path().join("c.mp4");
        let recorder = recorder(&place, "c.mp4", "");
        player.wait();
        player.send(&film, 0, 37, 0);
        until("write what is whole", || so_far(&file) >= 30);
        recorder.signal(signal);
        let output = recorder.output();
        crate::support::assert_signal(output.status, signal);
        let lines = output.stdout.split(|&byte| byte == b'\n');
        let told: Vec<_> = lines.filter(|line| !line.is_empty()).map(parse).collect();
        assert_eq!(files(&told, "finished"), std::slice::from_ref(&file));
        assert_eq!(packets(&file).len(), 37);
        assert_eq!(pictures(&file).len(), 37);
    }
}
