//! The commands about shared memory.

use vizion::control::Answer;
use vizion::{DEFAULT_BUFFER_SIZE, DEFAULT_NAME};

use crate::streamer::Streamer;

use super::{Call, Done};

pub fn enable(streamer: &mut Streamer, call: &Call<'_>) -> Done {
    let name = call.params.text_if_any("name")?.unwrap_or(DEFAULT_NAME);
    let size = call.params.number_if_any("buffer_size")?;
    streamer.enable_shared_memory(name, size.unwrap_or(DEFAULT_BUFFER_SIZE))?;
    Ok(with_place(
        Answer::success("Shared memory enabled"),
        streamer,
    ))
}

pub fn disable(streamer: &mut Streamer) -> Done {
    streamer.disable_shared_memory()?;
    Ok(Answer::success("Shared memory disabled"))
}

pub fn status(streamer: &mut Streamer) -> Done {
    let enabled = streamer.shared_memory().is_some();
    let answer = Answer::data().with("shared_memory_enabled", enabled);
    Ok(with_place(answer, streamer))
}

/// Adds where the shared memory is, if there is any.
fn with_place(answer: Answer, streamer: &Streamer) -> Answer {
    match streamer.shared_memory() {
        Some(memory) => answer.with("name", memory.name).with("size", memory.size),
        None => answer,
    }
}
