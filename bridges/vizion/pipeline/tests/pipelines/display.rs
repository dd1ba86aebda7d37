//! A pipeline that shows the frames.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use vizion::PixelFormat;
use vizion_pipeline_events::Event;

use crate::camera::Camera;
use crate::process::Process;
use crate::receivers::{is_green, picture};
use crate::support::until;

/// An X server with nothing on it.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn start() -> Display {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "640x480x24"])
            .args(["-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb");
        let mut number = String::new();
        let mut stdout = BufReader::new(server.stdout.take().expect("a pipe"));
        stdout.read_line(&mut number).expect("a number");
        let name = format!(":{}", number.trim());
        Display { server, name }
    }

    /// What is seen at its left upper corner.
    fn corner(&self) -> Vec<u8> {
        let options = [
            "-f",
            "x11grab",
            "-draw_mouse",
            "0",
            "-video_size",
            "320x240",
        ];
        picture(&options, &self.name)
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // So that it tidies up after itself.
        let pid = rustix::process::Pid::from_child(&self.server);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.server.wait();
    }
}

#[test]
fn frames_are_seen_on_a_display() {
    let display = Display::start();
    assert!(
        !is_green(&display.corner()),
        "something green is there already"
    );
    let camera = Camera::start(PixelFormat::Yuy2);
    let mut command = camera.command(&[], "videoconvert ! autovideosink");
    let mut program = Process::start(command.env("DISPLAY", &display.name));
    assert_eq!(program.event(), Event::Running);
    until("a green window", || is_green(&display.corner()));
    program.stop();
    assert_eq!(program.event(), Event::Ended);
}

#[test]
fn without_a_display_it_is_told() {
    let camera = Camera::start(PixelFormat::Yuy2);
    let mut command = camera.command(&[], "videoconvert ! autovideosink");
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let program = Process::start(&mut command);
    let told = program.event();
    assert!(
        matches!(told, Event::Note { .. } | Event::Failed { .. }),
        "{told:?}"
    );
}
