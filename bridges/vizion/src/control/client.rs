//! A client of the socket.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::{Errno, retry_on_intr};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrUnix, SocketFlags, SocketType, connect, recv, socket_with,
};
use serde_json::error::Category;
use serde_json::{Map, Value, json};

use super::{ClientError, MAX_REQUEST};

/// How long an answer may take: the daemon does one thing at a time, and others may be first.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// What is no answer after so many bytes never becomes one.
const MAX_RECEIVED: usize = 1 << 20;

/// A connection to a daemon, for any number of requests. It also gets along with a daemon that
/// closes after each answer.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    limit: Duration,
    stream: Option<UnixStream>,
    last_id: u64,
}

impl Client {
    /// Connects to the daemon that listens at `path`.
    pub fn connect(path: impl AsRef<Path>) -> Result<Client, ClientError> {
        let path = path.as_ref().to_owned();
        let stream = connected(&path, TIME_LIMIT)?;
        Ok(Client {
            path,
            limit: TIME_LIMIT,
            stream: Some(stream),
            last_id: 0,
        })
    }

    /// How long an answer may take from now on; 5 seconds if nobody says otherwise.
    pub fn set_time_limit(&mut self, limit: Duration) {
        self.limit = limit.max(Duration::from_millis(1));
    }

    /// Asks for a command and returns the answer's members, `status` included.
    pub fn ask(
        &mut self,
        command: &str,
        params: Map<String, Value>,
    ) -> Result<Map<String, Value>, ClientError> {
        self.last_id += 1;
        let line = self.request(command, params)?;
        // Kept only if all goes well: after a failure nobody knows what comes next on it.
        let mut stream = match self.stream.take().filter(is_open) {
            Some(stream) => stream,
            None => connected(&self.path, self.limit)?,
        };
        let mut answer = self.exchange(&mut stream, command, line.as_bytes())?;
        // Who does not repeat it does not know `keep_alive` either, and closes.
        if answer.shift_remove("request_id") == Some(Value::from(self.last_id)) {
            self.stream = Some(stream);
        }
        let said = |key| answer.get(key).and_then(Value::as_str).map(str::to_owned);
        match said("status").as_deref() {
            Some("success") => Ok(answer),
            Some("error") => Err(ClientError::Refused {
                command: command.to_owned(),
                message: said("message").unwrap_or_else(|| "no reason is given".to_owned()),
                code: said("code"),
            }),
            _ => Err(self.not_an_answer(command, Value::Object(answer).to_string().as_bytes())),
        }
    }

    fn request(&self, command: &str, params: Map<String, Value>) -> Result<String, ClientError> {
        let mut request = json!({ "command": command });
        if !params.is_empty() {
            request["params"] = Value::Object(params);
        }
        request["keep_alive"] = Value::Bool(true);
        request["request_id"] = Value::from(self.last_id);
        let line = format!("{request}\n");
        match line.len() - 1 {
            length if length > MAX_REQUEST => Err(ClientError::TooLong {
                command: command.to_owned(),
                length,
            }),
            _ => Ok(line),
        }
    }

    fn exchange(
        &self,
        stream: &mut UnixStream,
        command: &str,
        line: &[u8],
    ) -> Result<Map<String, Value>, ClientError> {
        let failed = |doing| move |source| self.failed(command, doing, source);
        let deadline = Instant::now() + self.limit;
        stream
            .set_write_timeout(Some(self.limit))
            .map_err(failed("set the time limit of"))?;
        let sent = stream.write_all(line);
        // A daemon that has no use for this client closes at once; why can be in what it said.
        if !matches!(&sent, Err(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            sent.map_err(failed("send to"))?;
        }
        let mut received = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            stream
                .set_read_timeout(Some(left.max(Duration::from_micros(1))))
                .map_err(failed("set the time limit of"))?;
            let mut chunk = [0; 4096];
            match stream.read(&mut chunk) {
                // The newline behind the last answer can be there.
                Ok(0) if received.trim_ascii().is_empty() => return Err(self.closed(command)),
                Ok(0) => return Err(self.not_an_answer(command, &received)),
                Ok(count) => received.extend(chunk.iter().take(count)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed("receive from")(error)),
            }
            match first_object(&received) {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) if received.len() < MAX_RECEIVED => {}
                _ => return Err(self.not_an_answer(command, &received)),
            }
        }
    }

    fn closed(&self, command: &str) -> ClientError {
        ClientError::Closed {
            path: self.path.clone(),
            command: command.to_owned(),
        }
    }

    fn not_an_answer(&self, command: &str, received: &[u8]) -> ClientError {
        let beginning = received.get(..100).unwrap_or(received);
        ClientError::NotJson {
            path: self.path.clone(),
            command: command.to_owned(),
            answer: String::from_utf8_lossy(beginning).into_owned(),
        }
    }

    fn failed(&self, command: &str, doing: &'static str, source: io::Error) -> ClientError {
        match source.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ClientError::Silent {
                path: self.path.clone(),
                command: command.to_owned(),
                limit: self.limit,
            },
            io::ErrorKind::ConnectionReset => self.closed(command),
            _ => ClientError::Io {
                path: self.path.clone(),
                doing,
                source,
            },
        }
    }
}

/// The JSON object that the bytes begin with; `None` if more bytes can make it one.
fn first_object(bytes: &[u8]) -> Result<Option<Map<String, Value>>, serde_json::Error> {
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter();
    match values.next() {
        None => Ok(None),
        Some(Err(error)) if error.classify() == Category::Eof => Ok(None),
        Some(object) => object.map(Some),
    }
}

/// Whether the daemon still holds the connection: it closes one that has been silent for long.
fn is_open(stream: &UnixStream) -> bool {
    let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
    match recv(stream, &mut [0], flags) {
        Ok((_, count)) => count > 0,
        Err(error) => matches!(error, Errno::AGAIN | Errno::INTR),
    }
}

/// Connects. A daemon that does not accept makes nobody wait for longer than `limit`.
fn connected(path: &Path, limit: Duration) -> Result<UnixStream, ClientError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NoDaemon {
            path: path.to_owned(),
        },
        io::ErrorKind::PermissionDenied => ClientError::Permission {
            path: path.to_owned(),
        },
        io::ErrorKind::WouldBlock => ClientError::Silent {
            path: path.to_owned(),
            command: "the connection".to_owned(),
            limit,
        },
        _ => ClientError::Io {
            path: path.to_owned(),
            doing: "connect to",
            source,
        },
    };
    let socket = || -> io::Result<UnixStream> {
        let address = SocketAddrUnix::new(path)?;
        let (family, kind) = (AddressFamily::UNIX, SocketType::STREAM);
        let socket = socket_with(family, kind, SocketFlags::CLOEXEC, None)?;
        set_socket_timeout(&socket, Timeout::Send, Some(limit))?;
        // A wait with a limit is not resumed after the process was stopped.
        retry_on_intr(|| connect(&socket, &address))?;
        Ok(socket.into())
    };
    socket().map_err(failed)
}
