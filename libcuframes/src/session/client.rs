//! Joining: from a key to mapped memory.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use zerocopy::{FromBytes, IntoBytes};

use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::format::FrameLayout;
use crate::pool::HostImport;
use crate::ring::{Reader, Shape};
use crate::sys::{self, Fd, ReadMap, Seals, WriteMap};
use crate::wire::{
    Attached, CONTROL_SIZE, CloseReason, ConsumerName, ControlHeader, Detach, DetachReason,
    ErrorCode, Geometry, HEADER_SIZE, HelloGrant, HelloRequest, HelloResponse, MAGIC, Message,
    MessageType, Mode, PAGE_SIZE, SubscriberSlot, WireError, capability, control, fds, page,
};

use super::connection::{Arrival, Connection};

/// Between two tries to find a publisher.
const RETRY: Duration = Duration::from_millis(5);
/// How long a publisher that is there may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// Who wants to join what.
#[derive(Clone, Debug)]
pub struct JoinRequest {
    /// The key.
    pub key: String,
    /// Its own name.
    pub name: ConsumerName,
    /// Every frame, or always the newest.
    pub mode: Mode,
    /// Publishers of these users are trusted, besides its own and root's.
    pub allow_uids: Vec<u32>,
}

/// A subscription: mapped memory, and a page of its own.
#[derive(Debug)]
pub struct Joined {
    /// Control segment and page.
    pub reader: Reader<ReadMap, WriteMap>,
    /// The pixels.
    pub pool: HostImport,
    /// What the control segment says.
    pub geometry: Geometry,
    /// What the publisher granted.
    pub grant: HelloGrant,
    /// What the page says is consumed.
    pub consumed: u64,
    /// The end that becomes readable after `Reader::ask_notify`.
    pub notify: Fd,
}

/// What the connection has told so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// It is there.
    Open,
    /// RECONFIGURE came: HELLO is to be said again.
    Reconfigured,
    /// CLOSE came.
    Closing(CloseReason),
    /// It is gone.
    Gone,
}

/// The connection of a subscriber. It says DETACH when the last that needs it is dropped.
#[derive(Debug)]
pub struct Link {
    key: String,
    connection: Mutex<Connection>,
    generation: sys::Generation,
}

impl JoinRequest {
    /// Connects to the publisher of the key and joins, retrying until `deadline` (`None`: for
    /// ever) while there is no publisher, or while a killed predecessor of the same name
    /// still seems to be there.
    pub fn join(&self, deadline: Option<Instant>, last_epoch: u64) -> Result<(Link, Joined)> {
        loop {
            let outcome = self.try_join(last_epoch);
            let over = deadline.is_some_and(|deadline| Instant::now() >= deadline);
            match outcome {
                Err(error) if !over && is_passing(&error) => std::thread::sleep(RETRY),
                outcome => return outcome,
            }
        }
    }

    fn try_join(&self, last_epoch: u64) -> Result<(Link, Joined)> {
        let mut connection = connect(&self.key, &self.allow_uids)?;
        let joined = self.attach(&mut connection, last_epoch, u64::MAX)?;
        let link = Link {
            key: self.key.clone(),
            connection: Mutex::new(connection),
            generation: sys::generation(),
        };
        Ok((link, joined))
    }

    /// Says HELLO again on the same connection, after a RECONFIGURE. Up to `consumed`
    /// everything has been read: what is newer may not be told as consumed.
    pub fn rejoin(&self, link: &Link, last_epoch: u64, consumed: u64) -> Result<Joined> {
        self.attach(&mut link.lock(), last_epoch, consumed)
    }

    fn attach(
        &self,
        connection: &mut Connection,
        last_epoch: u64,
        consumed: u64,
    ) -> Result<Joined> {
        let capabilities = capability::FD_PASSING | capability::HOST | capability::NOTIFY;
        let mut hello = HelloRequest::new(&self.name, self.mode, capabilities);
        hello.last_epoch = last_epoch;
        hello.highest = super::OUR_VERSION;
        let answer = ask(&self.key, connection, &hello)?;
        let joined = self.import(answer, consumed)?;
        failpoint::reach(Point::PageMapped);
        let attached = Attached {
            index: joined.grant.index,
            capabilities: joined.grant.capabilities,
        };
        connection
            .send(MessageType::Attached, attached.as_bytes(), &[])
            .map_err(|_| self.disconnected())?;
        Ok(joined)
    }

    /// Maps what came, checks it, and fills in the page.
    fn import(&self, answer: Answer, consumed: u64) -> Result<Joined> {
        let (grant, mut descriptors) = (answer.grant, answer.descriptors);
        let control_fd = descriptors.take(fds::CONTROL, &self.key)?;
        let page_fd = descriptors.take(fds::PAGE, &self.key)?;
        let pool_fd = descriptors.take(fds::POOL, &self.key)?;
        let notify = descriptors.take(fds::NOTIFY, &self.key)?;
        let (control, geometry) = map_control(&self.key, &control_fd, &grant, &self.allow_uids)?;
        let page = self.map_page(&page_fd, &grant)?;
        let pool = self.map_pool(&pool_fd, &geometry)?;
        page.store_u32(page::PID, std::process::id(), Ordering::Relaxed);
        page.store_u32(page::MODE, self.mode as u32, Ordering::Relaxed);
        let consumed = consumed.min(grant.latest_seq.saturating_sub(1));
        page.store_u64(page::CONSUMED_SEQ, consumed, Ordering::Release);
        Ok(Joined {
            reader: Reader::new(control, page, Shape::from(&geometry)),
            pool,
            geometry,
            grant,
            consumed,
            notify,
        })
    }

    fn map_page(&self, fd: &Fd, grant: &HelloGrant) -> Result<WriteMap> {
        check_memfd(&self.key, fd, "subscriber page", PAGE_SIZE as u64)?;
        let map = WriteMap::new(fd, PAGE_SIZE).map_err(Error::system("map the subscriber page"))?;
        let mut words = [0; size_of::<SubscriberSlot>() / 8];
        map.read_words(0, &mut words);
        let slot: SubscriberSlot = zerocopy::transmute!(words);
        slot.validate(grant.epoch, grant.index)?;
        Ok(map)
    }

    fn map_pool(&self, fd: &Fd, geometry: &Geometry) -> Result<HostImport> {
        check_memfd(&self.key, fd, "frame pool", geometry.pool_size)?;
        let layout = FrameLayout::from_geometry(geometry)?;
        HostImport::new(fd, geometry.pool_size, layout).map_err(Error::system(format!(
            "map the frame pool of key '{}'",
            self.key
        )))
    }

    /// The error of a connection that ended without a word.
    pub fn disconnected(&self) -> Error {
        Error::Disconnected {
            key: self.key.clone(),
        }
    }
}

impl Link {
    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Looks at the socket without blocking, and says what is new.
    pub fn look(&self) -> LinkState {
        match self.lock().receive() {
            Arrival::Nothing => LinkState::Open,
            Arrival::Message(Message::Reconfigure(_), _) => LinkState::Reconfigured,
            Arrival::Message(Message::Close(close), _) => {
                LinkState::Closing(close.validate().unwrap_or(CloseReason::Shutdown))
            }
            Arrival::Message(Message::Error(error), _) => {
                tracing::warn!(code = %error.code(), text = error.text, "the publisher complains");
                LinkState::Gone
            }
            Arrival::Message(..) => LinkState::Open,
            Arrival::Closed | Arrival::Broken(_) => LinkState::Gone,
        }
    }

    /// Waits at most `limit` for something to arrive.
    pub fn wait(&self, limit: Duration) -> bool {
        sys::wait_readable(self.lock().as_fd(), limit).unwrap_or(true)
    }

    /// Runs `with` with the socket, to add it to an event loop.
    pub fn with_socket<T>(&self, with: impl FnOnce(std::os::fd::BorrowedFd<'_>) -> T) -> T {
        with(self.lock().as_fd())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if self.generation.is_current() {
            let detach = Detach {
                reason: DetachReason::Normal as u32,
            };
            // Who is gone already needs no farewell.
            let _ = self
                .lock()
                .send(MessageType::Detach, detach.as_bytes(), &[]);
        }
    }
}

/// An observer's view: no page, no lease; statistics and the control segment.
#[derive(Debug)]
pub struct Observed {
    /// What the control segment says.
    pub geometry: Geometry,
    /// The control segment.
    pub control: ReadMap,
    /// The process that publishes, as the kernel knows it.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
    /// A row for each subscriber.
    pub subscribers: Vec<SubscriberSlot>,
}

/// Asks the publisher of `key` how it is.
pub fn observe(key: &str, allow_uids: &[u32]) -> Result<Observed> {
    let mut connection = connect(key, allow_uids)?;
    let (pid, uid) = connection
        .peer()
        .map_err(Error::system("ask who publishes"))?;
    let name = ConsumerName::new("observer")?;
    let capabilities = capability::FD_PASSING | capability::HOST | capability::OBSERVER;
    let mut hello = HelloRequest::new(&name, Mode::NewestOnly, capabilities);
    hello.highest = super::OUR_VERSION;
    let Answer {
        grant,
        mut descriptors,
    } = ask(key, &mut connection, &hello)?;
    let control_fd = descriptors.take(fds::CONTROL, key)?;
    let (control, geometry) = map_control(key, &control_fd, &grant, allow_uids)?;
    let attached = Attached {
        index: 0,
        capabilities: grant.capabilities,
    };
    let gone = |_| Error::Disconnected {
        key: key.to_owned(),
    };
    connection
        .send(MessageType::Attached, attached.as_bytes(), &[])
        .map_err(gone)?;
    connection
        .send(MessageType::Stats, &[], &[])
        .map_err(gone)?;
    let mut subscribers = Vec::new();
    loop {
        match wait_message(key, &mut connection)? {
            (Message::Stats(rows), _) => {
                // MORE is on every message but the last, which is the one that is not full.
                let full = rows.len() == crate::wire::MAX_STATS_ROWS;
                subscribers.extend(rows);
                if !full {
                    break;
                }
            }
            (Message::Reconfigure(_), _) => {}
            (message, _) => return Err(unexpected(key, &message)),
        }
    }
    Ok(Observed {
        geometry,
        control,
        pid,
        uid,
        subscribers,
    })
}

/// The descriptors of a HELLO_RESP, by the bit of the mask.
#[derive(Debug)]
struct Descriptors {
    mask: u32,
    fds: Vec<Option<Fd>>,
}

impl Descriptors {
    fn take(&mut self, bit: u32, key: &str) -> Result<Fd> {
        let position = fds::position(self.mask, bit);
        let fd = position.and_then(|position| self.fds.get_mut(position)?.take());
        fd.ok_or_else(|| Error::Protocol {
            key: key.to_owned(),
            what: format!("HELLO_RESP brought no descriptor for bit {bit} of its mask"),
        })
    }
}

#[derive(Debug)]
struct Answer {
    grant: HelloGrant,
    descriptors: Descriptors,
}

/// Says HELLO and waits for the answer.
fn ask(key: &str, connection: &mut Connection, hello: &HelloRequest) -> Result<Answer> {
    connection
        .send(MessageType::HelloRequest, hello.as_bytes(), &[])
        .map_err(|_| Error::Disconnected {
            key: key.to_owned(),
        })?;
    failpoint::reach(Point::HelloSent);
    loop {
        match wait_message(key, connection)? {
            (Message::HelloResponse(response), descriptors) => {
                return check_answer(key, &response, descriptors, hello);
            }
            // It crossed our HELLO: the answer behind it is as new.
            (Message::Reconfigure(_), _) => {}
            (message, _) => return Err(unexpected(key, &message)),
        }
    }
}

fn check_answer(
    key: &str,
    response: &HelloResponse,
    descriptors: Vec<Fd>,
    hello: &HelloRequest,
) -> Result<Answer> {
    let grant = response.validate(descriptors.len())?;
    grant.answers(hello)?;
    tracing::debug!(key, epoch = grant.epoch, index = grant.index, "joined");
    Ok(Answer {
        grant,
        descriptors: Descriptors {
            mask: grant.fd_mask,
            fds: descriptors.into_iter().map(Some).collect(),
        },
    })
}

fn wait_message(key: &str, connection: &mut Connection) -> Result<(Message, Vec<Fd>)> {
    let deadline = Instant::now() + ANSWER_TIME;
    loop {
        match connection.receive() {
            Arrival::Message(Message::Error(error), _) => {
                return Err(Error::Refused {
                    key: key.to_owned(),
                    code: error.code(),
                    sentence: error.text,
                });
            }
            Arrival::Message(Message::Close(_), _) | Arrival::Closed => {
                return Err(Error::Disconnected {
                    key: key.to_owned(),
                });
            }
            Arrival::Message(message, descriptors) => return Ok((message, descriptors)),
            Arrival::Broken(error) => return Err(error.into()),
            Arrival::Nothing => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Timeout {
                what: "answer of the publisher",
                limit: ANSWER_TIME,
            });
        }
        sys::wait_readable(&*connection, left).map_err(Error::system("wait for the publisher"))?;
    }
}

fn unexpected(key: &str, message: &Message) -> Error {
    Error::Protocol {
        key: key.to_owned(),
        what: format!("it answered HELLO with {message:?}"),
    }
}

/// Connects to the control socket of `key` in the first run directory where somebody listens.
fn connect(key: &str, allow_uids: &[u32]) -> Result<Connection> {
    let dirs = sys::subscriber_dirs();
    let mut forbidden = None;
    for dir in &dirs {
        let path = socket_path(&dir.path, key)?;
        match sys::connect(&path) {
            Ok(fd) => return check_publisher(Connection::new(fd), &path, allow_uids),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {}
                io::ErrorKind::PermissionDenied => forbidden = Some(path),
                // The backlog is full: somebody is there, and busy.
                io::ErrorKind::WouldBlock => return Err(not_found(key, &dirs)),
                _ => {
                    return Err(Error::system(format!("connect to {}", path.display()))(
                        error,
                    ));
                }
            },
        }
    }
    match forbidden {
        Some(path) => Err(Error::Permission(format!(
            "connect to {}; join the group of the socket, or ask for another socket_mode",
            path.display()
        ))),
        None => Err(not_found(key, &dirs)),
    }
}

fn not_found(key: &str, dirs: &[sys::RunDir]) -> Error {
    let names: Vec<_> = dirs
        .iter()
        .map(|dir| dir.path.display().to_string())
        .collect();
    Error::NotFound {
        key: key.to_owned(),
        looked: names.join(", "),
    }
}

/// The path of the control socket, if it fits into an address.
pub fn socket_path(dir: &Path, key: &str) -> Result<PathBuf> {
    const LONGEST: usize = 107;
    let path = dir.join(format!("{key}.sock"));
    match path.as_os_str().len() {
        length if length > LONGEST => Err(Error::PathTooLong { path, length }),
        _ => Ok(path),
    }
}

fn check_publisher(connection: Connection, path: &Path, allow: &[u32]) -> Result<Connection> {
    let (_, uid) = connection.peer().map_err(Error::system(format!(
        "ask who listens at {}",
        path.display()
    )))?;
    match is_trusted(uid, allow) {
        true => Ok(connection),
        false => Err(Error::Permission(format!(
            "{} is served by user {uid}; add it to allow_uids to trust it",
            path.display()
        ))),
    }
}

fn is_trusted(uid: u32, allow: &[u32]) -> bool {
    uid == 0 || uid == sys::effective_uid() || allow.contains(&uid)
}

/// Errors that may pass: no publisher yet, or one that is just going or whose predecessor's
/// socket is just being closed by the kernel.
fn is_passing(error: &Error) -> bool {
    matches!(
        error.code(),
        ErrorCode::NotFound | ErrorCode::AlreadyExists | ErrorCode::Disconnected
    )
}

/// Maps the control segment and reads the header once.
fn map_control(
    key: &str,
    fd: &Fd,
    grant: &HelloGrant,
    allow: &[u32],
) -> Result<(ReadMap, Geometry)> {
    let size = file_size(fd)?;
    if size != CONTROL_SIZE as u64 {
        return Err(wrong_size(
            key,
            "control segment",
            size,
            CONTROL_SIZE as u64,
        ));
    }
    if !sys::has_seals(fd, Seals::SHRINK | Seals::GROW) {
        check_named(key, fd, allow)?;
    }
    let map = ReadMap::new(fd, CONTROL_SIZE).map_err(Error::system("map the control segment"))?;
    // Acquire: who sees the magic sees the header.
    let found = map.load_u32(control::MAGIC, Ordering::Acquire);
    if found != MAGIC {
        let what = "control segment";
        return Err(WireError::Magic {
            what,
            found,
            expected: MAGIC,
        }
        .into());
    }
    let mut words = [0; HEADER_SIZE / 8];
    map.read_words(0, &mut words);
    let header = ControlHeader::read_from_bytes(words.as_bytes()).map_err(|_| {
        wrong_size(
            key,
            "control header",
            words.as_bytes().len() as u64,
            HEADER_SIZE as u64,
        )
    })?;
    let geometry = header.validate(grant.version, size)?;
    let same_pool = geometry.pool_size == grant.pool_size;
    if geometry.epoch != grant.epoch || geometry.memory != grant.memory || !same_pool {
        return Err(Error::Protocol {
            key: key.to_owned(),
            what: "the control segment and HELLO_RESP speak of different epochs".to_owned(),
        });
    }
    Ok((map, geometry))
}

/// A named segment has no seals: its owner could truncate it, so its owner must be trusted.
fn check_named(key: &str, fd: &Fd, allow: &[u32]) -> Result<()> {
    let (uid, on_tmpfs) =
        sys::owner_of(fd).map_err(Error::system("look at the control segment"))?;
    match on_tmpfs && is_trusted(uid, allow) {
        true => Ok(()),
        false => Err(Error::Permission(format!(
            "the control segment of key '{key}' is a file of user {uid}, not a sealed memfd and \
             not a file of a trusted user in /dev/shm"
        ))),
    }
}

fn check_memfd(key: &str, fd: &Fd, what: &'static str, at_least: u64) -> Result<()> {
    let size = file_size(fd)?;
    if size < at_least {
        return Err(wrong_size(key, what, size, at_least));
    }
    match sys::has_seals(fd, Seals::SHRINK | Seals::GROW) {
        true => Ok(()),
        false => Err(Error::Protocol {
            key: key.to_owned(),
            what: format!("the {what} is not sealed against a change of its size"),
        }),
    }
}

fn file_size(fd: &Fd) -> Result<u64> {
    sys::size_of_file(fd).map_err(Error::system("look at a descriptor of the publisher"))
}

fn wrong_size(key: &str, what: &str, found: u64, expected: u64) -> Error {
    Error::Protocol {
        key: key.to_owned(),
        what: format!("the {what} has {found} bytes and not {expected}"),
    }
}
