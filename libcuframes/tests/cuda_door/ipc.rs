//! Memory and events of one process, opened in another one.

#![allow(unsafe_code)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use cuframes::cuda::driver::{DeviceMemory, Event, IPC_BLOCK, ImportedMemory};
use cuframes::cuda::{Context, Stream};

use super::work::{bytes_at, write_at};
use super::{context, refusal};

type Handle = [u8; 64];

/// The test that another process runs to export something, until its input ends.
#[test]
fn exporter() {
    if std::env::var_os("DOOR_EXPORTER").is_none() {
        return;
    }
    let context = context(0).expect("a context");
    let memory = DeviceMemory::new(&context, 1).expect("memory");
    write_at(&context, memory.address(), b"theirs");
    let event = Event::new_interprocess(&context).expect("an event");
    let stream = Stream::new(&context).expect("a stream");
    event.record(stream.as_ref()).expect("record");
    for handle in [memory.ipc_handle(), event.handle()] {
        let handle = handle.expect("a handle");
        let digits: String = handle.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("\nSAYS {digits}");
    }
    std::io::stdin()
        .read_line(&mut String::new())
        .expect("the end");
    assert_eq!(bytes_at(&context, memory.address()), *b"yours!");
}

/// A process that has exported memory and an event.
struct Exporter {
    child: Child,
    output: BufReader<ChildStdout>,
    memory: Handle,
    event: Handle,
}

impl Exporter {
    fn start() -> Exporter {
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        command.args(["ipc::exporter", "--exact", "--nocapture"]);
        command.env("DOOR_EXPORTER", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("an exporter");
        let mut output = BufReader::new(child.stdout.take().expect("output"));
        let memory = handle_from(&mut output);
        let event = handle_from(&mut output);
        Exporter {
            child,
            output,
            memory,
            event,
        }
    }

    /// Lets it look at its memory once more, and end.
    fn end(mut self) {
        let mut input = self.child.stdin.take().expect("input");
        input.write_all(b"\n").expect("let it end");
        std::io::copy(&mut self.output, &mut std::io::sink()).expect("the rest");
        assert!(self.child.wait().expect("wait").success());
    }
}

fn handle_from(output: &mut impl BufRead) -> Handle {
    let mut line = String::new();
    while output.read_line(&mut line).expect("a line") > 0 {
        if let Some((_, digits)) = line.trim_end().split_once("SAYS ") {
            let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
            return std::array::from_fn(|index| digit(2 * index));
        }
        line.clear();
    }
    panic!("the exporter said nothing");
}

#[test]
fn what_one_process_exports_another_one_opens() {
    let Some(context) = context(0) else { return };
    let exporter = Exporter::start();
    let memory = ImportedMemory::open(&context, &exporter.memory).expect("the memory");
    assert_eq!(memory.size(), IPC_BLOCK);
    assert_eq!(bytes_at(&context, memory.address()), *b"theirs");
    write_at(&context, memory.address(), b"yours!");
    let event = Event::open(&context, &exporter.event).expect("the event");
    let stream = Stream::new(&context).expect("a stream");
    stream.as_ref().wait_event(&event).expect("wait");
    stream.as_ref().synchronize(&context).expect("synchronize");
    assert!(event.query().expect("query"));
    // The importer's go first.
    drop((stream, event, memory));
    exporter.end();
}

#[test]
fn what_is_opened_twice_at_a_time_or_with_a_wrong_handle_is_refused() {
    let Some(context) = context(0) else { return };
    let exporter = Exporter::start();
    let memory = ImportedMemory::open(&context, &exporter.memory).expect("the memory");
    write_at(&context, memory.address(), b"yours!");
    drop(memory);
    // Closed, it can be opened once more.
    drop(ImportedMemory::open(&context, &exporter.memory).expect("the memory, again"));
    for wrong in [[0; 64], [0xA5; 64], exporter.event] {
        let refused = refusal(ImportedMemory::open(&context, &wrong));
        assert!(
            refused.starts_with("cuIpcOpenMemHandle failed: CUDA_ERROR_"),
            "{refused}"
        );
    }
    for wrong in [[0; 64], [0xA5; 64], exporter.memory] {
        let refused = refusal(Event::open(&context, &wrong));
        assert!(
            refused.starts_with("cuIpcOpenEventHandle failed: CUDA_ERROR_"),
            "{refused}"
        );
    }
    exporter.end();
}

#[test]
fn what_a_dead_process_exported_is_refused() {
    let Some(context) = context(0) else { return };
    let mut exporter = Exporter::start();
    exporter.child.kill().expect("kill");
    exporter.child.wait().expect("wait");
    let refused = refusal(ImportedMemory::open(&context, &exporter.memory));
    assert!(
        refused.starts_with("cuIpcOpenMemHandle failed: CUDA_ERROR_"),
        "{refused}"
    );
    assert!(Stream::new(&context).is_ok(), "nothing else is broken");
}

#[test]
fn what_this_process_exports_it_cannot_open() {
    let Some(context) = context(0) else { return };
    let memory = DeviceMemory::new(&context, 1).expect("memory");
    let handle = memory.ipc_handle().expect("a handle");
    let refused = ImportedMemory::open(&context, &handle);
    assert_eq!(
        refusal(refused),
        "cuIpcOpenMemHandle failed: CUDA_ERROR_INVALID_CONTEXT (201)"
    );
    let event = Event::new_interprocess(&context).expect("an event");
    let refused = Event::open(&context, &event.handle().expect("a handle"));
    assert_eq!(
        refusal(refused),
        "cuIpcOpenEventHandle failed: CUDA_ERROR_INVALID_CONTEXT (201)"
    );
    no_handle_of_a_local_event(&context);
}

fn no_handle_of_a_local_event(context: &Context) {
    let event = Event::new_local(context).expect("an event");
    let refused = refusal(event.handle());
    assert!(
        refused.starts_with("cuIpcGetEventHandle failed: CUDA_ERROR_"),
        "{refused}"
    );
}
