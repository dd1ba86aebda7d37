//! Detections for listeners in this process and in others.

mod losses;
mod support;
mod users;

use std::time::Duration;

use frame_lending::gateway::{
    Gateway, GatewayCounts, GatewayError, GatewayOptions, Listener, ListenerOptions,
};
use frame_lending::socket::SocketError;

use support::{Place, WATCHDOG, message, until};

#[test]
fn everybody_gets_everything_in_its_order() {
    const LISTENERS: usize = 64;
    const MESSAGES: i64 = 100;
    let place = Place::new();
    let gateway = place.gateway();
    gateway.publish(&message(-1, "nobody hears it"));
    let mut listeners: Vec<Listener> = (0..LISTENERS).map(|_| place.listener()).collect();
    until("admit all", || gateway.counts().listeners == LISTENERS);
    for number in 0..MESSAGES {
        gateway.publish(&message(number, "m"));
    }
    for listener in &mut listeners {
        for number in 0..MESSAGES {
            let heard = listener.next(Some(WATCHDOG)).expect("it is connected");
            assert_eq!(heard, Some(message(number, "m")));
        }
        let more = listener.next(Some(Duration::ZERO));
        assert!(more.expect("it is connected").is_none());
    }
    let expected = GatewayCounts {
        published: 101,
        sent: 6400,
        listeners: LISTENERS,
        ..GatewayCounts::default()
    };
    until("count all", || gateway.counts() == expected);
}

#[test]
fn who_is_early_waits_and_who_may_not_wait_is_told() {
    let place = Place::new();
    let once = Listener::connect(&ListenerOptions::at(place.path()));
    assert!(
        matches!(once, Err(GatewayError::Socket(SocketError::Nobody { .. }))),
        "{once:?}"
    );
    let early = ListenerOptions {
        patience: None,
        ..ListenerOptions::at(place.path())
    };
    let early = std::thread::spawn(move || Listener::connect(&early));
    let gateway = place.gateway();
    let listener = early.join().expect("an end");
    let mut listener = listener.expect("it is there now");
    until("admit it", || gateway.counts().listeners == 1);
    gateway.publish(&message(7, "m"));
    let heard = listener.next(Some(WATCHDOG)).expect("it is connected");
    assert_eq!(heard, Some(message(7, "m")));
}

/// What was published before the end comes before the end.
#[test]
fn the_end_is_behind_everything() {
    let place = Place::new();
    let gateway = place.gateway();
    let mut listener = place.listener();
    until("admit it", || gateway.counts().listeners == 1);
    for number in 0..50 {
        gateway.publish(&message(number, "m"));
    }
    drop(gateway);
    for number in 0..50 {
        let heard = listener.next(Some(WATCHDOG)).expect("it is connected");
        assert_eq!(heard.map(|message| message.sequence), Some(number));
    }
    let end = listener.next(None);
    assert!(matches!(end, Err(GatewayError::Closed)), "{end:?}");
    assert!(!place.path().exists());
}

#[test]
fn a_dead_gateways_socket_is_replaced_and_a_living_ones_is_not() {
    let place = Place::new();
    let mut dead = place.start("gateway");
    let second = Gateway::listen(place.options());
    assert!(
        matches!(second, Err(GatewayError::Socket(SocketError::InUse { .. }))),
        "{second:?}"
    );
    let mut listener = place.listener();
    dead.signal(rustix::process::Signal::KILL);
    dead.child.wait().expect("its end");
    let end = listener.next(None);
    assert!(matches!(end, Err(GatewayError::Closed)), "{end:?}");
    assert!(place.path().exists(), "it could not remove it");
    let gateway = place.gateway();
    let mut listener = place.listener();
    until("admit it", || gateway.counts().listeners == 1);
    gateway.publish(&message(1, "m"));
    let heard = listener.next(Some(WATCHDOG)).expect("it is connected");
    assert_eq!(heard, Some(message(1, "m")));
}

#[test]
fn one_too_many_is_turned_away_until_another_goes() {
    let place = Place::new();
    let gateway = Gateway::listen(GatewayOptions {
        max_listeners: 2,
        ..place.options()
    });
    let gateway = gateway.expect("a gateway");
    let first = place.listener();
    let _second = place.listener();
    until("admit both", || gateway.counts().listeners == 2);
    let mut third = place.listener();
    let end = third.next(None);
    assert!(matches!(end, Err(GatewayError::Closed)), "{end:?}");
    assert_eq!(gateway.counts().refused, 1);
    drop(first);
    until("notice it", || gateway.counts().listeners == 1);
    let mut fourth = place.listener();
    until("admit it", || gateway.counts().listeners == 2);
    gateway.publish(&message(3, "m"));
    let heard = fourth.next(Some(WATCHDOG)).expect("it is connected");
    assert_eq!(heard, Some(message(3, "m")));
}
