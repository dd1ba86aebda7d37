//! Where the frames go: nowhere, or to a file, as pictures or as checksums.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

use cuframes::{Frame, FrameLayout, FrameMeta};

use cuframes_cli::args::{Ratio, SubArguments};
use cuframes_cli::exit::Failure;

use crate::framemd5;

const NANOSECONDS: Ratio = Ratio {
    num: 1,
    den: 1_000_000_000,
};

/// Writes frames.
#[derive(Debug)]
pub struct Output {
    /// `None`: the frames are only counted.
    file: Option<File>,
    kind: Kind,
    name: String,
    /// The frame that is being written, without padding.
    packed: Vec<u8>,
}

#[derive(Debug)]
enum Kind {
    Raw,
    Checksums {
        time_base: Option<Ratio>,
        /// The header that was written last.
        header: String,
    },
}

impl Output {
    /// Opens what the arguments ask for.
    pub fn open(arguments: &SubArguments) -> Result<Output, Failure> {
        let path = arguments.output.as_deref();
        let (file, name) = match path {
            _ if arguments.fills_stdout() => (Some(stdout()?), "standard output".to_owned()),
            Some(path) => {
                let name = path.display().to_string();
                let file = File::create(path).map_err(Failure::io(format!("create {name}")))?;
                (Some(file), name)
            }
            None => (None, String::new()),
        };
        let kind = match arguments.framemd5 {
            false => Kind::Raw,
            true => Kind::Checksums {
                time_base: arguments.time_base,
                header: String::new(),
            },
        };
        let packed = Vec::new();
        Ok(Output {
            file,
            kind,
            name,
            packed,
        })
    }

    /// Copies the picture, if it is wanted.
    pub fn copy(&mut self, frame: &Frame) -> Result<(), Failure> {
        if self.file.is_some() {
            let size = frame.layout().packed_size();
            self.packed
                .resize(usize::try_from(size).unwrap_or(usize::MAX), 0);
            frame.copy_to(&mut self.packed)?;
        }
        Ok(())
    }

    /// Writes the picture that was copied last.
    pub fn write(
        &mut self,
        layout: &FrameLayout,
        meta: &FrameMeta,
        sar: (u32, u32),
        fps: (u32, u32),
    ) -> Result<(), Failure> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let failed = Failure::io(format!("write to {}", self.name));
        let Kind::Checksums { time_base, header } = &mut self.kind else {
            return file.write_all(&self.packed).map_err(failed);
        };
        let time_base = time_base.unwrap_or(default_time_base(fps));
        let mut text = String::new();
        let new = framemd5::header(layout, sar, time_base);
        if *header != new {
            text.push_str(&new);
            *header = new;
        }
        let (pts, duration) = (meta.pts, meta.duration);
        text.push_str(&framemd5::line(&self.packed, pts, duration, time_base));
        file.write_all(text.as_bytes()).map_err(failed)
    }
}

/// A frame each, as FFmpeg has it for streams of a constant rate.
fn default_time_base(fps: (u32, u32)) -> Ratio {
    match fps {
        (0, _) | (_, 0) => NANOSECONDS,
        (num, den) => Ratio { num: den, den: num },
    }
}

/// Standard output without a buffer of lines.
pub fn stdout() -> Result<File, Failure> {
    let stdout = io::stdout().as_fd().try_clone_to_owned();
    stdout
        .map(File::from)
        .map_err(Failure::io("open standard output"))
}
