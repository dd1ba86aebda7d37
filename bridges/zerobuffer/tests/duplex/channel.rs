//! What the tests of the channel have in common.

use std::ops::Deref;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zerobuffer::BufferConfig;
use zerobuffer::duplex::{
    ClientConfig, DuplexChannelFactory, DuplexClient, ImmutableDuplexServer, MutableDuplexServer,
    Response, ServerConfig,
};
use zerobuffer_peer::{PATIENCE, Process, Tidy, leftovers, unique};

/// A channel that no other test has. Dropped, it asserts that no file of it is left.
pub struct Channel {
    name: String,
    /// Held by the one test that has the peer.
    with_peer: Option<MutexGuard<'static, ()>>,
    _tidy: Tidy,
}

impl Channel {
    pub fn new(what: &str) -> Self {
        let name = unique(&format!("duplex-{what}"));
        let tidy = Tidy::new(&format!("{name}_request")).and(&format!("{name}_response"));
        Channel {
            name,
            with_peer: None,
            _tidy: tidy,
        }
    }

    /// One that the peer has an end of. There is one at a time: a reader of the peer that starts
    /// removes the files of another one that just does, if its lock file was left by a dead one.
    /// What it leaves itself is nothing to assert about: it never removes all of its files.
    pub fn with_peer(what: &str) -> Self {
        static ONE: Mutex<()> = Mutex::new(());
        let mut channel = Channel::new(what);
        channel.with_peer = Some(ONE.lock().unwrap_or_else(PoisonError::into_inner));
        channel
    }

    pub fn server(&self) -> ImmutableDuplexServer {
        self.server_with(config())
    }

    pub fn server_with(&self, config: impl Into<ServerConfig>) -> ImmutableDuplexServer {
        DuplexChannelFactory::new().create_immutable_server(&self.name, config)
    }

    pub fn mutable_server(&self) -> MutableDuplexServer {
        DuplexChannelFactory::new().create_mutable_server(&self.name, config())
    }

    pub fn client(&self) -> DuplexClient {
        self.client_with(patient(config().into()))
    }

    pub fn client_with(&self, config: ClientConfig) -> DuplexClient {
        DuplexChannelFactory::new()
            .create_client_with(&self.name, &config)
            .expect("the client connects")
    }

    pub fn files(&self) -> Vec<std::path::PathBuf> {
        let both = [
            format!("{}_request", self.name),
            format!("{}_response", self.name),
        ];
        both.iter().flat_map(|name| leftovers(name)).collect()
    }
}

impl Deref for Channel {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let left = self.files();
        if !std::thread::panicking() && self.with_peer.is_none() {
            assert!(left.is_empty(), "left behind: {left:?}");
        }
    }
}

/// Buffers large enough for everything that does not fill them.
pub fn config() -> BufferConfig {
    BufferConfig::new(1024, 1 << 20)
}

/// Waits as long as a test does.
pub fn patient(config: ClientConfig) -> ClientConfig {
    config.connect_timeout(PATIENCE)
}

/// The next response.
pub fn receive(client: &DuplexClient) -> Response {
    let response = client.receive_response(PATIENCE).expect("the server lives");
    response.expect("a response in time")
}

/// Sends and receives one.
pub fn ask(client: &DuplexClient, request: &[u8]) -> Vec<u8> {
    let sequence = client.send_request(request).expect("the request is sent");
    let response = receive(client);
    assert_eq!(response.sequence(), sequence);
    response.to_vec()
}

/// Bytes that differ from place to place and from request to request.
pub fn pattern(size: usize, seed: usize) -> Vec<u8> {
    (0..size)
        .map(|i| (i * 31 + seed * 7 + i / 251) as u8)
        .collect()
}

/// A script that drives the peer's duplex classes.
pub fn script(file: &str) -> Process {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/duplex/python");
    Process::program(&folder.join(file), &[])
}

/// Nothing: what happens has happened, or does not.
pub const NOW: Duration = Duration::ZERO;
