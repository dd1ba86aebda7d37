//! The duplex channel: requests one way, responses the other, over two buffers.
//!
//! The server creates `{channel}_request` and waits for clients; a client creates
//! `{channel}_response`. A channel has one client at a time, and the server serves one after the
//! other.
//!
//! ```
//! use std::time::Duration;
//! use zerobuffer::BufferConfig;
//! use zerobuffer::duplex::{ClientConfig, DuplexChannelFactory, ProcessingMode};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let channel = &format!("zb-doc-duplex-{}", std::process::id());
//! let factory = DuplexChannelFactory::new();
//! let server = factory.create_immutable_server(channel, BufferConfig::new(4096, 1 << 20));
//! server.start(
//!     |request| request.to_vec().to_ascii_uppercase(),
//!     ProcessingMode::SingleThread,
//! )?;
//!
//! let config = ClientConfig::from(BufferConfig::new(4096, 1 << 20));
//! let client = factory.create_client_with(channel, &config)?;
//! let sequence = client.send_request(b"hello")?;
//! let response = client.receive_response(Duration::from_secs(5))?.expect("an answer in time");
//! assert_eq!(response.sequence(), sequence);
//! assert_eq!(response.to_vec(), b"HELLO");
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod arriving;
mod client;
mod client_config;
mod control;
mod correlation;
mod delivery;
mod error;
mod factory;
mod handler;
mod inbox;
mod request;
mod serve;
mod server;
mod server_config;
mod serving;
mod watch;
mod workers;

pub use client::DuplexClient;
pub use client_config::ClientConfig;
pub use correlation::Correlation;
pub use error::{BoxError, IntoDone, IntoResponse, OnError, ServerError};
pub use factory::DuplexChannelFactory;
pub use inbox::Response;
pub use request::RequestBuffer;
pub use server::{DuplexServer, ImmutableDuplexServer, MutableDuplexServer};
pub use server_config::ServerConfig;
pub use serving::{Serving, Stopper};
pub use workers::ProcessingMode;

/// The buffer that a channel's requests go through.
fn request_name(channel: &str) -> String {
    format!("{channel}_request")
}

/// The buffer that a channel's responses go through.
fn response_name(channel: &str) -> String {
    format!("{channel}_response")
}
