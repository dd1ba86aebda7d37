//! Saying HELLO and hearing the answer.

use std::time::{Duration, Instant};

use zerocopy::IntoBytes;

use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::session::connection::{Arrival, Connection};
use crate::sys::{self, Fd};
use crate::wire::{HelloGrant, HelloRequest, HelloResponse, Message, MessageType, fds};

/// How long a publisher that is there may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// The descriptors of a HELLO_RESP, by the bit of the mask.
#[derive(Debug)]
pub(super) struct Descriptors {
    mask: u32,
    fds: Vec<Option<Fd>>,
}

impl Descriptors {
    pub(super) fn take(&mut self, bit: u32, key: &str) -> Result<Fd> {
        let position = fds::position(self.mask, bit);
        let fd = position.and_then(|position| self.fds.get_mut(position)?.take());
        fd.ok_or_else(|| Error::Protocol {
            key: key.to_owned(),
            what: format!("HELLO_RESP brought no descriptor for bit {bit} of its mask"),
        })
    }
}

/// HELLO_RESP, checked.
#[derive(Debug)]
pub(super) struct Answer {
    pub grant: HelloGrant,
    pub descriptors: Descriptors,
}

/// Says HELLO and waits for the answer.
pub(super) fn ask(key: &str, connection: &mut Connection, hello: &HelloRequest) -> Result<Answer> {
    // Who refuses us before it hears us has closed already: its reason is there to be read.
    let _ = connection.send(MessageType::HelloRequest, hello.as_bytes(), &[]);
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

pub(super) fn wait_message(key: &str, connection: &mut Connection) -> Result<(Message, Vec<Fd>)> {
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

pub(super) fn unexpected(key: &str, message: &Message) -> Error {
    Error::Protocol {
        key: key.to_owned(),
        what: format!("it answered HELLO with {message:?}"),
    }
}
