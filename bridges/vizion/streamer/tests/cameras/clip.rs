//! Video files, and what FFmpeg says is in them.

use std::path::{Path, PathBuf};
use std::process::Command;

use vizion::PixelFormat;

/// Frames in a clip, and frames a second.
pub const FRAMES: usize = 20;
pub const RATE: u32 = 100;
/// Neither is a multiple of what rows are aligned to.
pub const WIDTH: u32 = 98;
pub const HEIGHT: u32 = 54;

pub fn ffmpeg_name(format: PixelFormat) -> &'static str {
    match format {
        PixelFormat::Yuy2 => "yuyv422",
        PixelFormat::Uyvy => "uyvy422",
        PixelFormat::Nv12 => "nv12",
        PixelFormat::Bgr => "bgr24",
        PixelFormat::Rgb => "rgb24",
        PixelFormat::Mjpg => panic!("no raw format"),
    }
}

/// Runs FFmpeg and returns what it writes to its standard output.
fn ffmpeg(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("ffmpeg");
    command
        .args(["-v", "error", "-y", "-threads", "1"])
        .args(arguments);
    let output = command.output().expect("ffmpeg");
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {why}");
    output.stdout
}

/// A clip with uncompressed pictures of `format`.
pub fn make(folder: &Path, format: PixelFormat) -> PathBuf {
    let clip = folder.join(format!("{format}.nut"));
    encode(
        &clip,
        &["-pix_fmt", ffmpeg_name(format), "-c:v", "rawvideo"],
    );
    clip
}

/// Writes the moving picture to `clip`.
pub fn encode(clip: &Path, how: &[&str]) {
    let source = format!("testsrc2=size={WIDTH}x{HEIGHT}:rate={RATE}");
    let frames = FRAMES.to_string();
    let what = ["-f", "lavfi", "-i", &source, "-frames:v", &frames];
    let path = clip.to_str().expect("UTF-8");
    ffmpeg(&[&what, how, &[path]].concat());
}

/// The frames of a clip as FFmpeg decodes them.
pub fn frames(clip: &Path, format: PixelFormat) -> Vec<Vec<u8>> {
    let path = clip.to_str().expect("UTF-8");
    let raw = ffmpeg(&[
        "-i",
        path,
        "-f",
        "rawvideo",
        "-pix_fmt",
        ffmpeg_name(format),
        "-",
    ]);
    let size = format.frame_size(WIDTH, HEIGHT).expect("a raw format");
    let frames: Vec<_> = raw.chunks(size).map(<[u8]>::to_vec).collect();
    assert_eq!(frames.len(), FRAMES);
    assert!(frames.iter().all(|frame| frame.len() == size));
    assert_ne!(frames[0], frames[1], "the picture moves");
    frames
}

/// The program that decodes files, which lies beside the daemon.
pub fn cuframes() -> PathBuf {
    let daemon = Path::new(env!("CARGO_BIN_EXE_vizion-streamer"));
    let program = daemon.with_file_name("cuframes");
    let missing = "is not built: cargo build -p cuframes-cli";
    assert!(program.exists(), "{} {missing}", program.display());
    program
}
