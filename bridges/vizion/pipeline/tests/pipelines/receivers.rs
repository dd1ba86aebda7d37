//! Programs that look at what comes out, and where it comes.

use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Output, Stdio};

/// Runs a program to its end, which must be a good one.
pub fn run(
    program: &str,
    arguments: impl IntoIterator<Item = impl AsRef<std::ffi::OsStr>>,
) -> Output {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    let output = command.output().expect(program);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    output
}

/// What ffprobe says of the first video stream of `input`: codec, width, height and frames read.
pub fn probe(options: &[&str], input: &str) -> (String, u32, u32, u64) {
    let asked = "stream=codec_name,width,height,nb_read_frames";
    let fixed = ["-v", "error", "-select_streams", "v:0", "-count_frames"];
    let shown = ["-show_entries", asked, "-of", "json", input];
    let told = run("ffprobe", [&fixed[..], options, &shown[..]].concat()).stdout;
    let told: serde_json::Value = serde_json::from_slice(&told).expect("JSON");
    let stream = &told["streams"][0];
    let number = |key: &str| stream[key].as_u64().unwrap_or_default();
    let frames = stream["nb_read_frames"].as_str().unwrap_or("0");
    (
        stream["codec_name"].as_str().unwrap_or_default().to_owned(),
        number("width") as u32,
        number("height") as u32,
        frames.parse().expect("a number"),
    )
}

/// What ffprobe says of the first video stream of an input without an end: codec, width and height.
pub fn probe_live(options: &[&str], input: &str) -> (String, u32, u32) {
    let fixed = ["-v", "error", "-select_streams", "v:0"];
    let asked = [
        "-show_entries",
        "stream=codec_name,width,height",
        "-of",
        "csv=p=0",
    ];
    let told = run(
        "ffprobe",
        [&fixed[..], options, &asked[..], &[input]].concat(),
    )
    .stdout;
    let told = String::from_utf8(told).expect("text");
    // Once for the stream, and again for its program.
    let mut words = told.lines().next().unwrap_or_default().split(',');
    let codec = words.next().unwrap_or_default().to_owned();
    let mut number = || words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    (codec, number(), number())
}

/// Whether every pixel of packed RGB is about green.
pub fn is_green(rgb: &[u8]) -> bool {
    let close = |pixel: &[u8]| pixel[0] < 30 && pixel[1] > 225 && pixel[2] < 30;
    !rgb.is_empty() && rgb.chunks_exact(3).all(close)
}

/// Decodes one picture of `input` to packed RGB.
pub fn picture(options: &[&str], input: &str) -> Vec<u8> {
    let first = ["-v", "error"];
    let then = [
        "-i",
        input,
        "-frames:v",
        "1",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ];
    run("ffmpeg", [&first[..], options, &then[..]].concat()).stdout
}

/// A TCP port that nobody listens on.
pub fn free_tcp_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A UDP port that nobody has, even as RTP wants it.
pub fn free_udp_port() -> u16 {
    loop {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = socket.local_addr().expect("an address").port();
        let next = UdpSocket::bind(("127.0.0.1", port + 1));
        if port.is_multiple_of(2) && next.is_ok() {
            return port;
        }
    }
}
