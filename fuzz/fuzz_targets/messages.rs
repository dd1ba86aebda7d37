//! Whatever a peer sends: headers and payloads are refused or read, never a panic, and what is
//! accepted says the same when it is written again.
#![no_main]

use cuframes::wire::{
    ErrorMessage, HelloRequest, Message, MessageHeader, MessageType, encode_stats,
};
use libfuzzer_sys::fuzz_target;
use zerocopy::IntoBytes;

fuzz_target!(|bytes: &[u8]| {
    let Some((header, payload)) = bytes.split_first_chunk::<8>() else {
        return;
    };
    let Ok(incoming) = MessageHeader::parse(header) else {
        return;
    };
    let _ = incoming.check_fds(usize::from(header[7]));
    let Some(kind) = incoming.kind else {
        return;
    };
    let payload = &payload[..incoming.length.min(payload.len())];
    if let Ok(message) = Message::decode(kind, payload) {
        check(message, payload);
    }
});

fn check(message: Message, payload: &[u8]) {
    match message {
        Message::HelloRequest(hello) => {
            assert_eq!(hello.as_bytes(), payload);
            if let Ok(valid) = hello.validate() {
                let _ = valid.agree(2, 1);
                assert!(valid.is_observer() || valid.name.is_some());
            }
        }
        Message::HelloResponse(response) => {
            assert_eq!(response.as_bytes(), payload);
            let fds = response.fd_mask.count_ones() as usize;
            if let Ok(grant) = response.validate(fds) {
                assert!(grant.is_observer() || grant.max_leases > 0);
                if let Ok(request) = HelloRequest::parse(&payload[..128]) {
                    let _ = grant.answers(&request);
                }
            }
        }
        Message::Error(error) => {
            let again = ErrorMessage::parse(&error.encode()).expect("our own ERROR is readable");
            assert_eq!(again.code(), error.code());
        }
        Message::Stats(rows) => {
            let framed = encode_stats(&rows);
            assert_eq!(framed.len(), 1);
            let again = Message::decode(MessageType::Stats, &framed[0][8..]);
            assert!(matches!(again, Ok(Message::Stats(same)) if same == rows));
        }
        _ => {}
    }
}
