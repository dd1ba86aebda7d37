//! What the driver says no to, and why there may be no driver.

use super::abi::CUresult;

/// A call of the driver that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CudaError {
    /// The driver answered with a code other than success.
    #[error("{call} failed: {name} ({code})")]
    Failed {
        /// The function, by its name without a version.
        call: &'static str,
        /// The driver's number.
        code: i32,
        /// The driver's name of that number.
        name: &'static str,
    },
    /// The installed driver has no such function.
    #[error("the installed CUDA driver has no {symbol}; a newer driver has it")]
    NoSymbol {
        /// The symbol that was looked for.
        symbol: &'static str,
    },
    /// The driver said that it had made a descriptor, and gave none.
    #[error("{call} succeeded without a descriptor; another driver release may do better")]
    NoDescriptor {
        /// The function, by its name without a version.
        call: &'static str,
    },
    /// The driver was started in a parent of this process, and does not survive a fork.
    #[error(
        "the CUDA driver was started before this process was forked and cannot be used here; start it after the fork, or exec"
    )]
    Forked,
}

impl CudaError {
    /// The driver's number, if it was the driver that said no.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        match self {
            CudaError::Failed { code, .. } => Some(*code),
            CudaError::NoSymbol { .. } | CudaError::NoDescriptor { .. } | CudaError::Forked => None,
        }
    }

    /// Whether the context is of no use any more: every later call in it fails as well, and
    /// whoever owns it has to make a new one.
    #[must_use]
    pub fn is_context_lost(&self) -> bool {
        // In the order of the header: deinitialized, ECC, NVLINK, contained, illegal address,
        // launch time-out, context destroyed, assert, and the faults of a kernel.
        let code = self.code();
        code.is_some_and(|code| {
            matches!(
                code,
                4 | 214 | 220 | 226 | 700 | 702 | 709 | 710 | 714..=719
            )
        })
    }

    /// Whether there was not enough memory.
    #[must_use]
    pub fn is_out_of_memory(&self) -> bool {
        self.code() == Some(2)
    }
}

/// Why the CUDA driver cannot be used by this process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriverError {
    /// There is no such library.
    NotInstalled {
        /// What the dynamic linker said.
        reason: String,
    },
    /// There is one, and the dynamic linker refuses it.
    CannotBeLoaded {
        /// What the dynamic linker said.
        reason: String,
    },
    /// A function without which nothing works is not in it.
    LacksSymbol {
        /// The symbol.
        symbol: &'static str,
    },
    /// It is older than what this library needs.
    TooOld {
        /// The CUDA version that it supports, 1000 * major + 10 * minor.
        version: i32,
        /// The oldest that would do.
        needed: i32,
    },
    /// It is there, but does not start.
    Start(CudaError),
    /// It was loaded before this process was forked.
    Forked,
}

impl DriverError {
    /// What is wrong.
    #[must_use]
    pub fn reason(&self) -> String {
        let name = |version: i32| format!("{}.{}", version / 1000, version % 1000 / 10);
        match self {
            DriverError::NotInstalled { reason } => format!("no CUDA driver found ({reason})"),
            DriverError::CannotBeLoaded { reason } => {
                format!("the CUDA driver cannot be loaded: {reason}")
            }
            DriverError::LacksSymbol { symbol } => {
                format!("the CUDA driver library has no {symbol}")
            }
            DriverError::TooOld { version, needed } => format!(
                "the installed driver is for CUDA {}, and {} is needed",
                name(*version),
                name(*needed)
            ),
            DriverError::Start(error) => error.to_string(),
            DriverError::Forked => {
                "the CUDA driver was loaded before this process was forked".to_owned()
            }
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            DriverError::NotInstalled { .. } => {
                "install the NVIDIA driver, or give the container access to the GPU"
            }
            DriverError::CannotBeLoaded { .. } => "reinstall the NVIDIA driver",
            DriverError::LacksSymbol { .. } => {
                "it is no NVIDIA driver, or a broken one; reinstall it"
            }
            DriverError::TooOld { .. } => "install a newer NVIDIA driver",
            DriverError::Start(_) => "see whether nvidia-smi works here",
            DriverError::Forked => "load it after the fork, or exec",
        }
    }
}

impl std::fmt::Display for DriverError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}; {}", self.reason(), self.remedy())
    }
}

impl std::error::Error for DriverError {}

/// The result of everything that asks the driver.
pub type Result<T> = std::result::Result<T, CudaError>;

/// The name of `code` as far as it is known without the driver's own list.
pub(super) fn known_name(code: CUresult) -> &'static str {
    match code {
        1 => "CUDA_ERROR_INVALID_VALUE",
        2 => "CUDA_ERROR_OUT_OF_MEMORY",
        3 => "CUDA_ERROR_NOT_INITIALIZED",
        100 => "CUDA_ERROR_NO_DEVICE",
        999 => "CUDA_ERROR_UNKNOWN",
        _ => "an error that the driver has no name for",
    }
}
