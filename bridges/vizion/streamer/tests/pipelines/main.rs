//! The daemon with real pipelines: what leaves them is played, and what goes wrong with them is told
//! and hurts nobody else.

mod support;

use std::fs;
use std::process::{Command, Stdio};

use rustix::process::{Signal, kill_process};
use serde_json::json;

use support::{Daemon, free_tcp_port, free_udp_port, probe, run, until};

const LIVE: &str = "codec_name,width,height";
const H264: &str = "h264,640,480";

#[test]
fn an_mp4_plays_when_the_stream_is_stopped() {
    let daemon = Daemon::start();
    let file = daemon.file("out.mp4");
    // Twice, since the second stream has a process of its own.
    for _ in 0..2 {
        daemon.stream(&format!(
            "videoconvert ! x264enc ! mp4mux ! filesink location={file}"
        ));
        until("frames", || daemon.stat("pipeline_frames") >= 15);
        let before = daemon.stat("pipeline_frames");
        daemon.stop();
        let told = probe(
            &["-count_frames"],
            "codec_name,width,height,nb_read_frames",
            &file,
        );
        let (stream, frames) = told.rsplit_once(',').expect("four fields");
        assert_eq!(stream, H264);
        assert!(frames.parse::<u64>().expect("a number") >= before, "{told}");
        fs::remove_file(&file).expect("a file");
    }
}

#[test]
fn udp_is_received_with_the_sdp() {
    let daemon = Daemon::start();
    let port = free_udp_port();
    daemon.stream(&format!(
        "videoconvert ! x264enc tune=zerolatency key-int-max=10 ! rtph264pay \
         ! udpsink host=127.0.0.1 port={port}"
    ));
    until("an SDP", || daemon.ask("get_sdp", json!({})).is_ok());
    let sdp = daemon.tell("get_sdp", json!({}));
    let file = daemon.file("camera.sdp");
    fs::write(&file, sdp["sdp"].as_str().expect("text")).expect("a file");
    assert_eq!(
        probe(&["-protocol_whitelist", "file,udp,rtp"], LIVE, &file),
        H264
    );
    daemon.stop();
}

#[test]
fn rtsp_is_served_at_the_daemons_address() {
    let daemon = Daemon::start();
    daemon.stream("videoconvert ! x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0");
    let url = format!("rtsp://127.0.0.1:{}/stream", daemon.rtsp);
    for transport in ["tcp", "udp"] {
        assert_eq!(probe(&["-rtsp_transport", transport], LIVE, &url), H264);
    }
    daemon.stop();
}

#[test]
fn mjpeg_is_seen_over_http() {
    let daemon = Daemon::start();
    let port = free_tcp_port();
    daemon.stream(&format!(
        "videoconvert ! jpegenc ! multipartmux ! tcpserversink host=127.0.0.1 port={port}"
    ));
    let url = format!("http://127.0.0.1:{port}/");
    assert_eq!(probe(&[], LIVE, &url), "mjpeg,640,480");
    let head = run("curl", &["-s", "--head", &url]).stdout;
    let head = String::from_utf8(head).expect("text");
    assert!(
        head.contains("multipart/x-mixed-replace;boundary="),
        "{head}"
    );
    // One who reads on until the end, which comes.
    let mut curl = Command::new("curl")
        .args(["-sN", "-o", "/dev/null", &url])
        .stdin(Stdio::null())
        .spawn()
        .expect("curl");
    daemon.stop();
    curl.wait().expect("it ends");
}

#[test]
fn a_pipeline_that_cannot_begin_is_the_answer_to_the_start() {
    let daemon = Daemon::start();
    let text = "videoconvert ! frobnicate ! fakesink";
    daemon.tell("set_pipeline", json!({"pipeline": text}));
    let answer = daemon.ask("start_stream", json!({}));
    // A machine that is busy may need more time than an answer has.
    until("the failure", || {
        let status = daemon.status();
        let told = status
            .get("pipeline_error")
            .and_then(|error| error.as_str());
        told.is_some_and(|why| why.contains("'frobnicate', which is not installed"))
    });
    match answer {
        Ok(answer) => assert_eq!(answer["state"], "starting"),
        Err(why) => assert!(why.contains("'frobnicate'"), "{why}"),
    }
    until("the end", || daemon.status()["state"] == "stopped");
    daemon.stream("fakesink");
    daemon.stop();
}

#[test]
fn a_pipeline_that_dies_is_told_and_the_stream_goes_on() {
    let daemon = Daemon::start();
    let name = format!("/vizion-pipelines-{}", std::process::id());
    daemon.tell("enable_shared_memory", json!({"name": name}));
    for text in [
        "videoconvert ! fakesink",
        "identity error-after=30 ! fakesink",
    ] {
        daemon.stream(text);
        if !text.contains("error") {
            kill_process(daemon.pipeline(), Signal::KILL).expect("it runs");
        }
        until("the failure", || {
            daemon.status().contains_key("pipeline_error")
        });
        assert_eq!(daemon.status()["state"], "streaming");
        let before = daemon.stat("shared_memory_frames");
        until("further frames", || {
            daemon.stat("shared_memory_frames") > before + 5
        });
        daemon.tell("stop_stream", json!({}));
        until("the end", || daemon.status()["state"] == "stopped");
    }
}

#[test]
fn streams_with_pipelines_leave_nothing_in_the_daemon() {
    let daemon = Daemon::start();
    let count = match std::env::var_os("CUFRAMES_FULL") {
        Some(_) => 200,
        None => 8,
    };
    let cycle = || {
        daemon.stream("queue ! fakesink");
        daemon.stop();
        daemon.holds()
    };
    let first = cycle();
    for number in 1..count {
        // The thread that heard the process ends right after it.
        let mut holds = cycle();
        until("the end of a thread", || {
            holds = daemon.holds();
            holds.1 <= first.1
        });
        assert_eq!(
            holds, first,
            "descriptors and threads after stream {number}"
        );
    }
}
