//! What `vizion-pipeline` tells the program that started it: JSON, a line each, on its standard
//! output.

use serde::{Deserialize, Serialize};

/// Longest line, with its end. A message that would make it longer is cut.
pub const MAX_LINE: usize = 65_536;

/// Longest message or SDP in bytes; the JSON of each of them takes six at most.
const MAX_TEXT: usize = MAX_LINE / 8;

/// One thing that was told.
///
/// ```
/// use vizion_pipeline_events::Event;
/// let line = Event::Failed { message: "no element \"x264enc\"".to_owned() }.to_line();
/// assert_eq!(line, "{\"event\":\"failed\",\"message\":\"no element \\\"x264enc\\\"\"}\n");
/// assert_eq!(Event::of_line(&line), Ok(Event::Failed { message: "no element \"x264enc\"".to_owned() }));
/// assert!(Event::of_line("running").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// Something that the user should know, such as an element that was put in front.
    Note {
        /// What.
        message: String,
    },
    /// The pipeline runs, and takes frames if there are any.
    Running,
    /// How a receiver of the pipeline's RTP is set up.
    Sdp {
        /// The session description.
        text: String,
    },
    /// Several times a second, and before the end.
    Stats {
        /// Frames that the pipeline took.
        frames: u64,
        /// Frames that it was too slow for.
        dropped: u64,
        /// Frames that were copied, as too many were lent already.
        copied: u64,
    },
    /// It does not work, or no longer. The program ends next.
    Failed {
        /// Why, and what to do.
        message: String,
    },
    /// Every frame is through: what was written is complete. The program ends next.
    Ended,
}

impl Event {
    /// The line, with its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let cut = match self {
            Event::Note { message } => Event::Note {
                message: cut(message),
            },
            Event::Failed { message } => Event::Failed {
                message: cut(message),
            },
            Event::Sdp { text } => Event::Sdp { text: cut(text) },
            other => other.clone(),
        };
        // Strings and numbers under known keys: serde_json has no reason to refuse them.
        serde_json::to_string(&cut).unwrap_or_default() + "\n"
    }

    /// The event of a line. An error says what is wrong with the line.
    pub fn of_line(line: &str) -> Result<Event, String> {
        serde_json::from_str(line.trim_end_matches('\n')).map_err(|error| error.to_string())
    }
}

fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(MAX_TEXT);
    text[..end].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_fits_a_line() {
        let message = "\u{1}".repeat(MAX_LINE);
        let line = Event::Failed { message }.to_line();
        assert!(line.len() <= MAX_LINE, "{}", line.len());
        assert!(line.ends_with("\"}\n"));
        let text = "ü".repeat(MAX_LINE);
        let line = Event::Sdp { text }.to_line();
        assert!(Event::of_line(&line).is_ok());
    }
}
