//! What the machine itself needs for a question and its answer.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use bench_harness::peer::{self, word};
use bench_harness::{Result, machine};

/// Nanoseconds for a question by a client of its own: connected, sent, answered, and read to the end.
pub fn ask(socket: &Path, question: &[u8]) -> Result<u64> {
    let start = machine::now();
    let mut client = UnixStream::connect(socket)?;
    client.write_all(question)?;
    let mut answer = Vec::with_capacity(4096);
    client.read_to_end(&mut answer)?;
    let took = machine::now() - start;
    match answer.is_empty() {
        true => Err("an empty answer".into()),
        false => Ok(took),
    }
}

/// In the other process: answers each client with a few bytes, whatever it asks.
pub fn be_answerer(words: &[String]) -> Result<()> {
    let listener = UnixListener::bind(word::<String>(words, 0)?)?;
    peer::say("ready")?;
    let mut question = [0; 4096];
    for client in listener.incoming() {
        let mut client = client?;
        let _ = client.read(&mut question)?;
        client.write_all(b"{\"status\":\"success\"}\n")?;
    }
    Ok(())
}
