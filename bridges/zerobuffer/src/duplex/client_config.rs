//! How a client is to be.

use std::time::Duration;

use super::Correlation;
use crate::{BufferConfig, DEFAULT_TIMEOUT};

/// How a client is to be; a [`BufferConfig`] alone is one with everything else as usual.
///
/// ```
/// use std::time::Duration;
/// use zerobuffer::BufferConfig;
/// use zerobuffer::duplex::ClientConfig;
///
/// let config = ClientConfig::from(BufferConfig::new(0, 20 << 20))
///     .connect_timeout(Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientConfig {
    pub(super) responses: BufferConfig,
    pub(super) correlation: Correlation,
    pub(super) connect_timeout: Duration,
}

impl Default for ClientConfig {
    fn default() -> Self {
        ClientConfig::from(BufferConfig::default())
    }
}

impl From<BufferConfig> for ClientConfig {
    fn from(responses: BufferConfig) -> Self {
        ClientConfig {
            responses,
            correlation: Correlation::default(),
            connect_timeout: DEFAULT_TIMEOUT,
        }
    }
}

impl ClientConfig {
    /// How responses tell which request they answer; the server has to agree.
    pub fn correlation(self, correlation: Correlation) -> Self {
        ClientConfig {
            correlation,
            ..self
        }
    }

    /// How long to wait for the server: until it is there, and is connected to the responses.
    pub fn connect_timeout(self, connect_timeout: Duration) -> Self {
        ClientConfig {
            connect_timeout,
            ..self
        }
    }
}
