//! Points at which a crash test has its process kill itself, and faults that a control of the tests
//! plants.
//!
//! Where they are is each crate's own to say, in an enumeration, and so is the variable of the
//! environment that names one of them; here is what then happens. Whoever has them depends on this
//! crate by features of its own for tests, so that nothing that is shipped contains it.
//!
//! ```
//! #[derive(Debug)]
//! enum Point {
//!     LockTaken,
//! }
//!
//! static CRASH: failpoint::Crash = failpoint::Crash::new("EXAMPLE_FAILPOINT");
//! CRASH.reach(Point::LockTaken); // with EXAMPLE_FAILPOINT=LockTaken the last thing that happens
//! ```

mod crash;
mod planted;

pub use crash::Crash;
pub use planted::Planted;
