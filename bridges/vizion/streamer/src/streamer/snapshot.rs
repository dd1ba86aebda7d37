//! `snapshot`: the next frame as a JPEG file.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use vizion::PixelFormat;

use crate::jpeg;

use super::{Code, Refusal, Streamer};

/// How long the next frame may take: what is left of an answer's time is for the JPEG.
const FRAME_LIMIT: Duration = Duration::from_millis(200);

/// A picture that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its file.
    pub path: PathBuf,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Number of the frame in the stream, from 1 on.
    pub sequence: u64,
    /// Bytes of the file.
    pub size: usize,
}

impl Streamer {
    /// Writes the next frame to a file at an absolute path.
    pub fn snapshot(&mut self, path: &Path) -> Result<Snapshot, Refusal> {
        if !path.is_absolute() {
            let what = format!(
                "the path '{}' is not absolute, and the daemon works in another directory; give a path from / on",
                path.display()
            );
            return Err(Refusal::new(Code::Invalid, what));
        }
        self.check_streaming("picture")?;
        let (ask, answer) = mpsc::sync_channel(1);
        if let Some(stream) = &self.stream {
            stream.board().want(ask);
        }
        let still = answer.recv_timeout(FRAME_LIMIT).map_err(|_| {
            let limit = FRAME_LIMIT.as_millis();
            let what =
                format!("no frame came within {limit} ms; get_status says how the camera is");
            Refusal::new(Code::Camera, what)
        })?;
        let bytes = match still.format.format {
            PixelFormat::Mjpg => still.bytes,
            _ => jpeg::encode(&still.bytes, still.format)
                .map_err(|error| Refusal::new(Code::System, error.to_string()))?,
        };
        write(path, &bytes)?;
        Ok(Snapshot {
            path: path.to_owned(),
            width: still.format.width,
            height: still.format.height,
            sequence: still.sequence,
            size: bytes.len(),
        })
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    // A pipe that nobody reads would keep the whole daemon waiting.
    options.custom_flags(libc::O_NONBLOCK);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| {
        let what = format!("the picture was not written to {}: {error}", path.display());
        Refusal::new(Code::System, what)
    })
}
