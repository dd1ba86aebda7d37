//! A client that speaks the wire without the library's manners.

use std::fs::File;
use std::io::{IoSlice, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;

use cuframes::wire::{
    Attached, ConsumerName, ErrorCode, ErrorMessage, HelloRequest, HelloResponse, Mode, capability,
    fds, frame_message,
};
use cuframes::wire::{Message, MessageType};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use zerocopy::IntoBytes;

use super::{WATCHDOG, run_dir};

/// One end of a control connection.
#[derive(Debug)]
pub struct Raw {
    pub stream: UnixStream,
}

/// A message and the descriptors that came with it.
pub type Heard = (Message, Vec<OwnedFd>);

impl Raw {
    /// Connects to the publisher of `key`.
    pub fn connect(key: &str) -> Raw {
        let path = run_dir().join(format!("{key}.sock"));
        Raw::new(UnixStream::connect(path).expect("connect"))
    }

    /// Takes over a socket.
    pub fn new(stream: UnixStream) -> Raw {
        stream.set_read_timeout(Some(WATCHDOG)).expect("time-out");
        Raw { stream }
    }

    /// Sends a whole message. The other side may have closed already, for cause.
    pub fn say(&self, kind: MessageType, payload: &[u8]) {
        self.say_bytes(&frame_message(kind, 0, payload));
    }

    /// Sends bytes as they are.
    pub fn say_bytes(&self, bytes: &[u8]) {
        let _ = (&self.stream).write_all(bytes);
    }

    /// Sends bytes with descriptors on the first of them.
    pub fn say_with_fds(&self, bytes: &[u8], fds: &[BorrowedFd<'_>]) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        assert!(fds.is_empty() || control.push(SendAncillaryMessage::ScmRights(fds)));
        let flags = SendFlags::NOSIGNAL;
        let _ = sendmsg(&self.stream, &[IoSlice::new(bytes)], &mut control, flags);
    }

    /// The next message; `None` at the end of the connection.
    pub fn hear(&self) -> Option<Heard> {
        let (bytes, fds) = self.hear_bytes()?;
        let kind = u16::from_le_bytes([bytes[0], bytes[1]]);
        let kind = MessageType::from_u16(kind).expect("a known type");
        Some((Message::decode(kind, &bytes[8..]).expect("a message"), fds))
    }

    /// Header and payload of the next message, not looked into.
    pub fn hear_bytes(&self) -> Option<(Vec<u8>, Vec<OwnedFd>)> {
        let mut bytes = vec![0; 8];
        let fds = self.read(&mut bytes)?;
        let length = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        bytes.resize(8 + length as usize, 0);
        // Nothing to read is read at once.
        self.read(&mut bytes[8..])?;
        Some((bytes, fds))
    }

    /// Fills `buffer`; `None` at the end of the connection.
    fn read(&self, buffer: &mut [u8]) -> Option<Vec<OwnedFd>> {
        let (mut filled, mut fds) = (0, Vec::new());
        while filled < buffer.len() {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let rest = &mut [IoSliceMut::new(&mut buffer[filled..])];
            let flags = RecvFlags::CMSG_CLOEXEC;
            let got = match recvmsg(&self.stream, rest, &mut control, flags) {
                Ok(got) => got.bytes,
                Err(rustix::io::Errno::CONNRESET) => 0,
                // What has a limit of time does not go on by itself.
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => panic!("hang: nothing came ({error})"),
            };
            if got == 0 {
                return None;
            }
            filled += got;
            for message in control.drain() {
                if let RecvAncillaryMessage::ScmRights(more) = message {
                    fds.extend(more);
                }
            }
        }
        Some(fds)
    }

    /// The ERROR that has to come, and nothing after it.
    pub fn expect_refusal(&self) -> (ErrorCode, String) {
        match self.hear() {
            Some((Message::Error(ErrorMessage { number, text }), _)) => {
                self.expect_closed();
                (ErrorCode::from_i32(number).expect("a code"), text)
            }
            other => panic!("expected ERROR, got {other:?}"),
        }
    }

    /// Nothing but the end of the connection.
    pub fn expect_closed(&self) {
        match self.hear() {
            None => {}
            other => panic!("expected the end, got {other:?}"),
        }
    }

    /// The HELLO_RESP that has to come.
    pub fn expect_welcome(&self) -> (HelloResponse, Vec<OwnedFd>) {
        match self.hear() {
            Some((Message::HelloResponse(response), fds)) => (response, fds),
            other => panic!("expected HELLO_RESP, got {other:?}"),
        }
    }

    /// Joins as `name` and keeps its page.
    pub fn join(key: &str, name: &str, mode: Mode) -> Joined {
        let raw = Raw::connect(key);
        raw.say(MessageType::HelloRequest, hello(name, mode).as_bytes());
        let (response, descriptors) = raw.expect_welcome();
        let attached = Attached {
            index: response.index,
            capabilities: response.capabilities,
        };
        raw.say(MessageType::Attached, attached.as_bytes());
        let place = fds::position(response.fd_mask, fds::PAGE).expect("a page");
        let page = descriptors.into_iter().nth(place).expect("a page");
        Joined {
            raw,
            response,
            page: Page::of(page),
        }
    }
}

impl AsFd for Raw {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// A subscription by hand.
#[derive(Debug)]
pub struct Joined {
    pub raw: Raw,
    pub response: HelloResponse,
    pub page: Page,
}

/// A subscriber page, written by its file.
#[derive(Debug)]
pub struct Page(File);

impl Page {
    /// The page of this descriptor.
    pub fn of(descriptor: OwnedFd) -> Page {
        Page(File::from(descriptor))
    }

    /// Writes the word at `offset`.
    pub fn write(&self, offset: usize, value: u64) {
        self.0
            .write_all_at(&value.to_le_bytes(), offset as u64)
            .expect("page");
    }

    /// Reads the u32 at `offset`.
    pub fn read_u32(&self, offset: usize) -> u32 {
        let mut bytes = [0; 4];
        self.0
            .read_exact_at(&mut bytes, offset as u64)
            .expect("page");
        u32::from_le_bytes(bytes)
    }
}

/// A HELLO_REQ like the library's own.
pub fn hello(name: &str, mode: Mode) -> HelloRequest {
    let name = ConsumerName::new(name).expect("a name");
    let capabilities = capability::FD_PASSING | capability::HOST | capability::NOTIFY;
    HelloRequest::new(&name, mode, capabilities)
}
