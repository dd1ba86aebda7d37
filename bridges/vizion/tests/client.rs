//! The client of the socket, against daemons that answer whatever a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use vizion::control::{Client, ClientError, MAX_REQUEST};

/// A daemon with a script: for each connection, the answers to its requests.
struct Daemon {
    directory: TempDir,
    requests: JoinHandle<Vec<String>>,
}

impl Daemon {
    fn with(connections: Vec<Vec<&'static [u8]>>) -> Daemon {
        let directory = tempfile::tempdir().expect("a directory");
        let listener = UnixListener::bind(directory.path().join("s")).expect("a socket");
        let requests = thread::spawn(move || {
            let answered = connections.into_iter().map(|answers| {
                let (stream, _) = listener.accept().expect("a client");
                serve(&stream, &answers)
            });
            answered.flatten().collect()
        });
        Daemon {
            directory,
            requests,
        }
    }

    fn socket(&self) -> PathBuf {
        self.directory.path().join("s")
    }

    fn client(&self) -> Client {
        Client::connect(self.socket()).expect("a connection")
    }

    /// The requests that came, in the order in which they came.
    fn requests(self) -> Vec<String> {
        self.requests.join().expect("the daemon")
    }
}

fn serve(stream: &UnixStream, answers: &[&[u8]]) -> Vec<String> {
    let mut lines = BufReader::new(stream).lines();
    let mut requests = Vec::new();
    for answer in answers {
        match lines.next() {
            Some(request) => requests.push(request.expect("a request")),
            None => break,
        }
        let mut stream = stream;
        stream.write_all(answer).expect("a client that listens");
    }
    requests
}

fn params(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn one_connection_serves_many_requests() {
    let daemon = Daemon::with(vec![vec![
        b"{\"status\":\"success\",\"streaming\":false,\"request_id\":1}\n",
        b"{\"status\":\"error\",\"message\":\"gain 101 is out of range\",\"code\":\"out_of_range\",\"request_id\":2}\n",
        b"{\"status\":\"success\",\"message\":\"m\",\"request_id\":3}\n",
    ]]);
    let mut client = daemon.client();
    let status = client.ask("get_status", Map::new()).expect("success");
    assert_eq!(
        Value::Object(status).to_string(),
        r#"{"status":"success","streaming":false}"#
    );
    let refused = client.ask("set_gain", params(json!({ "value": 101 })));
    match refused {
        Err(ClientError::Refused {
            command,
            message,
            code,
        }) => {
            assert_eq!(command, "set_gain");
            assert_eq!(message, "gain 101 is out of range");
            assert_eq!(code.as_deref(), Some("out_of_range"));
        }
        other => panic!("{other:?}"),
    }
    client.ask("start_stream", Map::new()).expect("success");
    assert_eq!(
        daemon.requests(),
        [
            r#"{"command":"get_status","keep_alive":true,"request_id":1}"#,
            r#"{"command":"set_gain","params":{"value":101},"keep_alive":true,"request_id":2}"#,
            r#"{"command":"start_stream","keep_alive":true,"request_id":3}"#,
        ]
    );
}

#[test]
fn a_daemon_that_closes_after_each_answer_is_called_again() {
    // No newline, no request_id, and closed: as a daemon without the extensions does it.
    let daemon = Daemon::with(vec![
        vec![b"{\"status\":\"success\",\n \"message\":\"first\"}"],
        vec![b"{\"status\":\"success\",\"message\":\"second\"}"],
    ]);
    let mut client = daemon.client();
    for wanted in ["first", "second"] {
        let answer = client.ask("stop_stream", Map::new()).expect("success");
        assert_eq!(answer.get("message"), Some(&Value::from(wanted)));
    }
    assert_eq!(daemon.requests().len(), 2);
}

#[test]
fn a_connection_that_the_daemon_closed_in_between_is_replaced() {
    let directory = tempfile::tempdir().expect("a directory");
    let listener = UnixListener::bind(directory.path().join("s")).expect("a socket");
    let (tell, closed) = mpsc::channel();
    let daemon = thread::spawn(move || {
        let answers: [&[u8]; 2] = [
            b"{\"status\":\"success\",\"request_id\":1}\n",
            b"{\"status\":\"success\",\"request_id\":2}\n",
        ];
        answers.map(|answer| {
            let (stream, _) = listener.accept().expect("a client");
            let requests = serve(&stream, &[answer]);
            drop(stream);
            tell.send(()).expect("the test waits");
            requests.len()
        })
    });
    let mut client = Client::connect(directory.path().join("s")).expect("a connection");
    for _ in 0..2 {
        client.ask("get_status", Map::new()).expect("success");
        closed.recv().expect("it has closed");
    }
    assert_eq!(daemon.join().expect("the daemon"), [1, 1]);
}

#[test]
fn without_a_daemon_it_says_how_to_start_one() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("s");
    let says_how = |error: ClientError| {
        assert!(matches!(error, ClientError::NoDaemon { .. }), "{error:?}");
        let how = format!("--socket {}", path.display());
        assert!(error.to_string().ends_with(&how), "{error}");
    };
    says_how(Client::connect(&path).expect_err("no file"));
    drop(UnixListener::bind(&path).expect("a socket"));
    says_how(Client::connect(&path).expect_err("nobody listens"));
    std::fs::remove_file(&path).expect("the socket");
    std::fs::write(&path, "text").expect("a file");
    says_how(Client::connect(&path).expect_err("no socket"));
}

#[test]
fn a_daemon_that_closes_without_a_word_is_told() {
    for said in [b"".as_slice(), b"\n"] {
        let daemon = Daemon::with(vec![vec![said]]);
        let error = daemon
            .client()
            .ask("get_stats", Map::new())
            .expect_err("no answer");
        assert!(matches!(error, ClientError::Closed { .. }), "{error:?}");
        assert!(error.to_string().contains("get_stats"), "{error}");
        assert_eq!(daemon.requests().len(), 1);
    }
}

#[test]
fn something_else_than_an_answer_is_told() {
    for answer in [
        b"\nyes".as_slice(),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"[1]\n",
        b"{\"status\":",
        b"{\"status\":\"maybe\"}\n",
        b"{}",
        b"\xff\xfe",
    ] {
        let daemon = Daemon::with(vec![vec![answer]]);
        let error = daemon
            .client()
            .ask("get_status", Map::new())
            .expect_err("no answer");
        assert!(matches!(error, ClientError::NotJson { .. }), "{error:?}");
    }
}

#[test]
fn a_silent_daemon_is_not_waited_for_for_ever() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("s");
    let listener = UnixListener::bind(&path).expect("a socket");
    let mut client = Client::connect(&path).expect("a connection");
    let limit = Duration::from_millis(200);
    client.set_time_limit(limit);
    let began = Instant::now();
    let error = client.ask("get_status", Map::new()).expect_err("no answer");
    assert!(began.elapsed() >= limit);
    assert!(matches!(error, ClientError::Silent { .. }), "{error:?}");
    // A late answer to it is not taken for the next one's: that has a connection of its own.
    let (mut first, _) = listener.accept().expect("the first connection");
    first
        .write_all(b"{\"status\":\"success\",\"late\":1}\n")
        .unwrap_or_default();
    let second = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the second connection");
        let mut request = [0; 64];
        let length = stream.read(&mut request).expect("a request");
        assert!(length > 0);
        stream
            .write_all(b"{\"status\":\"success\",\"late\":0}\n")
            .expect("a client");
    });
    client.set_time_limit(Duration::from_secs(30));
    let answer = client.ask("get_status", Map::new()).expect("an answer");
    assert_eq!(answer.get("late"), Some(&Value::from(0)));
    second.join().expect("the second connection");
}

#[test]
fn a_request_that_no_daemon_takes_is_not_sent() {
    let daemon = Daemon::with(vec![vec![b"{\"status\":\"success\"}"]]);
    let mut client = daemon.client();
    let long = params(json!({ "pipeline": "x".repeat(MAX_REQUEST) }));
    let error = client.ask("set_pipeline", long).expect_err("too long");
    assert!(matches!(error, ClientError::TooLong { .. }), "{error:?}");
    client.ask("get_status", Map::new()).expect("success");
    assert_eq!(daemon.requests().len(), 1);
}
