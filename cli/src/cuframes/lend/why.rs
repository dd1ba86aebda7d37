//! What the library says of a key, in the words of lending.

use cuframes::Error;
use frame_lending::engine::SourceError;

/// Why there is no frame of `key`.
pub fn why(key: &str, error: &Error) -> SourceError {
    let stream = key.to_owned();
    match error {
        Error::NotFound { .. } | Error::Disconnected { .. } | Error::EndOfStream { .. } => {
            SourceError::Away { stream }
        }
        Error::LeaseLimit { .. } => SourceError::Busy { stream },
        error => SourceError::Failed {
            stream,
            what: error.to_string(),
        },
    }
}
