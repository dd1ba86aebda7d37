//! What is told about keys, and what is done about those that are left behind.

pub mod gc;
pub mod info;
pub mod ls;
