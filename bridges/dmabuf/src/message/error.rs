//! What can be wrong with a message.

use super::{InvalidDetection, MAX_DETECTIONS};

/// Characters of what is said about a message.
const LONGEST: usize = 200;

/// Why a message is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It is larger than any may be.
    #[error("a message of {size} bytes; at most {limit} are taken")]
    TooLarge {
        /// Its bytes.
        size: usize,
        /// How many it may have.
        limit: usize,
    },
    /// It is no JSON object, lacks a member, or a member is of another type.
    #[error("not a message: {what}")]
    Malformed {
        /// What is wrong, and where.
        what: String,
    },
    /// It does not say what it is.
    #[error("a message without 'direction'; it is \"send\", \"return\" or \"hello\"")]
    NoDirection,
    /// It says that it is something which does not come from this side.
    #[error("a message whose direction is '{direction}'; expected here: {expected}")]
    Direction {
        /// What it says, at most 32 characters of it.
        direction: String,
        /// What there is.
        expected: &'static str,
    },
    /// A number is not one that it can be.
    #[error("'{name}' is {value}; it is not negative")]
    Negative {
        /// Which member.
        name: &'static str,
        /// Its value.
        value: i64,
    },
    /// A status that this consumer may not use.
    #[error("status '{status}'; it is \"success\" or \"error\"")]
    Status {
        /// What it says, at most 32 characters of it.
        status: String,
    },
    /// A detection is none.
    #[error("detection {index}: {why}")]
    Detection {
        /// Which, from 0 on.
        index: usize,
        /// What is wrong with it.
        why: InvalidDetection,
    },
    /// More detections than are taken.
    #[error("{count} detections; at most {MAX_DETECTIONS} are taken")]
    TooManyDetections {
        /// How many.
        count: usize,
    },
}

impl MessageError {
    pub(super) fn json(error: serde_json::Error) -> MessageError {
        // It repeats what it does not expect, whose length is the sender's.
        let what = error.to_string().chars().take(LONGEST).collect();
        MessageError::Malformed { what }
    }

    /// A short name of the reason: `code` in an answer.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            MessageError::TooLarge { .. } => "too_large",
            MessageError::Malformed { .. } => "malformed",
            MessageError::NoDirection | MessageError::Direction { .. } => "direction",
            MessageError::Negative { .. } => "negative",
            MessageError::Status { .. } => "status",
            MessageError::Detection { .. } | MessageError::TooManyDetections { .. } => "detection",
        }
    }
}

/// A text of a stranger, short enough for a message.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(32).collect()
}

/// Checks that a number is none below zero.
pub(super) fn not_negative(name: &'static str, value: i64) -> Result<i64, MessageError> {
    match value {
        0.. => Ok(value),
        _ => Err(MessageError::Negative { name, value }),
    }
}
