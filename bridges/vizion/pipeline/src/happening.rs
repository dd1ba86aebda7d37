//! What the program reacts to.

use crate::bus::Word;

/// What the program reacts to.
#[derive(Debug)]
pub enum Happening {
    /// Whoever started it wants its end.
    Stop,
    /// The camera's frames cannot be had.
    Failed(String),
    /// The last frame was offered, and the pipeline knows that it was.
    LastFrame,
    /// No further frame comes, and the pipeline has none.
    NothingLeft,
    /// Of the pipeline itself.
    Word(Word),
}
