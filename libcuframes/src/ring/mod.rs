//! The algorithms, with no I/O: who may write a slot, who may read it, who is asleep.
//!
//! A frame ring is written by one process and read by many. All they share are words of
//! memory; every word has one writer. The publisher's side is [`Ring`], the subscriber's is
//! [`Reader`]. Both are generic over where the words live, so that the model checker runs
//! this very code on words of its own.

mod held;
pub mod packets;
mod pages;
mod reader;
mod rules;
mod shape;
mod words;
mod writer;

pub use pages::{PAGE_LIMIT, PageList, Pages};
pub use reader::{Found, NoPage, Reader};
pub use rules::{ALL as ALL_RULES, HOSTILE as HOSTILE_RULES, PACKETS as PACKET_RULES, Rule};
#[cfg(any(loom, test))]
pub use rules::{BROKEN_RULES, break_rules};
pub use shape::Shape;
pub use words::{PageWords, Words, WordsMut};
pub use writer::{Ring, Unavailable};
