//! Names and sizes that shared memory cannot have, commands that there are not, and requests that
//! are none.

use serde_json::{Value, json};

use crate::support::{Daemon, EHDR, error, segment, unique_name};

#[test]
fn names_and_sizes_of_shared_memory_that_cannot_be() {
    let daemon = Daemon::start(EHDR);
    let name = unique_name();
    let long = "x".repeat(251);
    let mut bad: Vec<(Value, &str)> = vec![
        (json!({ "name": "" }), "it is empty"),
        (json!({ "name": "/" }), "it is empty"),
        (
            json!({ "name": "/a/b" }),
            "it has a slash elsewhere than in front",
        ),
        (json!({ "name": "../etc/passwd" }), "it has a slash"),
        (json!({ "name": "/.." }), "it has two dots in a row"),
        (json!({ "name": "." }), "it is a folder's"),
        (json!({ "name": "a\0b" }), "it has a zero byte"),
        (json!({ "name": long }), "it is longer than 250 bytes"),
    ];
    for size in ["0", "127", "128"] {
        let params = json!({ "name": name, "buffer_size": size });
        bad.push((params, "its header alone has 128"));
    }
    for size in ["9223372036854775808", "18446744073709551615"] {
        let params = json!({ "name": name, "buffer_size": size });
        bad.push((params, "cannot have"));
    }
    for size in ["-1", "18446744073709551616"] {
        let params = json!({ "name": name, "buffer_size": size });
        bad.push((params, "parameter 'buffer_size' is out of range"));
    }
    for (params, said) in bad {
        let answer = daemon.say("enable_shared_memory", &params.to_string());
        let refused = answer.starts_with(r#"{"status":"error","message":""#);
        assert!(refused && answer.contains(said), "{params}: {answer}");
        let status = daemon.say("get_shared_memory_status", "");
        assert_eq!(
            status,
            r#"{"status":"success","shared_memory_enabled":false}"#
        );
    }
    assert!(!segment(&name).exists());
    daemon.end();
}

#[test]
fn what_is_no_command_and_what_is_no_request() {
    let daemon = Daemon::start(EHDR);
    for name in [
        "",
        "get_format",
        "GET_FORMATS",
        "get_formats ",
        "../get_formats",
        "ü",
    ] {
        let said = format!("there is no command '{name}'; list_commands tells which are");
        assert_eq!(daemon.say(name, ""), error(&said, "unknown_command"));
    }
    let long = daemon.say(&"x".repeat(60_000), "");
    assert!(
        long.contains("there is no command 'xxx") && long.contains("..."),
        "{long}"
    );

    let nested = [
        br#"{"command":"get_status","params":"#.as_slice(),
        &[b'['; 65_536],
    ]
    .concat();
    let params = br#"{"command":"get_status","params":[1]}"#;
    for (bytes, said) in [
        (nested.as_slice(), "recursion limit"),
        (params, r#"\"params\" is not an object"#),
        (br#"{"params":{}}"#, r#"has no \"command\""#),
        (b"\x00\x01\x02", "not a JSON object"),
        (b"\x7fELF\x02\x01\x01", "not a JSON object"),
        (b"{\"command\":\"\xc3\x28\"}", "not JSON"),
    ] {
        let answer = daemon.exchange(bytes);
        let refused = answer.starts_with(r#"{"status":"error","message":""#);
        assert!(refused && answer.contains(said), "{answer}");
        assert!(answer.ends_with(r#","code":"invalid"}"#), "{answer}");
    }
    let status = r#"{"status":"success","streaming":false,"pipeline":"","state":"stopped"}"#;
    let two = br#"{"command":"get_status"}{"command":"start_stream"}"#;
    assert_eq!(daemon.exchange(two), status);
    assert_eq!(
        daemon.say("get_status", ""),
        status,
        "the second is not obeyed"
    );
    daemon.end();
}
