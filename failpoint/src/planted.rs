//! The fault that is there.

use std::env;
use std::fmt::Debug;
use std::sync::OnceLock;

/// What this process is to do wrong: the name of one fault in a variable of the environment.
#[derive(Debug)]
pub struct Planted {
    variable: &'static str,
    wanted: OnceLock<Option<String>>,
}

impl Planted {
    /// The one that `variable` names.
    #[must_use]
    pub const fn new(variable: &'static str) -> Planted {
        Planted {
            variable,
            wanted: OnceLock::new(),
        }
    }

    /// Whether it is `fault`.
    pub fn is(&self, fault: impl Debug) -> bool {
        let wanted = self.wanted.get_or_init(|| env::var(self.variable).ok());
        wanted.as_deref() == Some(format!("{fault:?}").as_str())
    }
}
