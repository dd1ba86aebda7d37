//! When the pixels of a frame on a GPU are complete, and when a lease of one is over.
//!
//! [`Order`] is the publisher's side: it makes streams of this process follow each other on a
//! slot, and tells the other processes when a frame is complete. [`Await`] is the subscriber's:
//! it makes streams wait for a frame, and tells the publisher when they are done with it.
//! Neither side's processor ever waits for a GPU here, unless it is asked to.

mod acks;
mod awaiting;
mod local;
mod order;
mod previous;

mod releasing;
mod timeline;

pub use acks::AckEvents;
pub use awaiting::{Await, AwaitRequest, Readiness};
pub use order::{Completion, Order};
pub use releasing::Ending;
