//! What the helper processes have in common: commands and options, what they ask of the library by
//! them, and the lines in which they tell what happened.

mod builders;
mod input;
mod options;
mod telling;

pub use builders::{publisher, subscriber};
pub use input::{Input, Looked};
pub use options::{Options, number};
pub use telling::tell_error;
