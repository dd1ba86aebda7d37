//! Gateways that are not there, end, or say nonsense.

use frame_lending::socket::Listener;
use rustix::process::Signal;

use super::{found, gateway, socket, start};
use crate::support::{Place, assert_code, assert_signal, text, until};

#[test]
fn each_end_has_its_exit_code() {
    let place = Place::new();
    let line = format!("detections --gateway {}", socket(&place).display());
    let said = assert_code(&place.run(&format!("{line} --connect-timeout 0")), 3);
    assert!(said.contains("nobody listens at"), "{said}");
    let long = format!("detections --gateway /{}", "x".repeat(200));
    assert_code(&place.run(&long), 2);

    let gateway = gateway(&place);
    let said = assert_code(&place.run(&format!("{line} --timeout 0.05")), 6);
    assert!(said.contains("no detections within 50 ms"), "{said}");
    // The next one is told from it by the number of those who listen.
    let until_left = || until("leave", || gateway.counts().listeners == 0);
    until_left();
    let running = start(&place, &gateway, "");
    running.signal(Signal::TERM);
    assert_signal(running.output().status, Signal::TERM);
    until_left();
    let running = start(&place, &gateway, "--no-reattach");
    drop(gateway);
    let said = assert_code(&running.output(), 5);
    assert!(said.contains("closed the connection"), "{said}");
}

#[test]
fn a_gateway_that_comes_back_is_heard_again() {
    let place = Place::new();
    let first = gateway(&place);
    let mut running = start(&place, &first, "--count 2");
    first.publish(&found("door", 1));
    assert!(running.read_line().starts_with("door 1 "));
    drop(first);
    let second = gateway(&place);
    until("come back", || second.counts().listeners == 1);
    second.publish(&found("door", 2));
    assert!(running.read_line().starts_with("door 2 "));
    let output = running.output();
    let said = assert_code(&output, 0);
    assert_eq!(said.matches("is gone; waiting for it").count(), 1, "{said}");
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn nonsense_is_a_breach() {
    let place = Place::new();
    for nonsense in [
        &b"{}"[..],
        b"{\"direction\":\"detections\",\"v\":1}",
        b"\xff\xfe",
    ] {
        let listener = Listener::bind(&socket(&place), 0o600).expect("a socket");
        let running = place.start(&format!(
            "detections --gateway {}",
            socket(&place).display()
        ));
        let mut peer = None;
        until("connect", || {
            peer = listener.accept().expect("it is asked");
            peer.is_some()
        });
        let peer = peer.expect("it is there");
        peer.send(nonsense, &[]).expect("it is sent");
        let said = assert_code(&running.output(), 8);
        assert!(said.contains("the gateway sent"), "{said}");
    }
}
