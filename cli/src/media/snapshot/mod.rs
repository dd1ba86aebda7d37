//! `cuframes snapshot`.

mod boxes;
mod colours;
mod encode;
mod gamut;
mod newest;
mod pairing;

use std::fs;
use std::path::{Path, PathBuf};

use ffmpeg_next::log;

use cuframes_cli::args::SnapshotArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::say;

use encode::Kind;

/// Writes the newest frame of a key as a picture.
pub fn run(arguments: &SnapshotArguments) -> Result<(), Failure> {
    let kind = Kind::of(&arguments.output).ok_or_else(|| {
        Failure::Usage(format!(
            "{} is no name of a picture; it has to end with .png, .jpg or .jpeg",
            arguments.output.display()
        ))
    })?;
    // What goes wrong is told by us.
    log::set_level(log::Level::Quiet);
    let (still, found) = match arguments.detections {
        true => pairing::take(arguments)?,
        false => (newest::take(arguments)?, Vec::new()),
    };
    let mut picture = colours::to_srgb(&still)?;
    if arguments.detections {
        boxes::draw(&mut picture, still.meta.crop, &found);
        let (seq, count) = (still.seq, found.len());
        let legend = boxes::legend(&found);
        say(&format!("cuframes: frame {seq}: {count} boxes; {legend}"));
    }
    let bytes = encode::encode(&picture, still.sar, kind)?;
    write_whole(&arguments.output, &bytes)
}

/// Writes `path` so that nobody sees a part of it.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = || Failure::writing(path);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part: PathBuf = path.with_file_name(name);
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    written.map_err(|error| {
        // If it cannot be removed either, the first error is the one to tell.
        let _ = fs::remove_file(&part);
        failed()(error)
    })
}
