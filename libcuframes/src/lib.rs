//! One decode, many readers: a publisher puts video frames into a ring of shared
//! memory, and any number of subscribers in other processes read them in place.

pub mod wire;
