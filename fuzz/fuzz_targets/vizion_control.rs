//! Whatever a client sends: `scan` never panics, agrees with serde_json on what is complete, and
//! says it at the first byte at which it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use vizion::control::{Answer, MAX_ANSWER, MAX_REQUEST, RequestError, Scanned, scan};

fuzz_target!(|bytes: &[u8]| {
    match scan(bytes) {
        Scanned::Complete { request, length } => {
            let object = object(&bytes[..length]).expect("serde_json takes it too");
            assert_eq!(object.get("command"), Some(&Value::from(request.command)));
            let params = object.get("params").and_then(Value::as_object).cloned();
            assert_eq!(params.unwrap_or_default(), request.params);
            let keep = object.get("keep_alive").and_then(Value::as_bool);
            assert_eq!(keep.unwrap_or(false), request.keep_alive);
            assert_eq!(object.get("request_id"), request.request_id.as_ref());
            all_incomplete_before(bytes, length);
            answer(request.request_id);
        }
        Scanned::Incomplete => {
            assert!(bytes.len() < MAX_REQUEST && object(bytes).is_none());
            // What began well still does without its last byte.
            all_incomplete_before(bytes, bytes.len());
        }
        Scanned::Invalid(error) => invalid(bytes, &error),
    }
});

/// The whole of `bytes`, if that is an object.
fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(bytes).ok()
}

/// Prefixes of a request are requests to come. Some of them are tried: all would be quadratic.
fn all_incomplete_before(bytes: &[u8], end: usize) {
    let few = (0..end).step_by(1 + end / 16);
    for cut in few.chain(end.checked_sub(1)) {
        assert!(matches!(scan(&bytes[..cut]), Scanned::Incomplete), "{cut}");
    }
}

fn invalid(bytes: &[u8], error: &RequestError) {
    let whole = object(bytes);
    match error {
        RequestError::NotAnObject | RequestError::NotJson(_) | RequestError::NotText(_) => {
            assert!(whole.is_none());
        }
        RequestError::TooLong => assert!(bytes.len() >= MAX_REQUEST),
        RequestError::NoCommand => {
            assert!(whole.is_none_or(|object| !object.contains_key("command")));
        }
        RequestError::WrongType { member, .. } => {
            assert!(whole.is_none_or(|object| object.contains_key(*member)));
        }
        RequestError::LongRequestId => {
            assert!(whole.is_none_or(|object| object.contains_key("request_id")));
        }
    }
    let line = Answer::error(&error.to_string())
        .with("code", "invalid")
        .to_line();
    assert!(line.len() <= MAX_ANSWER && line.ends_with("\"code\":\"invalid\"}\n"));
}

/// Whatever is repeated, the answer is one line that fits.
fn answer(request_id: Option<Value>) {
    let mut answer = Answer::error(&"\u{1}".repeat(10_000));
    if let Some(id) = request_id {
        answer = answer.with("request_id", id);
    }
    let line = answer.to_line();
    assert!(line.len() <= MAX_ANSWER && line.find('\n') == Some(line.len() - 1));
    assert!(object(line.as_bytes()).is_some_and(|answer| !answer.contains_key("code")));
}
