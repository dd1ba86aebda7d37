//! Many consumers, and those that do not read.

use super::Stage;
use super::client::{Client, until};

#[test]
fn sixty_four_are_served_and_one_more_is_refused() {
    let stage = Stage::usual();
    let mut all: Vec<Client> = (0..64).map(|_| stage.client()).collect();
    let mut refused = Client::new(stage.engine.socket());
    assert!(refused.is_closed());
    for sequence in 1..=5 {
        stage.feed.publish("cam1", sequence);
        for client in &mut all {
            assert_eq!(client.next().sequence(), sequence);
            client.give_back("cam1", sequence);
        }
    }
    let report = until(&stage.engine, "back", |report| {
        report.total.frames.returned == 320
    });
    assert_eq!((report.refused, report.consumers.len()), (1, 64));
    drop(all.pop());
    until(&stage.engine, "one less", |report| report.gone == 1);
    stage.client();
}

#[test]
fn one_that_never_reads_costs_nobody_anything() {
    let stage = Stage::usual();
    let deaf = stage.client();
    let mut other = stage.client();
    // Each is answered until the answers fill what the socket holds.
    for _ in 0..2_000 {
        deaf.say_when_heard(b"nonsense");
    }
    until(&stage.engine, "heard", |report| {
        report.total.malformed == 2_000
    });
    for sequence in 1..=100 {
        stage.feed.publish("cam1", sequence);
        assert_eq!(other.next().sequence(), sequence);
        other.give_back("cam1", sequence);
    }
    let report = until(&stage.engine, "back", |report| {
        report.total.frames.returned == 100
    });
    let deaf_row = report.consumers.iter().find(|row| row.tally.malformed > 0);
    let tally = deaf_row.expect("it is there still").tally;
    assert_eq!(tally.frames.sent, 0, "there was no room");
    assert_eq!(tally.frames.in_flight, 0);
    drop(deaf);
    until(&stage.engine, "gone", |report| report.gone == 1);
}
