//! Whatever an engine says of a frame that it lends: it is refused in few words, or it is what a
//! parser of JSON says that it is, and says the same when it is written again. Where planes are that
//! nobody says, they are one behind the other.
#![no_main]

use frame_lending::format::Format;
use frame_lending::message::{PlanePlace, Send, SendExtras, parse_send};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|bytes: &[u8]| {
    match parse_send(bytes) {
        Ok(send) => {
            let read: Map<String, Value> = serde_json::from_slice(bytes).expect("an object");
            same(&read, &send);
            match &send.extras {
                Some(extras) => same_extras(&read, extras),
                // It has no such member, or parse_send would have looked at the others.
                None => assert!(!read.contains_key("v")),
            }
            tight(&send);
            assert_eq!(parse_send(&send.to_json()), Ok(send));
        }
        Err(error) => assert!(error.to_string().chars().count() < 400, "{error}"),
    }
});

fn same(read: &Map<String, Value>, send: &Send) {
    assert_eq!(read["direction"], "send");
    assert_eq!(read["stream_id"], send.stream_id);
    assert_eq!(read["sequence"].as_i64(), Some(send.sequence));
    assert_eq!(read["width"], send.width);
    assert_eq!(read["height"], send.height);
    assert_eq!(read["format"], send.format);
    assert_eq!(read["timestamp"].as_i64(), Some(send.timestamp));
    assert!(send.sequence >= 0);
}

fn same_extras(read: &Map<String, Value>, extras: &SendExtras) {
    assert_eq!(read["v"], extras.v);
    assert_eq!(read["size"].as_u64(), Some(extras.size));
    assert_eq!(read["fourcc"], extras.fourcc);
    assert_eq!(read["modifier"].as_u64(), Some(extras.modifier));
    assert_eq!(read["buffer_id"].as_u64(), Some(extras.buffer_id));
    assert_eq!(read["clock"], extras.clock);
    assert_eq!(read["deadline_ns"].as_i64(), Some(extras.deadline_ns));
    let planes = read["planes"].as_array().expect("an array");
    assert_eq!(planes.len(), extras.planes.len());
    for (plane, place) in planes.iter().zip(&extras.planes) {
        assert_eq!(plane["offset"].as_u64(), Some(place.offset));
        assert_eq!(plane["stride"], place.stride);
        assert_eq!(plane["size"].as_u64(), Some(place.size));
    }
}

fn tight(send: &Send) {
    let format = Format::named(&send.format);
    let planes = format.and_then(|format| format.tight(send.width, send.height));
    let mut end = 0;
    for PlanePlace {
        offset,
        stride,
        size,
    } in planes.into_iter().flatten()
    {
        assert_eq!(offset, end);
        assert!(stride > 0 && size % u64::from(stride) == 0 && size > 0);
        end += size;
    }
}
