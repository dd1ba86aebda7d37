//! Why a command was refused.

use std::fmt;

use crate::camera::CameraError;
use crate::desk::Busy;

/// Which sort of refusal it is: `code` in the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A parameter is missing or makes no sense.
    Invalid,
    /// A number is not one of the possible ones.
    OutOfRange,
    /// The camera cannot do that.
    Unsupported,
    /// Not while a stream runs, starts or stops.
    Streaming,
    /// Not while there is no stream.
    Stopped,
    /// The camera did not do it.
    Camera,
    /// The pipeline did not start.
    Pipeline,
    /// The system did not do it.
    System,
    /// Not for this peer.
    Forbidden,
    /// It takes longer than an answer may.
    Busy,
}

impl Code {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Code::Invalid => "invalid",
            Code::OutOfRange => "out_of_range",
            Code::Unsupported => "unsupported",
            Code::Streaming => "streaming",
            Code::Stopped => "stopped",
            Code::Camera => "camera",
            Code::Pipeline => "pipeline",
            Code::System => "system",
            Code::Forbidden => "forbidden",
            Code::Busy => "busy",
        }
    }
}

/// Why a command was refused: the answer's `message` and `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    code: Code,
    message: String,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(code: Code, message: impl Into<String>) -> Refusal {
        Refusal {
            code,
            message: message.into(),
        }
    }

    /// Which sort it is.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code.name()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<CameraError> for Refusal {
    fn from(error: CameraError) -> Refusal {
        let code = match error {
            CameraError::NoControl { .. } => Code::Unsupported,
            CameraError::NoFormat { .. } => Code::Unsupported,
            CameraError::OutOfRange { .. } => Code::OutOfRange,
            CameraError::Unusable { .. } | CameraError::Lost { .. } | CameraError::Io { .. } => {
                Code::Camera
            }
        };
        Refusal::new(code, error.to_string())
    }
}

impl From<Busy> for Refusal {
    fn from(busy: Busy) -> Refusal {
        Refusal::new(Code::Busy, busy.to_string())
    }
}
