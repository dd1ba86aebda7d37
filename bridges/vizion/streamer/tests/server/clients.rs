//! Clients as the documentation of VizionStreamer has them, and those that stay.

use std::io::{BufRead, BufReader, Write};
use std::net::Shutdown;

use serde_json::{Value, json};

use crate::support::{Running, echo, read_all, request};

fn stdout(running: &Running, line: &str) -> String {
    let output = running.shell(line);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{line}: {output:?}"
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn every_documented_client_gets_its_answer() {
    let running = Running::start();
    let python = r#"python3 -c '
import json, socket
client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
client.connect("SOCKET")
client.send(json.dumps({"command": "python"}).encode())
print(client.recv(4096).decode(), end="")
assert client.recv(4096) == b""
'"#;
    let lines = [
        (
            r#"echo '{"command":"socat"}' | socat - UNIX-CONNECT:SOCKET"#,
            "socat",
        ),
        (r#"echo '{"command":"nc"}' | nc -U SOCKET"#, "nc"),
        (r#"printf '{"command":"bare"}' | nc -N -U SOCKET"#, "bare"),
        (python, "python"),
    ];
    for ((line, command), asked) in lines.into_iter().zip(0..) {
        assert_eq!(stdout(&running, line), echo(command, asked), "{line}");
    }
    assert_eq!(running.stop(), 4);
}

#[test]
fn an_answer_comes_at_the_first_complete_object_and_the_end_right_after_it() {
    let running = Running::start();
    let whole = request("parts");
    let (begin, rest) = whole.split_at(7);
    let mut client = running.connect();
    for part in [b" \n".as_slice(), begin, rest] {
        client.write_all(part).expect("it is sent");
    }
    // Neither a newline nor an end was sent.
    assert_eq!(read_all(&mut client), echo("parts", 0));
    assert_eq!(running.stop(), 1);
}

#[test]
fn a_client_that_has_closed_its_side_is_answered() {
    let running = Running::start();
    let mut client = running.connect();
    client.write_all(&request("half")).expect("it is sent");
    client.shutdown(Shutdown::Write).expect("half a close");
    assert_eq!(read_all(&mut client), echo("half", 0));
    // One that has gone altogether is obeyed.
    drop(client);
    let mut client = running.connect();
    client.write_all(&request("gone")).expect("it is sent");
    drop(client);
    assert_eq!(running.exchange(&request("after")), echo("after", 2));
    assert_eq!(running.stop(), 3);
}

#[test]
fn a_connection_that_is_kept_takes_many_requests_and_repeats_their_ids() {
    let running = Running::start();
    let mut client = running.connect();
    let mut lines = BufReader::new(client.try_clone().expect("a copy"));
    let mut ask = |count: u64, gap: &str| {
        let requests = (0..count)
            .map(|id| json!({"command": "a", "keep_alive": true, "request_id": id}).to_string());
        let requests: Vec<_> = requests.collect();
        client
            .write_all(requests.join(gap).as_bytes())
            .expect("they are sent");
    };
    let mut answered = 0;
    // One by one, all at once with newlines, and all at once with nothing in between.
    for (count, gap) in [(1, ""), (1, ""), (100, "\n"), (50, "")] {
        ask(count, gap);
        for id in 0..count {
            let mut line = String::new();
            lines.read_line(&mut line).expect("an answer");
            let answer: Value = serde_json::from_str(&line).expect("JSON");
            let told = (answer.get("number"), answer.get("request_id"));
            assert_eq!(told, (Some(&answered.into()), Some(&id.into())), "{line}");
            answered += 1;
        }
    }
    client.write_all(&request("last")).expect("it is sent");
    assert_eq!(read_all(&mut client), echo("last", answered));
    assert_eq!(running.stop(), answered + 1);
}

#[test]
fn requests_before_the_end_of_a_kept_connection_are_all_answered() {
    let running = Running::start();
    let line = r#"printf '{"command":"a","keep_alive":true}\n{"command":"b","keep_alive":true}\n' | socat - UNIX-CONNECT:SOCKET"#;
    assert_eq!(stdout(&running, line), echo("a", 0) + &echo("b", 1));
    assert_eq!(running.stop(), 2);
}
