//! The short messages: ATTACHED, DETACH, RECONFIGURE, ERROR and CLOSE.

use super::{ErrorCode, MAX_PAYLOAD, WireError};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Payload of ATTACHED, 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Attached {
    /// The index of HELLO_RESP, 0 for observers.
    pub index: u32,
    /// The capability bits that the subscriber really uses.
    pub capabilities: u32,
}

/// Payload of DETACH, 4 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Detach {
    /// A [`DetachReason`].
    pub reason: u32,
}

/// Payload of RECONFIGURE, 8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Reconfigure {
    /// The newer epoch.
    pub epoch: u64,
}

/// Payload of CLOSE, 4 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct Close {
    /// A [`CloseReason`].
    pub reason: u32,
}

layout!(Attached, 8, { index: 0x00, capabilities: 0x04 });
layout!(Detach, 4, { reason: 0x00 });
layout!(Reconfigure, 8, { epoch: 0x00 });
layout!(Close, 4, { reason: 0x00 });

/// Reads a struct of exactly the payload's length.
fn exact<T: FromBytes + KnownLayout + Immutable>(
    payload: &[u8],
    what: &'static str,
    expected: &'static str,
) -> Result<T, WireError> {
    T::read_from_bytes(payload).map_err(|_| WireError::Length {
        what,
        expected,
        actual: payload.len() as u64,
    })
}

impl Attached {
    /// Takes the payload apart; it must have 8 bytes.
    pub fn parse(payload: &[u8]) -> Result<Attached, WireError> {
        exact(payload, "ATTACHED", "8")
    }

    /// Checks, on the publisher's side, that it answers the HELLO_RESP with this index
    /// and these granted capabilities. Unknown bits are ignored.
    pub fn validate(&self, index: u32, granted: u32) -> Result<(), WireError> {
        if self.index != index {
            return Err(WireError::Field {
                field: "ATTACHED.index",
                value: self.index.into(),
                allowed: "the index of HELLO_RESP",
            });
        }
        let used = self.capabilities & super::capability::ALL;
        if used & !granted != 0 {
            return Err(WireError::Field {
                field: "ATTACHED.capabilities",
                value: used.into(),
                allowed: "only bits that HELLO_RESP granted",
            });
        }
        Ok(())
    }
}

/// Why a subscriber leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum DetachReason {
    /// It is done.
    Normal = 0,
    /// It failed.
    Error = 1,
}

impl Detach {
    /// Takes the payload apart; it must have 4 bytes.
    pub fn parse(payload: &[u8]) -> Result<Detach, WireError> {
        exact(payload, "DETACH", "4")
    }

    /// The reason; a number that is none counts as an error, for the peer leaves anyhow.
    #[must_use]
    pub const fn reason(&self) -> DetachReason {
        match self.reason {
            0 => DetachReason::Normal,
            _ => DetachReason::Error,
        }
    }
}

impl Reconfigure {
    /// Takes the payload apart; it must have 8 bytes.
    pub fn parse(payload: &[u8]) -> Result<Reconfigure, WireError> {
        exact(payload, "RECONFIGURE", "8")
    }
}

/// Why a publisher ends a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum CloseReason {
    /// The stream is over.
    EndOfStream = 1,
    /// The publisher goes down and may come back.
    Shutdown = 2,
    /// This subscriber was evicted.
    Evicted = 3,
}

impl Close {
    /// Takes the payload apart; it must have 4 bytes.
    pub fn parse(payload: &[u8]) -> Result<Close, WireError> {
        exact(payload, "CLOSE", "4")
    }

    /// The reason; others than 1 to 3 are refused.
    pub fn validate(&self) -> Result<CloseReason, WireError> {
        match self.reason {
            1 => Ok(CloseReason::EndOfStream),
            2 => Ok(CloseReason::Shutdown),
            3 => Ok(CloseReason::Evicted),
            _ => Err(WireError::Field {
                field: "CLOSE.reason",
                value: self.reason.into(),
                allowed: "1 end of stream, 2 shutdown, 3 evicted",
            }),
        }
    }
}

/// Payload of ERROR: a code and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorMessage {
    /// The number as it was sent; [`code`](ErrorMessage::code) is what it means.
    pub number: i32,
    /// The sentence, without control characters.
    pub text: String,
}

impl ErrorMessage {
    /// Bytes of the code before the sentence.
    const CODE_SIZE: usize = 4;

    /// An error to be sent.
    #[must_use]
    pub fn new(code: ErrorCode, text: &str) -> ErrorMessage {
        ErrorMessage {
            number: code.as_i32(),
            text: text.to_owned(),
        }
    }

    /// What the number means; one that this version does not know, or that is no error, is PROTOCOL.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match ErrorCode::from_i32(self.number) {
            None | Some(ErrorCode::Ok) => ErrorCode::Protocol,
            Some(code) => code,
        }
    }

    /// Takes a payload apart. The sentence is shown to people and never trusted: what is
    /// not UTF-8 or a control character comes out as U+FFFD.
    pub fn parse(payload: &[u8]) -> Result<ErrorMessage, WireError> {
        let Some((code, text)) = payload.split_first_chunk::<{ Self::CODE_SIZE }>() else {
            let actual = payload.len() as u64;
            return Err(WireError::Length {
                what: "ERROR",
                expected: "4 or more",
                actual,
            });
        };
        let printable = |c: char| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        };
        let text = String::from_utf8_lossy(text)
            .chars()
            .map(printable)
            .collect();
        Ok(ErrorMessage {
            number: i32::from_le_bytes(*code),
            text,
        })
    }

    /// The payload; a sentence that is too long is cut between characters.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let end = self.text.floor_char_boundary(MAX_PAYLOAD - Self::CODE_SIZE);
        let text = self.text.get(..end).unwrap_or_default();
        let mut payload = self.number.to_le_bytes().to_vec();
        payload.extend_from_slice(text.as_bytes());
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::capability;

    #[test]
    fn attached_must_answer_its_hello_resp() {
        let attached = Attached {
            index: 3,
            capabilities: capability::HOST | 1 << 31,
        };
        assert_eq!(attached.validate(3, capability::HOST), Ok(()));
        assert!(attached.validate(4, capability::HOST).is_err());
        assert!(attached.validate(3, capability::DMABUF).is_err());
    }

    #[test]
    fn reasons() {
        assert_eq!(Detach { reason: 0 }.reason(), DetachReason::Normal);
        assert_eq!(Detach { reason: 7 }.reason(), DetachReason::Error);
        assert_eq!(Close { reason: 3 }.validate(), Ok(CloseReason::Evicted));
        assert!(Close { reason: 0 }.validate().is_err() && Close { reason: 4 }.validate().is_err());
    }

    #[test]
    fn reconfigure_is_eight_bytes() {
        let golden = [1, 2, 3, 4, 5, 6, 7, 8];
        let message = Reconfigure {
            epoch: 0x0807_0605_0403_0201,
        };
        assert_eq!(message.as_bytes(), golden);
        assert_eq!(Reconfigure::parse(&golden), Ok(message));
    }

    #[test]
    fn an_error_goes_there_and_back() {
        let error = ErrorMessage::new(ErrorCode::Evicted, "lease of slot 3 is 6 s old");
        let payload = error.encode();
        assert_eq!(payload[..4], [0xF4, 0xFF, 0xFF, 0xFF]);
        assert_eq!(ErrorMessage::parse(&payload), Ok(error));
    }

    #[test]
    fn a_long_sentence_is_cut_between_characters() {
        let payload =
            ErrorMessage::new(ErrorCode::System, &format!("x{}", "é".repeat(4096))).encode();
        assert_eq!(payload.len(), 4095);
        let back = ErrorMessage::parse(&payload).expect("valid");
        assert!(!back.text.contains(char::REPLACEMENT_CHARACTER));
    }

    #[test]
    fn hostile_sentences_and_codes_become_harmless() {
        let parsed = ErrorMessage::parse(b"\x05\0\0\0\x1B[2Jhi\xFF").expect("parsed");
        assert_eq!(parsed.text, "\u{FFFD}[2Jhi\u{FFFD}");
        assert_eq!(parsed.code(), ErrorCode::Protocol);
        assert_eq!(
            ErrorMessage::parse(&[0; 4]).map(|e| e.code()),
            Ok(ErrorCode::Protocol)
        );
        assert!(ErrorMessage::parse(&[0; 3]).is_err());
    }
}
