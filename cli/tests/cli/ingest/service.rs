//! Under a service manager.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::process::Signal;

use super::{camera, film};
use crate::support::{Place, Running, assert_signal, text};

/// A service manager that listens, and a program under it.
fn served(place: &Place, line: &str, watchdog: Option<u32>) -> (UnixDatagram, Running) {
    let path = place.dir.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a limit");
    let mut command = place.command(line);
    command.env("NOTIFY_SOCKET", path);
    if let Some(microseconds) = watchdog {
        command.env("WATCHDOG_USEC", microseconds.to_string());
    }
    (manager, Running::of(command.spawn().expect("it starts")))
}

/// What it says next, if anything within the time. What has a limit does not go on by itself after
/// a signal.
fn heard(manager: &UnixDatagram) -> Option<String> {
    let mut bytes = [0; 512];
    loop {
        match manager.recv(&mut bytes) {
            Ok(size) => return Some(text(&bytes[..size])),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) => panic!("nothing can be heard: {error}"),
        }
    }
}

fn told(manager: &UnixDatagram) -> String {
    heard(manager).expect("it says something")
}

/// Everything up to a message with `word`.
fn until_told(manager: &UnixDatagram, word: &str) -> Vec<String> {
    let mut all = Vec::new();
    while !all.last().is_some_and(|line: &String| line.contains(word)) {
        all.push(told(manager));
    }
    all
}

#[test]
fn the_service_manager_is_told() {
    let place = Place::new();
    let film = film(
        &place,
        "a.mp4",
        "size=64x48:rate=25:duration=1",
        "-c:v libx264",
    );
    let line = format!("publish --key KEY --loop --realtime {}", film.display());
    let (manager, publisher) = served(&place, &line, Some(300_000));
    let begin = until_told(&manager, "READY=1");
    assert_eq!(
        begin.last().map(String::as_str),
        Some("STATUS=1 of 1 inputs play\nREADY=1\n")
    );
    for _ in 0..3 {
        assert_eq!(told(&manager), "WATCHDOG=1\n");
    }
    publisher.signal(Signal::TERM);
    until_told(&manager, "STOPPING=1");
    assert_signal(publisher.output().status, Signal::TERM);
}

#[test]
fn a_camera_that_is_lost_is_told_and_does_not_hang() {
    let place = Place::new();
    let bytes = camera::recording(&place);
    let input = camera::camera(vec![bytes]);
    let line = format!("publish --key KEY --stall-timeout 9 {input}");
    let (manager, publisher) = served(&place, &line, Some(300_000));
    until_told(&manager, "STATUS=1 of 1 inputs play\nREADY=1");
    until_told(&manager, "STATUS=0 of 1 inputs play");
    // It waits for an answer that never comes, and is alive.
    for _ in 0..3 {
        assert_eq!(told(&manager), "WATCHDOG=1\n");
    }
    publisher.signal(Signal::TERM);
    until_told(&manager, "STOPPING=1");
    assert_signal(publisher.output().status, Signal::TERM);
}

#[test]
fn a_program_that_is_stopped_gives_no_sign_of_life() {
    let place = Place::new();
    let pipe = place.dir.path().join("pipe");
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
    )
    .expect("a pipe");
    // Nobody writes into it: FFmpeg is stuck, and cannot be asked why.
    let line = format!("publish --key KEY --stall-timeout 0.1 {}", pipe.display());
    let (manager, _publisher) = served(&place, &line, Some(300_000));
    manager
        .set_read_timeout(Some(Duration::from_millis(1500)))
        .expect("a limit");
    let mut signs = 0;
    while heard(&manager).is_some() {
        signs += 1;
    }
    assert!(signs <= 4, "{signs}");
}
