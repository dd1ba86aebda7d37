//! How a frame that may be written at any moment is read, or found to be torn.
//!
//! The counter is odd while a frame is written. Why what passes is whole:
//!
//! - Writer: the counter becomes odd, *release fence*, data. Who sees any of the new data and then
//!   makes an acquire fence sees the counter odd, or what it became later, and not its old value.
//! - Writer: data, *release*, the counter becomes even. Who sees that value by an acquire sees all
//!   of the data behind it.
//! - Reader: counter by an *acquire*, data, *acquire fence*, counter. If both are the same even
//!   value then by the second rule nothing is older than that frame, and by the first nothing newer.
//!
//! `tests/seqlock_models.rs` tries every order that the memory model allows, and takes each of the
//! four away. The accesses of this crate are system calls. Fences around them order what the kernel
//! does on behalf of the thread in between: a fence of the processor is one for all accesses that
//! it makes, in whichever mode.

pub use std::sync::atomic::Ordering;

/// A counter that others see.
pub trait Counter {
    /// Why it cannot be accessed.
    type Error;
    /// Its value.
    fn load(&self, order: Ordering) -> Result<u32, Self::Error>;
    /// Adds one.
    fn advance(&self, order: Ordering) -> Result<(), Self::Error>;
    /// Orders what this thread did before and does later.
    fn fence(&self, order: Ordering);
}

/// Writer: what is written from here on is torn to who reads it.
pub fn begin<C: Counter>(counter: &C) -> Result<(), C::Error> {
    counter.advance(Ordering::Relaxed)?;
    counter.fence(Ordering::Release);
    Ok(())
}

/// Writer: what was written is whole.
pub fn end<C: Counter>(counter: &C) -> Result<(), C::Error> {
    counter.advance(Ordering::Release)
}

/// Reader: what to compare with later; nothing can be read while it is odd.
pub fn enter<C: Counter>(counter: &C) -> Result<u32, C::Error> {
    counter.load(Ordering::Acquire)
}

/// Reader: true if what was read since `entered` is whole.
pub fn is_whole<C: Counter>(counter: &C, entered: u32) -> Result<bool, C::Error> {
    counter.fence(Ordering::Acquire);
    Ok(counter.load(Ordering::Relaxed)? == entered)
}
