//! What a client asks for, and the answer's head.

use std::io::{self, Read};
use std::time::{Duration, Instant};

/// Longest request.
const MAX_REQUEST: usize = 8192;
/// Whoever takes longer to ask does not ask.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The frames.
    Frames,
    /// How they would be sent.
    Head,
    /// Something else: the answer's status line.
    Other(&'static str),
}

/// Reads a request up to its empty line; `limit` is set as the client's time-out before each read.
pub fn read(
    client: &mut impl Read,
    mut limit: impl FnMut(Duration) -> io::Result<()>,
) -> io::Result<Wish> {
    let began = Instant::now();
    let mut request = Vec::new();
    let mut some = [0; 1024];
    while !is_whole(&request) {
        let rest = PATIENCE.saturating_sub(began.elapsed());
        if rest.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if request.len() > MAX_REQUEST {
            return Ok(Wish::Other("431 Request Header Fields Too Large"));
        }
        limit(rest)?;
        match client.read(&mut some)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => request.extend_from_slice(&some[..count]),
        }
    }
    Ok(wish(&request))
}

fn is_whole(request: &[u8]) -> bool {
    let ends = |end: &[u8]| request.windows(end.len()).any(|window| window == end);
    ends(b"\r\n\r\n") || ends(b"\n\n")
}

fn wish(request: &[u8]) -> Wish {
    let line = request.split(|&byte| byte == b'\n').next();
    let line = String::from_utf8_lossy(line.unwrap_or_default());
    let mut words = line.split_ascii_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("GET"), Some(_), Some(_)) => Wish::Frames,
        (Some("HEAD"), Some(_), Some(_)) => Wish::Head,
        (Some(_), Some(_), Some(version)) if version.starts_with("HTTP/") => {
            Wish::Other("405 Method Not Allowed")
        }
        _ => Wish::Other("400 Bad Request"),
    }
}

/// The head of the answer to those who get the frames.
pub fn head(boundary: &str) -> String {
    format!(
        "HTTP/1.0 200 OK\r\n\
         Content-Type: multipart/x-mixed-replace;boundary={boundary}\r\n\
         Cache-Control: no-store\r\n\
         Connection: close\r\n\r\n"
    )
}

/// The answer to the others.
pub fn refusal(status: &str) -> String {
    format!(
        "HTTP/1.0 {status}\r\nAllow: GET, HEAD\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(request: &[u8]) -> io::Result<Wish> {
        read(&mut &request[..], |_| Ok(()))
    }

    #[test]
    fn requests_as_programs_send_them() {
        let curl =
            b"GET / HTTP/1.1\r\nHost: a:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n";
        assert_eq!(read_all(curl).expect("whole"), Wish::Frames);
        let head = b"HEAD /x HTTP/1.0\n\n";
        assert_eq!(read_all(head).expect("whole"), Wish::Head);
    }

    #[test]
    fn what_is_no_request_for_frames_is_refused() {
        let other = |request: &[u8]| match read_all(request) {
            Ok(Wish::Other(status)) => status.to_owned(),
            wish => format!("{wish:?}"),
        };
        assert!(other(b"POST / HTTP/1.1\r\n\r\n").starts_with("405"));
        assert!(other(b"\r\n\r\n").starts_with("400"));
        assert!(other(b"\xff\x00\r\n\r\n").starts_with("400"));
        assert!(other(&[b'x'; 100_000]).starts_with("431"));
        let half = read_all(b"GET / HTTP/1.1\r\n").expect_err("it is not whole");
        assert_eq!(half.kind(), io::ErrorKind::UnexpectedEof);
    }
}
