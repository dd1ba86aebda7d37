//! What an [`Actor`](super::actor::Actor)'s process does: one line in, one line out.

use std::io::BufRead;
use std::time::Duration;

use zerobuffer::{BufferConfig, Error, Frame, Reader, SequenceCheck, Writer};

use super::pest;
use super::{is_whole, patience, pattern, write};

/// The test that is no test.
pub const TEST: &str = "actor";
/// Names the buffer, to a child alone.
pub const NAME: &str = "ZEROBUFFER_TEST_BUFFER";
/// What an answer begins with.
pub const MARK: &str = "SAYS ";

/// Plays a part, if this process is a child; a parent's own test of the name `actor` calls this,
/// and does nothing.
pub fn play() {
    let Ok(name) = std::env::var(NAME) else {
        return;
    };
    let mut role = Role::new(name);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = role.act(&line).unwrap_or_else(|error| told(&error));
        println!("{MARK}{answer}");
    }
}

fn told(error: &Error) -> String {
    format!("error {} {error}", error.kind())
}

pub(super) struct Role {
    name: String,
    // Before the reader that they are of.
    pub(super) held: Vec<Frame>,
    reader: Option<Reader>,
    pub(super) writer: Option<Writer>,
}

impl Role {
    fn new(name: String) -> Role {
        Role {
            name,
            held: Vec::new(),
            reader: None,
            writer: None,
        }
    }

    fn act(&mut self, line: &str) -> Result<String, Error> {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |i: usize| -> u64 {
            let word = words.get(i).unwrap_or_else(|| panic!("too short: {line}"));
            word.parse().unwrap_or_else(|_| panic!("no number: {line}"))
        };
        match words[0] {
            "create" => self.create(BufferConfig::new(number(1), number(2))),
            "create-any" => {
                self.create(BufferConfig::new(number(1), number(2)).sequence(SequenceCheck::Any))
            }
            "create-mode" => {
                self.create(BufferConfig::new(number(1), number(2)).mode(number(3) as u32))
            }
            "connect" => self.connect(),
            "user" => Ok(become_user(number(1) as u32)),
            "close" => Ok(self.close()),
            "scribble" => Ok(pest::scribble(&self.name, words[1], number(2), number(3))),
            "toil-writing" => Ok(self.toil_writing(number(1))),
            "toil-reading" => Ok(self.toil_reading(number(1))),
            "pester" => Ok(pest::pester()),
            "pestered" => Ok(pest::pestered()),
            "belongings" => Ok(belongings()),
            "read" => self.read(number(1)),
            "hold" => self.hold(number(1)),
            "release" => Ok(self.release(number(1) as usize)),
            "drain" => self.drain(number(1), number(2)),
            "take" => self.take(number(1)),
            "follow" => self.follow(),
            "pump" => self.pump(number(1) as usize),
            "metadata" => self.metadata(),
            "wait-writer" => {
                let limit = Duration::from_millis(number(1));
                Ok(self.reader().is_writer_connected(limit).to_string())
            }
            "timeout" => {
                let limit = Duration::from_millis(number(1));
                self.writer().set_write_timeout(limit);
                Ok("ok".to_owned())
            }
            "set-metadata" => {
                let metadata = pattern(0, number(1) as usize);
                self.writer().set_metadata(&metadata)?;
                Ok("ok".to_owned())
            }
            "write" => Ok(format!(
                "wrote {}",
                write(self.writer(), number(1) as usize)?
            )),
            "write-many" => self.write_many(number(1) as usize, number(2)),
            "in-place" => self.in_place(number(1) as usize),
            "fill" => self.fill(number(1) as usize),
            other => panic!("no part '{other}'"),
        }
    }

    pub(super) fn reader(&mut self) -> &mut Reader {
        self.reader.as_mut().expect("a reader")
    }

    pub(super) fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("a writer")
    }

    fn create(&mut self, config: BufferConfig) -> Result<String, Error> {
        self.reader = Some(Reader::create(&self.name, &config)?);
        Ok("created".to_owned())
    }

    pub(super) fn connect(&mut self) -> Result<String, Error> {
        self.writer = None;
        self.writer = Some(Writer::connect(&self.name)?);
        Ok("connected".to_owned())
    }

    fn close(&mut self) -> String {
        self.held.clear();
        self.reader = None;
        self.writer = None;
        "closed".to_owned()
    }

    pub(super) fn next(&mut self, millis: u64) -> Result<Option<Frame>, Error> {
        let limit = Duration::from_millis(millis).min(patience() * 5 / 6);
        self.reader().read(limit)
    }

    fn read(&mut self, millis: u64) -> Result<String, Error> {
        let frame = self.next(millis)?;
        Ok(frame.map_or_else(|| "none".to_owned(), |frame| seen(&frame)))
    }

    fn hold(&mut self, millis: u64) -> Result<String, Error> {
        let Some(frame) = self.next(millis)? else {
            return Ok("none".to_owned());
        };
        let seen = seen(&frame);
        self.held.push(frame);
        Ok(seen)
    }

    fn release(&mut self, which: usize) -> String {
        let frame = self.held.remove(which);
        let seen = seen(&frame);
        frame.release();
        seen
    }

    /// Reads `count` frames that follow each other, `pause` milliseconds apart.
    fn drain(&mut self, count: u64, pause: u64) -> Result<String, Error> {
        let mut bytes = 0;
        for read in 0..count {
            let Some(frame) = self.next(25_000)? else {
                return Ok(format!("only {read}"));
            };
            if !is_whole(&frame) {
                return Ok(format!("torn: {}", frame.sequence()));
            }
            bytes += frame.len();
            // Not to wait for something: the scenario's reader is this slow.
            std::thread::sleep(Duration::from_millis(pause));
        }
        Ok(format!("read {count} frames of {bytes} bytes"))
    }

    fn metadata(&mut self) -> Result<String, Error> {
        Ok(match self.reader().metadata()? {
            None => "none".to_owned(),
            Some(found) if found == pattern(0, found.len()) => format!("whole {}", found.len()),
            Some(found) => format!("torn {}", found.len()),
        })
    }

    fn write_many(&mut self, size: usize, count: u64) -> Result<String, Error> {
        for _ in 0..count {
            write(self.writer(), size)?;
        }
        Ok(format!("wrote {count}"))
    }

    pub(super) fn in_place(&mut self, size: usize) -> Result<String, Error> {
        let mut frame = self.writer().buffer(size)?;
        let data = pattern(frame.sequence(), size);
        let half = size / 2;
        frame.copy_from(half, &data[half..]);
        frame.copy_from(0, &data[..half]);
        Ok(format!("wrote {}", frame.commit()))
    }

    /// Writes until there is no more space.
    fn fill(&mut self, size: usize) -> Result<String, Error> {
        let writer = self.writer();
        let patience = writer.write_timeout();
        writer.set_write_timeout(Duration::ZERO);
        let mut count = 0;
        let outcome = loop {
            match write(writer, size) {
                Ok(_) => count += 1,
                Err(Error::BufferFull { .. }) => break Ok(format!("filled {count}")),
                Err(error) => break Err(error),
            }
        };
        writer.set_write_timeout(patience);
        outcome
    }
}

fn seen(frame: &Frame) -> String {
    let state = if is_whole(frame) { "whole" } else { "torn" };
    format!("frame {} {} {state}", frame.sequence(), frame.len())
}

fn become_user(uid: u32) -> String {
    use rustix::thread::{Gid, Uid};
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
    rustix::thread::set_thread_groups(&[]).expect("groups");
    rustix::thread::set_thread_res_gid(group, group, group).expect("group");
    rustix::thread::set_thread_res_uid(user, user, user).expect("user");
    "ok".to_owned()
}

/// What this process has of the system: open files, and mappings of buffers.
fn belongings() -> String {
    let files = std::fs::read_dir("/proc/self/fd").expect("own files");
    let maps = std::fs::read_to_string("/proc/self/maps").expect("own mappings");
    let maps = maps.lines().filter(|line| line.contains("/dev/shm/"));
    format!("{} files {} mappings", files.count(), maps.count())
}
