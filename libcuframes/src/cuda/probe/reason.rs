//! Why a way of sharing frames does not work here, and what to do about it.

use std::fmt;
use std::path::PathBuf;

use crate::error::Error;
use crate::sys::cuda::{CudaError, DriverError};

/// Why a pair of memory and order cannot be used, or could not be tried.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// There is no CUDA driver that works.
    Driver(DriverError),
    /// There is no device of that number.
    NoDevice {
        /// The number.
        ordinal: u32,
        /// How many devices this process sees.
        visible: usize,
    },
    /// The driver lacks a function that it needs.
    MissingSymbol {
        /// The function.
        symbol: &'static str,
    },
    /// The device says itself that it cannot do it.
    Unable {
        /// What it cannot do.
        what: &'static str,
    },
    /// The driver refused it to this process.
    Refused {
        /// What was tried.
        doing: String,
        /// The driver's answer.
        source: CudaError,
    },
    /// The driver refused it to another process.
    RefusedElsewhere {
        /// The function that failed there.
        call: String,
        /// The driver's number.
        code: i32,
        /// The driver's name of that number.
        name: String,
    },
    /// It can be opened, but shows other bytes than were written.
    OtherBytes,
    /// A stream and the processor do not see what the other writes.
    NotSeen,
    /// The kernel refused something on our side.
    System {
        /// What was tried.
        doing: &'static str,
        /// What the kernel said.
        error: String,
    },
    /// Not tried: the program that has to open it is not there.
    HelperMissing {
        /// Where it was looked for.
        looked: Vec<PathBuf>,
    },
    /// Not tried: the program that has to open it does not do its work.
    HelperFailed {
        /// The program.
        path: PathBuf,
        /// What it did.
        what: String,
    },
}

impl Reason {
    /// Whether nothing is known, because it could not be tried.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Reason::HelperMissing { .. } | Reason::HelperFailed { .. }
        )
    }

    /// What is wrong.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Reason::Driver(error) => error.reason(),
            Reason::NoDevice { ordinal, visible } => {
                format!("there is no CUDA device {ordinal}; {visible} are visible")
            }
            Reason::MissingSymbol { symbol } => format!("the CUDA driver has no {symbol}"),
            Reason::Unable { what } => format!("the device has no {what}"),
            Reason::Refused { doing, source } => format!("{doing}: {source}"),
            Reason::RefusedElsewhere { call, code, name } => {
                format!("another process could not open it: {call} failed: {name} ({code})")
            }
            Reason::OtherBytes => "what is opened is not the memory that was shared".to_owned(),
            Reason::NotSeen => {
                "streams and the processor do not see each other's writes to a shared page"
                    .to_owned()
            }
            Reason::System { doing, error } => format!("{doing}: {error}"),
            Reason::HelperMissing { looked } => {
                format!("not probed: helper not found at {}", list(looked))
            }
            Reason::HelperFailed { path, what } => {
                format!("not probed: {} {what}", path.display())
            }
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Reason::Driver(error) => error.remedy(),
            Reason::NoDevice { .. } => {
                "check CUDA_VISIBLE_DEVICES, and give the container access to the GPU"
            }
            Reason::MissingSymbol { .. } => "install a newer NVIDIA driver",
            Reason::Unable { .. } => "use another kind of memory or order",
            Reason::Refused { source, .. } => match source.code() {
                Some(code) => remedy_of(code),
                None => "install a newer NVIDIA driver",
            },
            Reason::RefusedElsewhere { code, .. } => remedy_elsewhere(*code),
            Reason::OtherBytes | Reason::NotSeen => {
                "do not use it; report it with the driver's version"
            }
            Reason::System { .. } => "check the limits of this process (ulimit -n, ulimit -l)",
            Reason::HelperMissing { .. } => {
                "install cuframes-ipc-probe, or name it in CUFRAMES_PROBE"
            }
            Reason::HelperFailed { .. } => {
                "reinstall cuframes-ipc-probe, or correct CUFRAMES_PROBE"
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}; {}", self.what(), self.remedy())
    }
}

impl std::error::Error for Reason {}

impl From<Error> for Reason {
    fn from(error: Error) -> Reason {
        match error {
            Error::Cuda { what, source } => Reason::refused(what, source),
            other => Reason::System {
                doing: "set up the trial",
                error: other.to_string(),
            },
        }
    }
}

impl Reason {
    /// The driver's answer to a trial.
    pub(super) fn refused(doing: impl Into<String>, source: CudaError) -> Reason {
        match source {
            CudaError::NoSymbol { symbol } => Reason::MissingSymbol { symbol },
            CudaError::Forked => Reason::Driver(DriverError::Forked),
            source => Reason::Refused {
                doing: doing.into(),
                source,
            },
        }
    }
}

/// What helps against the driver's numbers that people meet.
fn remedy_of(code: i32) -> &'static str {
    match code {
        2 => "free memory on the GPU, or use another device",
        46 => "another process has the device for itself: see nvidia-smi -q -d COMPUTE",
        101 | 201 => "check CUDA_VISIBLE_DEVICES and the context that was given",
        304 => "check the limits (ulimit -n, ulimit -l) and what the container may do",
        800 => "give this process, or its container, the rights to do this",
        801 => "use another kind of memory or order: device or driver cannot do this",
        802 | 803 => "reboot: library and kernel module of the driver do not fit each other",
        4 | 214 | 220 | 226 | 700 | 702 | 709 | 710 | 714..=719 => {
            "start this program anew; if it happens again, see dmesg for an Xid of the GPU"
        }
        _ => "see whether nvidia-smi works here",
    }
}

/// The same of another process, to which nothing but what is shared was strange.
fn remedy_elsewhere(code: i32) -> &'static str {
    match code {
        2 | 46 | 304 | 800 | 802 | 803 => remedy_of(code),
        _ => "use cuda_vmm with timeline, which need less of the system than CUDA IPC",
    }
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<_> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    match paths.is_empty() {
        true => "any place".to_owned(),
        false => paths.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: i32) -> CudaError {
        CudaError::Failed {
            call: "cuMemCreate",
            code,
            name: "CUDA_ERROR_OUT_OF_MEMORY",
        }
    }

    #[test]
    fn a_reason_says_what_happened_to_what_and_what_to_do() {
        let reason = Reason::refused("make VMM memory", failed(2));
        assert_eq!(
            reason.to_string(),
            "make VMM memory: cuMemCreate failed: CUDA_ERROR_OUT_OF_MEMORY (2); free memory on \
             the GPU, or use another device"
        );
        assert!(!reason.is_unknown());
        let symbol = "cuMemCreate";
        let missing = Reason::refused("make", CudaError::NoSymbol { symbol });
        assert_eq!(missing, Reason::MissingSymbol { symbol });
    }

    #[test]
    fn what_could_not_be_tried_is_no_failure() {
        let looked = vec![PathBuf::from("/a/b"), PathBuf::from("/c")];
        let reason = Reason::HelperMissing { looked };
        assert!(reason.is_unknown());
        assert_eq!(reason.what(), "not probed: helper not found at /a/b, /c");
        let looked = Vec::new();
        assert!(
            Reason::HelperMissing { looked }
                .what()
                .ends_with("any place")
        );
    }

    #[test]
    fn every_lost_context_has_the_same_remedy() {
        let lost = (0..1000).filter(|&code| failed(code).is_context_lost());
        let remedies: std::collections::BTreeSet<_> = lost.map(remedy_of).collect();
        assert_eq!(remedies.len(), 1, "{remedies:?}");
        assert!(
            remedies
                .first()
                .is_some_and(|remedy| remedy.contains("Xid"))
        );
    }
}
