//! The commands about the stream and its pipeline.

use std::path::Path;

use serde_json::json;
use vizion::control::Answer;

use crate::stream::State;
use crate::streamer::{Code, Origin, Refusal, Streamer};

use super::{Call, Done};

/// Bytes of JSON that a pipeline can have, so that `get_status` can tell it.
const MAX_PIPELINE: usize = 2048;
/// Bytes of JSON that `get_status` has for an error: two of them and a pipeline fit into an answer.
const MAX_ERROR: usize = 800;

pub fn start(streamer: &mut Streamer) -> Done {
    let answer = Answer::success("Streaming started");
    Ok(match streamer.start()? {
        State::Streaming => answer,
        state => answer.with("state", json!(state)),
    })
}

pub fn stop(streamer: &mut Streamer) -> Done {
    let answer = Answer::success("Streaming stopped");
    Ok(match streamer.stop() {
        State::Stopped => answer,
        state => answer.with("state", json!(state)),
    })
}

pub fn set_pipeline(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    let pipeline = call.params.text("pipeline")?;
    if shortened(pipeline, MAX_PIPELINE) != pipeline {
        let what = format!("the pipeline is longer than {MAX_PIPELINE} bytes");
        return Err(Refusal::new(Code::OutOfRange, what));
    }
    streamer.set_pipeline(pipeline, call.origin())?;
    Ok(Answer::success("Pipeline set successfully"))
}

pub fn status(streamer: &mut Streamer) -> Done {
    let status = streamer.status();
    let mut answer = Answer::data()
        .with("streaming", status.state == State::Streaming)
        .with("pipeline", shortened(&status.pipeline, MAX_PIPELINE))
        .with("state", json!(status.state));
    for (name, error) in [
        ("pipeline_error", status.pipeline_error),
        ("camera_error", status.camera_error),
    ] {
        if let Some(error) = error {
            answer = answer.with(name, shortened(&error, MAX_ERROR));
        }
    }
    Ok(answer)
}

pub fn stats(streamer: &mut Streamer) -> Done {
    let stats = json!(streamer.stats());
    let members = stats.as_object().into_iter().flatten();
    Ok(members.fold(Answer::data(), |answer, (name, value)| {
        answer.with(name, value.clone())
    }))
}

/// The file is written with the daemon's rights, so it is the owner's to name it.
pub fn snapshot(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    if let Origin::Other(uid) = call.origin() {
        let what = format!("user {uid} may not have files written; the daemon's user and root may");
        return Err(Refusal::new(Code::Forbidden, what));
    }
    let path = call.params.text("path")?;
    let taken = streamer.snapshot(Path::new(path))?;
    Ok(Answer::success("Snapshot written")
        .with("path", path)
        .with("width", taken.width)
        .with("height", taken.height)
        .with("size", taken.size)
        .with("sequence", taken.sequence))
}

pub fn sdp(streamer: &mut Streamer) -> Done {
    let sdp = streamer.sdp()?;
    Ok(Answer::data().with("sdp", sdp))
}

/// The text, or as much of it as takes so many bytes of JSON.
fn shortened(text: &str, room: usize) -> String {
    let mut used = 0;
    let mut cut = 0;
    for (start, character) in text.char_indices() {
        if used + "...".len() <= room {
            cut = start;
        }
        used += json_length(character);
        if used > room {
            return format!("{}...", text.get(..cut).unwrap_or_default());
        }
    }
    text.to_owned()
}

/// Bytes of a character within a string of JSON.
fn json_length(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\x1f' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_text_is_cut_where_its_json_is_too_long() {
        for character in ['x', '"', '\n', '\u{1}', '\u{7f}', 'ä', '\u{1f4f7}'] {
            let length = Value::from(character.to_string()).to_string().len() - 2;
            assert_eq!(json_length(character), length, "{character:?}");
            let fits = character.to_string().repeat(60 / length);
            assert_eq!(shortened(&fits, 60), fits);
            let cut = shortened(&format!("{fits}{character}"), 60);
            let size = Value::from(cut.clone()).to_string().len() - 2;
            assert!(cut.ends_with("..."), "{cut}");
            assert!((60 - length..=60).contains(&size), "{cut}: {size}");
        }
        assert_eq!(shortened("", 60), "");
    }
}
