//! Where clients and servers come from.

use super::{ClientConfig, DuplexClient, ImmutableDuplexServer, MutableDuplexServer, ServerConfig};
use crate::Result;

/// Makes the servers and clients of duplex channels.
#[derive(Clone, Copy, Debug, Default)]
pub struct DuplexChannelFactory;

impl DuplexChannelFactory {
    /// A factory; all are alike.
    pub fn new() -> Self {
        DuplexChannelFactory
    }

    /// A server that answers requests with new bytes. Nothing exists before it is started.
    pub fn create_immutable_server(
        &self,
        channel: &str,
        config: impl Into<ServerConfig>,
    ) -> ImmutableDuplexServer {
        ImmutableDuplexServer::new(channel, config.into())
    }

    /// A server that changes requests in place. Nothing exists before it is started.
    pub fn create_mutable_server(
        &self,
        channel: &str,
        config: impl Into<ServerConfig>,
    ) -> MutableDuplexServer {
        MutableDuplexServer::new(channel, config.into())
    }

    /// A client, connected, with a response buffer of the usual size (256 MiB). Waits up to 5 s
    /// for the server.
    pub fn create_client(&self, channel: &str) -> Result<DuplexClient> {
        self.create_client_with(channel, &ClientConfig::default())
    }

    /// A client, connected.
    pub fn create_client_with(&self, channel: &str, config: &ClientConfig) -> Result<DuplexClient> {
        DuplexClient::connect(channel, config)
    }
}
