//! Packets that were overwritten are counted, and nothing else is missing.

use rustix::process::Signal;

use super::stage::Player;
use super::{end, packets, pictures, recorder, told};
use crate::ingest::film;
use crate::support::{Place, until};

#[test]
fn an_overrun_is_counted_and_ends_with_a_key_frame() {
    let place = Place::new();
    let coding = "-c:v libx264 -bf 0 -g 10 -preset ultrafast";
    let film = film(&place, "x.ts", "size=160x90:rate=25:duration=8", coding);
    let mut player = Player::start(&place, 16);
    let recorder = recorder(&place, "c.mp4", "");
    player.wait();
    let file = place.dir.path().join("c.mp4");
    player.send(&film, 0, 11, 0);
    until("record the first ten", || {
        file.exists() && packets(&file).len() == 10
    });
    recorder.signal(Signal::STOP);
    player.send(&film, 11, 104, 0);
    recorder.signal(Signal::CONT);
    // It passes over all but the newest key packet, which is 110, or waits for the next.
    player.send(&film, 115, 15, 0);
    player.end();
    let told = told(recorder, 0);
    let (recorded, missed) = (&end(&told)["packets"], &end(&told)["missed"]);
    let counts = [recorded, missed].map(|count| count.as_u64().expect("a count"));
    assert_eq!(counts[0] + counts[1], 130, "{counts:?}");
    assert!(counts[1] >= 99, "{counts:?}");
    assert_eq!(end(&told)["overruns"], 1);
    let found = packets(&file);
    assert_eq!(found.len() as u64, counts[0]);
    let sent = packets(&super::remuxed(&place, &film, "reference.mp4"));
    let tail = found.len() - 11;
    assert!(found[11].key, "after the loss");
    let (head, rest) = (&sent[..11], &sent[130 - tail..130]);
    let bytes = |packets: &[super::Packet]| -> Vec<String> {
        packets.iter().map(|packet| packet.md5.clone()).collect()
    };
    assert_eq!(bytes(&found), [bytes(head), bytes(rest)].concat());
    // The gap is in the times.
    assert_eq!(found[11].pts - found[10].pts, rest[0].pts - head[10].pts);
    assert_eq!(pictures(&file).len(), found.len());
}
