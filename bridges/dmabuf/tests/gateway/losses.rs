//! Listeners that do not read, and messages that nobody can send.

use frame_lending::gateway::{Gateway, GatewayOptions};
use frame_lending::socket::Connection;
use rustix::process::Signal;

use crate::support::{Place, WATCHDOG, message, until};

const MESSAGES: i64 = 3000;

/// A process that is stopped loses the oldest and is told how many; the others notice nothing.
#[test]
fn a_stopped_listener_loses_the_oldest_and_is_told() {
    let place = Place::new();
    let options = GatewayOptions {
        queue: 64,
        ..place.options()
    };
    let gateway = Gateway::listen(options).expect("a gateway");
    let mut stopped = place.start("listener");
    until("admit it", || gateway.counts().listeners == 1);
    stopped.signal(Signal::STOP);
    let mut quick = place.listener();
    until("admit the other", || gateway.counts().listeners == 2);
    for number in 0..MESSAGES {
        gateway.publish(&message(number, "m"));
        let heard = quick.next(Some(WATCHDOG)).expect("it is connected");
        assert_eq!(heard, Some(message(number, "m")));
    }
    let halted = gateway.counts();
    assert_eq!(halted.waiting, 64, "as many as may wait");
    stopped.signal(Signal::CONT);
    gateway.publish(&message(MESSAGES, "last"));
    let said = stopped.hear();
    let (received, lost) = said.split_once(' ').expect("two numbers");
    let [received, lost] = [received, lost].map(|number| number.parse::<u64>().expect("a number"));
    assert_eq!(received + lost, 3001);
    assert!(lost > 2000, "{lost} lost");
    let counts = gateway.counts();
    assert_eq!((counts.published, counts.lost), (3001, lost));
}

#[test]
fn a_killed_listeners_messages_are_counted_as_lost() {
    let place = Place::new();
    let options = GatewayOptions {
        queue: 512,
        ..place.options()
    };
    let gateway = Gateway::listen(options).expect("a gateway");
    let mut doomed = place.start("listener");
    let mut other = place.listener();
    until("admit both", || gateway.counts().listeners == 2);
    doomed.signal(Signal::STOP);
    for number in 0..300 {
        gateway.publish(&message(number, "m"));
    }
    doomed.signal(Signal::KILL);
    doomed.child.wait().expect("its end");
    until("forget it", || gateway.counts().listeners == 1);
    for number in 0..300 {
        let heard = other.next(Some(WATCHDOG)).expect("it is connected");
        assert_eq!(heard, Some(message(number, "m")));
    }
    let counts = gateway.counts();
    assert_eq!(counts.published, 300);
    assert_eq!((counts.sent + counts.lost, counts.waiting), (600, 0));
}

/// A message that no socket takes is lost to everybody, and the next one says so.
#[test]
fn a_message_that_is_too_large_is_told() {
    let place = Place::new();
    let gateway = place.gateway();
    let mut listener = place.listener();
    until("admit it", || gateway.counts().listeners == 1);
    gateway.publish(&message(0, &"x".repeat(16 << 20)));
    gateway.publish(&message(1, "m"));
    let heard = listener.next(Some(WATCHDOG)).expect("it is connected");
    let heard = heard.expect("a message");
    assert_eq!((heard.sequence, heard.lost), (1, 1));
    // As large as a consumer can make one.
    let large = message(2, &"x".repeat(400_000));
    gateway.publish(&large);
    let heard = listener.next(Some(WATCHDOG)).expect("it is connected");
    assert_eq!(heard, Some(large));
    assert_eq!(gateway.counts().lost, 1);
}

/// What listeners say is read and thrown away.
#[test]
fn a_listener_that_talks_is_heard_by_nobody() {
    let place = Place::new();
    let gateway = place.gateway();
    let talker = Connection::connect(&place.path()).expect("it is there");
    let mut listener = place.listener();
    until("admit both", || gateway.counts().listeners == 2);
    let mut said = 0;
    let started = std::time::Instant::now();
    while said < 10_000 {
        assert!(started.elapsed() < WATCHDOG, "it is not read");
        said += u32::from(talker.send(b"{\"direction\":\"return\"}", &[]).is_ok());
    }
    gateway.publish(&message(5, "m"));
    let heard = listener.next(Some(WATCHDOG)).expect("it is connected");
    assert_eq!(heard, Some(message(5, "m")));
    assert_eq!(gateway.counts().listeners, 2);
}
