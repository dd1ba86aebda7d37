//! How a server is to be.

use std::sync::Arc;

use super::Correlation;
use super::error::{OnError, ServerError};
use crate::BufferConfig;

pub(super) type ErrorCallback = Arc<dyn Fn(&ServerError) -> OnError + Send + Sync>;
pub(super) type InitCallback = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// How a server is to be; a [`BufferConfig`] alone is one with everything else as usual.
///
/// ```
/// use zerobuffer::BufferConfig;
/// use zerobuffer::duplex::{OnError, ServerConfig};
///
/// let config = ServerConfig::from(BufferConfig::new(4096, 20 << 20))
///     .on_error(|error| {
///         eprintln!("{error}");
///         OnError::Respond(b"error".to_vec())
///     });
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct ServerConfig {
    pub(super) buffer: BufferConfig,
    pub(super) correlation: Correlation,
    pub(super) on_error: Option<ErrorCallback>,
    pub(super) on_init: Option<InitCallback>,
}

impl From<BufferConfig> for ServerConfig {
    fn from(buffer: BufferConfig) -> Self {
        ServerConfig {
            buffer,
            ..ServerConfig::default()
        }
    }
}

impl ServerConfig {
    /// How responses tell which request they answer; the clients have to agree.
    pub fn correlation(self, correlation: Correlation) -> Self {
        ServerConfig {
            correlation,
            ..self
        }
    }

    /// Is told of each request that cannot be answered, and decides what to do. It is called in
    /// the order of the requests. Without it, the server stops.
    pub fn on_error(
        self,
        decide: impl Fn(&ServerError) -> OnError + Send + Sync + 'static,
    ) -> Self {
        ServerConfig {
            on_error: Some(Arc::new(decide)),
            ..self
        }
    }

    /// Is told the metadata of the request buffer once, before the first request that comes when
    /// they are written.
    pub fn on_init(self, tell: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        ServerConfig {
            on_init: Some(Arc::new(tell)),
            ..self
        }
    }
}
