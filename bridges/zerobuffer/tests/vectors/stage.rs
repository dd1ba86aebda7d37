//! A buffer on which the steps of a trace are taken, and what lies in its files after each.

use std::fs::File;
use std::time::Duration;

use serde_json::{Value, json};
use zerobuffer::{BufferConfig, Frame, Reader, Result as Outcome, Writer};
use zerobuffer_peer::Process;

use crate::files::{
    self, Files, SEMAPHORE, bytes, hex, number, real_pids, semaphore, stand_in_pids, text,
};

/// A buffer in the middle of a trace.
pub struct Stage {
    /// Open since the reader went, and the names with it. Not before: a writer that is not found
    /// would be taken for one of another PID namespace, which has the segment open.
    nameless: Option<[File; 3]>,
    reader: Option<Reader>,
    writer: Option<Writer>,
    /// All frames that were read.
    frames: Vec<Option<Frame>>,
    /// Whether the peer does its steps itself, instead of their bytes being put there.
    live: bool,
    peer: Option<Process>,
    /// The last to go.
    files: Files,
}

/// What an operation gives, as a trace says it.
fn said(outcome: Outcome<Value>) -> Value {
    outcome.unwrap_or_else(|error| json!({"error": error.kind().to_string()}))
}

impl Stage {
    pub fn new(live: bool) -> Self {
        Stage {
            files: match live {
                true => Files::with_processes("peer"),
                false => Files::unique("trace"),
            },
            nameless: None,
            reader: None,
            writer: None,
            frames: Vec::new(),
            live,
            peer: None,
        }
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("a writer is connected")
    }

    fn reader(&mut self) -> &mut Reader {
        self.reader.as_mut().expect("there is a reader")
    }

    /// Segment, and the semaphores of frames and of space.
    fn look<T>(&self, at: impl FnOnce(&[File; 3]) -> T) -> T {
        match &self.nameless {
            Some(open) => at(open),
            None => at(&self.files.open()),
        }
    }

    /// Does what a step says, and tells what it gave; an error if what lay there meanwhile was not
    /// what the step says.
    fn act(&mut self, step: &Value) -> Result<Value, String> {
        let data = step["hex"].as_str().map(bytes).unwrap_or_default();
        Ok(match text(step, "do") {
            "create" => self.create(step),
            "connect" => self.connect(),
            "close_writer" => {
                drop(self.writer.take().expect("a writer is connected"));
                Value::Null
            }
            "close_reader" => {
                self.nameless = Some(self.files.open());
                drop(self.reader.take().expect("there is a reader"));
                json!(self.files.left().first())
            }
            "set_metadata" => said(self.writer().set_metadata(&data).map(|()| Value::Null)),
            "metadata" => {
                let found = self.reader().metadata();
                said(found.map(|found| json!(found.map(|data| hex(&data)))))
            }
            "write" => said(self.writer().write(&data).map(|sequence| json!(sequence))),
            "lend" => self.lend(step, &data)?,
            "give_up" => {
                let size = number(&step["size"]) as usize;
                said(self.writer().buffer(size).map(|_| Value::Null))
            }
            "read" => self.read(),
            "release" => {
                let frame = &mut self.frames[number(&step["index"]) as usize];
                frame.take().expect("not given back yet").release();
                Value::Null
            }
            "peer" if self.live => self.ask_peer(step),
            "peer" => self.put(step),
            other => panic!("no such step: {other}"),
        })
    }

    fn create(&mut self, step: &Value) -> Value {
        let [metadata, payload] = ["metadata_size", "payload_size"].map(|what| number(&step[what]));
        let config = BufferConfig::new(metadata, payload);
        self.reader = Some(Reader::create(&self.files.name, &config).expect("a buffer"));
        Value::Null
    }

    fn connect(&mut self) -> Value {
        let mut writer = Writer::connect(&self.files.name).expect("a writer");
        writer.set_write_timeout(Duration::ZERO);
        let next = writer.next_sequence();
        self.writer = Some(writer);
        json!(next)
    }

    fn lend(&mut self, step: &Value, data: &[u8]) -> Result<Value, String> {
        let begun = bytes(text(step, "begun"));
        let [file, ..] = self.files.open();
        let mut place = self.writer().buffer(data.len()).expect("space");
        compare("begun", &segment(&file, begun.len()), &begun)?;
        place.copy_from(0, data);
        Ok(json!(place.commit()))
    }

    fn read(&mut self) -> Value {
        let frame = match self.reader().read(Duration::ZERO) {
            Ok(Some(frame)) => frame,
            other => return said(other.map(|_| Value::Null)),
        };
        let gives = json!({"sequence": frame.sequence(), "hex": hex(&frame.to_vec())});
        self.frames.push(Some(frame));
        gives
    }

    /// Another implementation did something: its bytes are those of the step.
    fn put(&mut self, step: &Value) -> Value {
        let mut bytes = bytes(text(step, "segment"));
        real_pids(&mut bytes);
        self.look(|[segment, frames, space]| {
            files::write(segment, &bytes);
            files::write(frames, &semaphore(number(&step["frames"])));
            files::write(space, &semaphore(number(&step["space"])));
        });
        Value::Null
    }

    /// Another implementation does it.
    fn ask_peer(&mut self, step: &Value) -> Value {
        assert_eq!(text(step, "language"), "Python");
        if text(step, "act") == "connects" {
            let mut peer = Process::script("writer.py", &[&self.files.name]);
            peer.expect("connected");
            self.peer = Some(peer);
            return Value::Null;
        }
        let peer = self.peer.as_mut().expect("it is connected");
        match text(step, "act") {
            "writes" => assert_eq!(peer.ask(&format!("hex {}", text(step, "hex"))), "ok"),
            "closes" => assert_eq!(peer.ask("close"), "closed"),
            other => panic!("no such act: {other}"),
        }
        Value::Null
    }

    /// Holds everything that a step says against what is there.
    fn check(&self, step: &Value, gives: &Value) -> Result<(), String> {
        if *gives != step["gives"] {
            return Err(format!("gives {gives}, not {}", step["gives"]));
        }
        let peer = self.peer.as_ref().map(Process::pid);
        self.look(|files| check_files(step, files, peer))
    }
}

/// Holds all bytes of a step against those of the files.
fn check_files(
    step: &Value,
    [file, frames, space]: &[File; 3],
    peer: Option<u32>,
) -> Result<(), String> {
    let told = bytes(text(step, "segment"));
    let size = file.metadata().expect("a file").len();
    if size != told.len() as u64 {
        return Err(format!("{size} bytes, not {}", told.len()));
    }
    let mut found = segment(file, told.len());
    if let Some(pid) = peer {
        files::stand_in_writer(&mut found, pid);
    }
    compare("segment", &found, &told)?;
    for (what, file) in [("frames", frames), ("space", space)] {
        let told = semaphore(number(&step[what]));
        compare(what, &files::read(file, SEMAPHORE), &told)?;
    }
    Ok(())
}

fn segment(file: &File, size: usize) -> Vec<u8> {
    let mut bytes = files::read(file, size);
    stand_in_pids(&mut bytes);
    bytes
}

fn compare(what: &str, found: &[u8], told: &[u8]) -> Result<(), String> {
    let differs = found
        .iter()
        .zip(told)
        .position(|(found, told)| found != told);
    match differs {
        None if found.len() == told.len() => Ok(()),
        at => Err(format!(
            "{what} differs at {at:#x?}:\n{}\nnot\n{}",
            hex(found),
            hex(told)
        )),
    }
}

/// Takes the steps of a trace; how many it had, or what the first was that went otherwise.
pub fn run(trace: &Value, mut stage: Stage) -> Result<usize, String> {
    let steps = trace["steps"].as_array().expect("steps");
    for (number, step) in steps.iter().enumerate() {
        let done = stage
            .act(step)
            .and_then(|gives| stage.check(step, &gives))
            .map_err(|wrong| format!("{}, step {number}: {wrong}", text(trace, "name")));
        done?;
    }
    Ok(steps.len())
}
