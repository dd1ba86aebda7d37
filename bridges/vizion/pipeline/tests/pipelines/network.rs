//! Pipelines that send to somebody.

use std::fs;
use std::process::{Command, Stdio};

use vizion::PixelFormat;

use crate::camera::Camera;
use crate::receivers::{free_tcp_port, free_udp_port, is_green, picture, probe_live};
use crate::support::{finish, until};

/// Whether somebody receives at a UDP port.
fn is_bound(port: u16) -> bool {
    let wanted = format!(":{port:04X} ");
    let table = |name: &str| fs::read_to_string(name).unwrap_or_default();
    (table("/proc/net/udp") + &table("/proc/net/udp6")).contains(&wanted)
}

#[test]
fn h264_over_udp_is_received_by_gst_launch() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rgb");
    let port = free_udp_port();
    let receiver = format!(
        "udpsrc port={port} ! application/x-rtp,media=video,clock-rate=90000,encoding-name=H264 \
         ! rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=RGB \
         ! identity eos-after=6 ! filesink location={}",
        file.display()
    );
    let mut receiver = Command::new("gst-launch-1.0")
        .arg("-q")
        .args(receiver.split_ascii_whitespace())
        .stdin(Stdio::null())
        .spawn()
        .expect("gst-launch-1.0");
    until("the receiver", || is_bound(port));
    let camera = Camera::start(PixelFormat::Yuy2);
    let mut pipeline = camera.running(&format!(
        "videoconvert ! x264enc tune=zerolatency ! rtph264pay ! udpsink host=127.0.0.1 port={port}"
    ));
    assert!(receiver.wait().expect("it ends").success());
    finish(&mut pipeline);
    let rgb = fs::read(&file).expect("a file");
    assert_eq!(rgb.len(), 5 * 320 * 240 * 3);
    assert!(is_green(&rgb));
}

#[test]
fn h264_over_udp_is_received_with_the_sdp() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("camera.sdp");
    let file = file.to_str().expect("UTF-8");
    let port = free_udp_port();
    let camera = Camera::start(PixelFormat::Nv12);
    let mut pipeline = camera.running(&format!(
        "videoconvert ! x264enc tune=zerolatency key-int-max=10 ! rtph264pay \
         ! udpsink host=127.0.0.1 port={port}"
    ));
    until("an SDP", || pipeline.sdp().is_some());
    let sdp = pipeline.sdp().expect("an SDP");
    assert!(sdp.contains(&format!("m=video {port} RTP/AVP 96")), "{sdp}");
    assert!(sdp.contains("c=IN IP4 127.0.0.1"), "{sdp}");
    fs::write(file, &sdp).expect("a file");
    let options = ["-protocol_whitelist", "file,udp,rtp"];
    assert_eq!(probe_live(&options, file), ("h264".to_owned(), 320, 240));
    assert!(is_green(&picture(&options, file)));
    finish(&mut pipeline);
}

#[test]
fn what_is_no_rtp_has_no_sdp() {
    let port = free_udp_port();
    let camera = Camera::start(PixelFormat::Nv12);
    let text = format!("videoconvert ! jpegenc ! udpsink host=127.0.0.1 port={port}");
    let mut pipeline = camera.running(&text);
    until("frames", || pipeline.stats().frames >= 1);
    assert_eq!(pipeline.sdp(), None);
    finish(&mut pipeline);
}

#[test]
fn mpeg_ts_over_tcp() {
    let port = free_tcp_port();
    let camera = Camera::start(PixelFormat::Nv12);
    let mut pipeline = camera.running(&format!(
        "videoconvert ! x264enc tune=zerolatency key-int-max=10 ! mpegtsmux \
         ! tcpserversink host=127.0.0.1 port={port}"
    ));
    let input = format!("tcp://127.0.0.1:{port}");
    // It would look at five seconds of it.
    let options = ["-analyzeduration", "300000"];
    assert_eq!(probe_live(&options, &input), ("h264".to_owned(), 320, 240));
    assert!(is_green(&picture(&options, &input)));
    finish(&mut pipeline);
}
