//! What a consumer is answered whose message is none.

use crate::message::{ErrorInfo, Return, Status};

/// An error in the shape of a return. It names no frame, since the message may name any, and frees
/// none.
pub fn answer(code: &str, message: String, now: i64) -> Vec<u8> {
    let answer = Return {
        stream_id: String::new(),
        sequence: 0,
        width: None,
        height: None,
        inference_time: 0,
        status: Status::Error,
        model_name: String::new(),
        timestamp: now,
        detections: None,
        frame_timestamp: None,
        error: Some(ErrorInfo {
            code: code.to_owned(),
            message,
        }),
    };
    answer.to_json()
}
