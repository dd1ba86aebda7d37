//! Pipelines that others fetch frames from: RTSP and HTTP.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use vizion::PixelFormat;
use vizion_pipeline_events::Event;
use vizion_streamer::pipeline::{Pipeline, PipelineState};

use crate::camera::Camera;
use crate::process::Process;
use crate::receivers::{free_tcp_port, is_green, picture, probe_live};
use crate::support::{PATIENCE, failure, finish, start, until};

fn serve(camera: &Camera, text: &str) -> (Pipeline, String) {
    let address = SocketAddr::from(([127, 0, 0, 1], free_tcp_port()));
    let mut order = camera.order(text);
    order.rtsp = Some(address);
    let pipeline = start(&order);
    let url = format!("rtsp://{address}/stream");
    (pipeline, url)
}

#[test]
fn rtsp_is_served_to_many_by_tcp_and_udp() {
    let camera = Camera::start(PixelFormat::Nv12);
    let text = "videoconvert ! x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0";
    let (mut pipeline, url) = serve(&camera, text);
    assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running);
    let notes = pipeline.notes().join("\n");
    assert!(notes.contains(&url), "{notes}");
    let one = probe_live(&["-rtsp_transport", "tcp"], &url);
    assert_eq!(one, ("h264".to_owned(), 320, 240));
    // All at once, and after the first one has gone.
    let clients: Vec<_> = ["tcp", "udp", "tcp"]
        .into_iter()
        .map(|transport| {
            let url = url.clone();
            thread::spawn(move || picture(&["-rtsp_transport", transport], &url))
        })
        .collect();
    for client in clients {
        assert!(is_green(&client.join().expect("a client")));
    }
    finish(&mut pipeline);
}

#[test]
fn one_who_asks_by_rtsp_and_does_not_play_stops_nobody() {
    let camera = Camera::start(PixelFormat::Nv12);
    let address = SocketAddr::from(([127, 0, 0, 1], free_tcp_port()));
    let text = "videoconvert ! x264enc tune=zerolatency key-int-max=10 ! rtph264pay name=pay0";
    let rtsp = format!("--rtsp={address}");
    let mut command = camera.command(&[&rtsp, "--stuck-after", "0.3"], text);
    let mut program = Process::start(&mut command);
    assert!(matches!(program.event(), Event::Note { .. }));
    assert_eq!(program.event(), Event::Running);
    let url = format!("rtsp://{address}/stream");
    let mut asks = TcpStream::connect(address).expect("a server");
    write!(asks, "DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n").expect("sent");
    let mut answer = [0; 16];
    asks.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"RTSP/1.0 200 OK\r");
    let before = camera.published();
    until("frames", || camera.published() >= before + 30);
    assert!(is_green(&picture(&["-rtsp_transport", "tcp"], &url)));
    program.stop();
    assert_eq!(program.event(), Event::Ended);
}

#[test]
fn rtsp_that_cannot_be_served_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut order = camera.order("x264enc ! rtph264pay name=pay0");
    order.rtsp = taken.local_addr().ok();
    let why = failure(&start(&order));
    assert!(why.contains("in use"), "{why}");
    // What does not fit together is known when the first client comes.
    let (pipeline, url) = serve(&camera, "h264parse ! rtph264pay name=pay0");
    assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running);
    let mut client = Command::new("ffprobe")
        .args(["-v", "quiet", &url])
        .stdin(Stdio::null())
        .spawn()
        .expect("ffprobe");
    let why = failure(&pipeline);
    assert!(why.contains("videoconvert"), "{why}");
    client.wait().expect("it ends");
}

fn http(camera: &Camera, boundary: &str) -> (Pipeline, String) {
    let port = free_tcp_port();
    let pipeline = camera.running(&format!(
        "videoconvert ! jpegenc ! multipartmux {boundary} \
         ! tcpserversink host=127.0.0.1 port={port}"
    ));
    (pipeline, format!("127.0.0.1:{port}"))
}

#[test]
fn mjpeg_over_http_is_seen_by_ffprobe() {
    let camera = Camera::start(PixelFormat::Nv12);
    let (mut pipeline, address) = http(&camera, "");
    let url = format!("http://{address}/");
    let seen = ("mjpeg".to_owned(), 320, 240);
    assert_eq!(probe_live(&[], &url), seen);
    assert_eq!(probe_live(&["-f", "mpjpeg"], &url), seen);
    assert!(is_green(&picture(&[], &url)));
    finish(&mut pipeline);
}

#[test]
fn mjpeg_over_http_has_the_boundary_that_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let (mut pipeline, address) = http(&camera, "boundary=between");
    let folder = tempfile::tempdir().expect("a folder");
    let (head, body) = (folder.path().join("head"), folder.path().join("body"));
    let mut curl = Command::new("curl")
        .args(["-sN", "-D"])
        .arg(&head)
        .arg("-o")
        .arg(&body)
        .arg(format!("http://{address}/"))
        .spawn()
        .expect("curl");
    until("frames", || {
        fs::metadata(&body).is_ok_and(|body| body.len() > 20_000)
    });
    finish(&mut pipeline);
    // The server is gone, and with it the connection.
    assert!(curl.wait().expect("it ends").success());
    let head = fs::read_to_string(head).expect("a head");
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
    let kind = "Content-Type: multipart/x-mixed-replace;boundary=between\r\n";
    assert!(head.contains(kind), "{head}");
    let body = fs::read(body).expect("a body");
    let parts = parts(&body, "between");
    // Whoever joins gets nothing of the part that was sent then.
    assert!(body.starts_with(b"--between\r\n"));
    assert!(parts.len() >= 2, "{} parts", parts.len());
    for (number, jpeg) in parts.iter().enumerate() {
        let file = folder.path().join(format!("{number}.jpg"));
        fs::write(&file, jpeg).expect("a file");
    }
    let last = folder.path().join(format!("{}.jpg", parts.len() - 1));
    for file in [folder.path().join("0.jpg"), last] {
        assert!(is_green(&picture(&[], file.to_str().expect("UTF-8"))));
    }
}

/// The whole parts of a body, the way a browser takes it apart.
fn parts(body: &[u8], boundary: &str) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    let mut rest = body;
    let head_end = b"\r\n\r\n";
    while let Some(end) = rest.windows(4).position(|window| window == head_end) {
        let head = String::from_utf8(rest[..end].to_vec()).expect("text");
        let mut lines = head.trim_start().lines();
        assert_eq!(lines.next(), Some(format!("--{boundary}").as_str()));
        assert_eq!(lines.next(), Some("Content-Type: image/jpeg"));
        let length = lines
            .next()
            .and_then(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.and_then(|text| text.parse().ok()).expect("a length");
        let Some(part) = rest.get(end + 4..end + 4 + length) else {
            break;
        };
        parts.push(part.to_vec());
        rest = &rest[end + 4 + length..];
    }
    parts
}

#[test]
fn other_requests_over_http() {
    let camera = Camera::start(PixelFormat::Nv12);
    let (mut pipeline, address) = http(&camera, "");
    let ask = |request: &[u8]| {
        let mut client = TcpStream::connect(&address).expect("a server");
        client.set_read_timeout(Some(PATIENCE)).expect("a limit");
        client.write_all(request).expect("sent");
        let mut answer = String::new();
        client.read_to_string(&mut answer).expect("an answer");
        answer
    };
    // Those who say nothing hold up nobody.
    let silent: Vec<TcpStream> = (0..20)
        .map(|_| TcpStream::connect(&address).expect("a server"))
        .collect();
    assert!(ask(b"HEAD / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.0 200 OK\r\n"));
    assert!(ask(b"POST / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.0 405 "));
    assert!(ask(b"what\n\n").starts_with("HTTP/1.0 400 "));
    drop(silent);
    finish(&mut pipeline);
}

#[test]
fn an_address_that_is_taken_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let text = format!("jpegenc ! multipartmux ! tcpserversink host=127.0.0.1 port={port}");
    let why = camera.failure(&text);
    assert!(why.contains("cannot listen"), "{why}");
}
