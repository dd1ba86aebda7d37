//! What the campaigns have in common: a picture that proves to be whole, the lines in which
//! helper processes talk, and the scene in which they play.
//!
//! Nothing here waits for time to pass. Every wait is for a line, an exit or a descriptor, and
//! has a watchdog of ten seconds, after which the test says "hang".

pub mod chance;
pub mod counts;
pub mod encoded;
pub mod gpu;
pub mod helper;
pub mod line;
pub mod peer;
pub mod picture;
pub mod scene;
pub mod traces;
pub mod turns;

pub use chance::Chance;
pub use counts::Own;
pub use line::Line;
pub use peer::Peer;
pub use scene::Scene;
pub use turns::Turns;

use std::time::Duration;

/// After this long without a sign of life a test fails.
pub const WATCHDOG: Duration = Duration::from_secs(10);

/// `all` with CUFRAMES_FULL=1 in the environment, else a tenth of it.
pub fn count(all: u64) -> u64 {
    match std::env::var("CUFRAMES_FULL").as_deref() {
        Ok("1") => all,
        _ => (all / 10).max(1),
    }
}
