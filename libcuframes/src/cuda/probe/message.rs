//! What is asked of the helper, and what it answers.

/// Bytes of a request.
pub const REQUEST_SIZE: usize = 1 + 16 + 64;

/// What the helper is to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Memory, with the pattern of the trial in it.
    Memory,
    /// An event that has been recorded.
    Event,
}

/// A question to the helper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    pub kind: Kind,
    pub device_uuid: [u8; 16],
    pub handle: [u8; 64],
}

impl Request {
    pub fn to_bytes(self) -> [u8; REQUEST_SIZE] {
        let mut bytes = [0; REQUEST_SIZE];
        bytes[0] = self.kind as u8;
        bytes[1..17].copy_from_slice(&self.device_uuid);
        bytes[17..].copy_from_slice(&self.handle);
        bytes
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Request> {
        let (&kind, rest) = bytes.split_first()?;
        let (uuid, handle) = rest.split_first_chunk()?;
        Some(Request {
            kind: [Kind::Memory, Kind::Event]
                .into_iter()
                .find(|known| *known as u8 == kind)?,
            device_uuid: *uuid,
            handle: handle.try_into().ok()?,
        })
    }
}

/// The helper's answer, one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It could be opened, and is what it should be.
    Works,
    /// It could be opened, and has other bytes in it.
    OtherBytes,
    /// The driver refused it.
    Refused {
        call: String,
        code: i32,
        name: String,
    },
    /// The helper could not even try.
    Failed(String),
}

impl Answer {
    pub fn to_line(&self) -> String {
        match self {
            Answer::Works => "works\n".to_owned(),
            Answer::OtherBytes => "other bytes\n".to_owned(),
            Answer::Refused { call, code, name } => format!("refused {call} {code} {name}\n"),
            // A sentence of somebody else's may have lines.
            Answer::Failed(why) => format!("failed {}\n", why.replace('\n', " ")),
        }
    }

    pub fn from_line(line: &str) -> Option<Answer> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, rest) {
            ("works", "") => Some(Answer::Works),
            ("other", "bytes") => Some(Answer::OtherBytes),
            ("failed", why) => Some(Answer::Failed(why.to_owned())),
            ("refused", rest) => {
                let (call, rest) = rest.split_once(' ')?;
                let (code, name) = rest.split_once(' ')?;
                Some(Answer::Refused {
                    call: call.to_owned(),
                    code: code.parse().ok()?,
                    name: name.to_owned(),
                })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_comes_back_and_others_are_none() {
        for kind in [Kind::Memory, Kind::Event] {
            let request = Request {
                kind,
                device_uuid: [7; 16],
                handle: std::array::from_fn(|index| index as u8),
            };
            let bytes = request.to_bytes();
            assert_eq!(Request::from_bytes(&bytes), Some(request));
            assert_eq!(Request::from_bytes(&bytes[..80]), None);
        }
        assert_eq!(Request::from_bytes(&[9; REQUEST_SIZE]), None);
        assert_eq!(Request::from_bytes(&[]), None);
    }

    #[test]
    fn an_answer_comes_back_and_others_are_none() {
        let refused = Answer::Refused {
            call: "cuIpcOpenMemHandle".to_owned(),
            code: 201,
            name: "CUDA_ERROR_INVALID_CONTEXT".to_owned(),
        };
        let failed = Answer::Failed("no driver here".to_owned());
        for answer in [Answer::Works, Answer::OtherBytes, refused, failed] {
            let line = answer.to_line();
            let line = line.strip_suffix('\n').expect("one line");
            assert_eq!(Answer::from_line(line), Some(answer));
        }
        for wrong in ["", "works not", "refused", "refused a b c", "other"] {
            assert_eq!(Answer::from_line(wrong), None, "{wrong}");
        }
        let lines = Answer::Failed("two\nlines".to_owned()).to_line();
        assert_eq!(lines, "failed two lines\n");
    }
}
