//! Requests that come whole, in pieces, and never.

use super::*;
use proptest::prelude::*;

fn complete(bytes: &[u8]) -> (Request, usize) {
    match scan(bytes) {
        Scanned::Complete { request, length } => (request, length),
        other => panic!("{other:?}"),
    }
}

fn invalid(bytes: &[u8]) -> String {
    match scan(bytes) {
        Scanned::Invalid(error) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

fn is_incomplete(bytes: &[u8]) -> bool {
    matches!(scan(bytes), Scanned::Incomplete)
}

#[test]
fn the_first_complete_object_counts() {
    let line = br#"{"command":"set_gain","params":{"value":"0"}}"#;
    let (request, length) = complete(line);
    assert_eq!((request.command.as_str(), length), ("set_gain", line.len()));
    assert_eq!(request.params.get("value"), Some(&Value::from("0")));
    assert_eq!((request.keep_alive, request.request_id), (false, None));
    for end in 0..line.len() {
        let part = line.get(..end).unwrap_or_default();
        assert!(is_incomplete(part), "the first {end} bytes");
    }
    let two = br#" {"command":"a"}{"command":"b"}"#;
    let (first, length) = complete(two);
    assert_eq!((first.command.as_str(), length), ("a", 16));
    let (second, _) = complete(two.get(length..).unwrap_or_default());
    assert_eq!(second.command, "b");
    let (before_noise, length) = complete(b"{\"command\":\"a\"}\xff\x00");
    assert_eq!((before_noise.command.as_str(), length), ("a", 15));
}

#[test]
fn extensions_are_read() {
    let (request, _) =
        complete(br#"{"command":"a","params":null,"keep_alive":true,"request_id":7}"#);
    assert_eq!(request.params, Map::new());
    assert!(request.keep_alive);
    assert_eq!(request.request_id, Some(Value::from(7)));
}

#[test]
fn what_cannot_become_a_request_is_invalid_at_once() {
    for (bytes, message) in [
        (b"\xff".as_slice(), "not a JSON object"),
        (b"\0\0\0", "not a JSON object"),
        (b"[", "not a JSON object"),
        (b"\n\n12", "not a JSON object"),
        (b"\"", "not a JSON object"),
        (b"GET / HTTP/1.1", "not a JSON object"),
        (b"{]", "not JSON"),
        (b"{\"command\":\"a\",}", "not JSON"),
        (b"{\"command\":\"\x01", "not JSON"),
        (b"{\"command\":\"\xff", "not UTF-8 at byte 12"),
        (b"{\"command\":\"\xff\"}", "not JSON"),
        (b"{}", "has no \"command\""),
        (b"{\"command\":7}", "\"command\" is not a string"),
        (
            b"{\"command\":\"a\",\"params\":[]}",
            "\"params\" is not an object",
        ),
        (
            b"{\"command\":\"a\",\"keep_alive\":\"yes\"}",
            "\"keep_alive\" is not true or false",
        ),
    ] {
        let said = invalid(bytes);
        assert!(said.contains(message), "{bytes:?}: {said}");
    }
    // The first byte of a character that has two.
    assert!(is_incomplete(b"{\"command\":\"\xc3"));
}

#[test]
fn size_and_nesting_have_limits() {
    let nested = |open: &str| [r#"{"command":"#, &open.repeat(MAX_REQUEST)].concat();
    for open in ["[", "{\"a\":"] {
        assert!(
            invalid(nested(open).as_bytes()).contains("recursion limit"),
            "{open}"
        );
    }
    let of_size = |size: usize| {
        let frame = r#"{"command":""}"#.len();
        format!(r#"{{"command":"{}"}}"#, "x".repeat(size - frame))
    };
    let (_, length) = complete(of_size(MAX_REQUEST).as_bytes());
    assert_eq!(length, MAX_REQUEST);
    let longer = of_size(MAX_REQUEST + 1);
    assert!(invalid(longer.as_bytes()).contains("longer than 65536"));
    let begun = longer.as_bytes().get(..MAX_REQUEST - 1).unwrap_or_default();
    assert!(is_incomplete(begun));
    assert!(is_incomplete(&[b' '; MAX_REQUEST - 1]));
    assert!(invalid(&[b' '; MAX_REQUEST]).contains("longer than 65536"));
    let id = |length| {
        let id = "x".repeat(length);
        format!(r#"{{"command":"a","request_id":"{id}"}}"#)
    };
    complete(id(MAX_REQUEST_ID - 2).as_bytes());
    assert!(invalid(id(MAX_REQUEST_ID - 1).as_bytes()).contains("request_id"));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".{0,5}", inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_request_is_found_when_it_is_complete_and_not_before(
        command in ".{0,20}",
        params in prop::collection::vec((".{0,8}", any_value()), 0..4),
        rest in prop::collection::vec(any::<u8>(), 0..20),
    ) {
        let params: Map<String, Value> = params.into_iter().collect();
        let line = serde_json::json!({ "command": command, "params": params }).to_string();
        for end in 0..line.len() {
            prop_assert!(is_incomplete(line.as_bytes().get(..end).unwrap_or_default()));
        }
        let bytes = [line.as_bytes(), &rest].concat();
        let (request, length) = complete(&bytes);
        prop_assert_eq!((request.command, request.params), (command, params));
        prop_assert_eq!(length, line.len());
    }
}
