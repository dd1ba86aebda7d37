//! The peer talks to itself through our scripts and its own command line, and can be killed.

use zerobuffer_peer::{PATIENCE, Process, Tidy, await_reader, leftovers, md5, unique};

/// A reader and a writer of the peer on a buffer of their own.
fn pair(name: &str, payload: &str) -> (Process, Process) {
    let mut reader = Process::script("reader.py", &[name, "1024", payload]);
    reader.expect("created");
    let mut writer = Process::script("writer.py", &[name]);
    writer.expect("connected");
    (reader, writer)
}

#[test]
fn scripts_write_and_read() {
    let name = unique("peer-scripts");
    let _tidy = Tidy::new(&name);
    let (mut reader, mut writer) = pair(&name, "65536");
    assert_eq!(reader.ask("connected 0"), "yes");
    assert_eq!(reader.ask("metadata"), "none");
    assert_eq!(writer.ask("metadata 6162"), "ok");
    assert_eq!(reader.ask("metadata"), "6162");
    assert_eq!(writer.ask("hex 616263"), "ok");
    assert_eq!(reader.ask("hex 10"), "1 616263");
    assert_eq!(writer.ask("begin 3"), "ok");
    assert_eq!(writer.ask("commit 646566"), "ok");
    assert_eq!(reader.ask("hold 10"), "2 646566");
    assert_eq!(reader.ask("release"), "ok");
    let written = writer.ask("frames 20 1008 random 7");
    assert_eq!(reader.ask("frames 20 10"), format!("{written} 3 22"));
    assert_eq!(writer.ask("frames 9 1008 sequential"), {
        let frame = |k: usize| (0..1008).map(move |i| ((k + i) % 256) as u8);
        let bytes: Vec<u8> = (0..9).flat_map(frame).collect();
        format!("9 {}", md5(&bytes))
    });
    assert_eq!(reader.ask("verify 9 10 sequential"), "9 0");
    writer.ask("frames 1 64 zero");
    assert_eq!(reader.ask("verify 1 10 ones"), "1 1");
    assert_eq!(reader.ask("hex 0.05"), "none");
    let answer = writer.ask("metadata 63");
    assert!(
        answer.starts_with("error MetadataAlreadyWrittenException "),
        "{answer}"
    );
    assert_eq!(writer.ask("close"), "closed");
    assert_eq!(reader.ask("close"), "closed");
    assert_eq!(writer.finish().code, Some(0));
    assert_eq!(reader.finish().code, Some(0));
}

#[test]
fn its_command_line_runs() {
    let name = unique("peer-command");
    let _tidy = Tidy::new(&name);
    let reader = Process::reader(&[&name, "-n", "50", "--verify", "sequential", "--json-output"]);
    await_reader(&name, PATIENCE);
    let writer = Process::writer(&[&name, "-n", "50", "--json-output"]);
    let (writer, reader) = (writer.finish(), reader.finish());
    assert_eq!((writer.code, reader.code), (Some(0), Some(0)));
    assert!(
        writer.stdout.contains("\"frames_written\": 50"),
        "{writer:?}"
    );
    assert!(reader.stdout.contains("\"frames_read\": 50"), "{reader:?}");
}

#[test]
fn who_is_killed_is_gone_and_what_is_left_is_removed() {
    let name = unique("peer-killed");
    let tidy = Tidy::new(&name);
    let (mut reader, mut writer) = pair(&name, "65536");
    reader.kill();
    assert_eq!(leftovers(&name).len(), 4);
    drop(tidy);
    assert!(leftovers(&name).is_empty());
    writer.kill();
    let ended = writer.finish();
    assert_eq!((ended.code, ended.signal), (None, Some(9)));
}

#[test]
#[should_panic(expected = "ended without another line")]
fn one_that_says_nothing_more_is_told() {
    let name = unique("peer-nothing");
    let mut writer = Process::script("writer.py", &[&name]);
    let line = writer.line();
    assert!(line.starts_with("error "), "{line}");
    writer.line();
}
