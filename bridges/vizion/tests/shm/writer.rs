//! A process that writes: one line in, one line out.

use std::io::BufRead;
use std::process::Command;
use std::time::{Duration, Instant};

use vizion::{FrameWriter, Rows, ShmError, Written};

use crate::pictures::{BYTES, info, picture};
use crate::support::{Name, Process};

/// Names the segment, to a child alone.
const NAME: &str = "VIZION_TEST_WRITER";
/// What an answer begins with.
const MARK: &str = "SAYS ";
/// For a picture, and the header.
pub const SIZE: u64 = BYTES as u64 + 128;

/// The command of such a process.
pub fn command(name: &Name) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("own path"));
    let arguments = ["actor", "--exact", "--nocapture", "--test-threads=1"];
    command.args(arguments).env(NAME, &name.0);
    command
}

/// Such a process, which has made the segment.
pub struct Writer(pub Process);

impl Writer {
    #[track_caller]
    pub fn start(name: &Name) -> Writer {
        Writer::spawn(&mut command(name))
    }

    #[track_caller]
    pub fn spawn(command: &mut Command) -> Writer {
        let mut writer = Writer(Process::start(command));
        assert_eq!(writer.ask("create"), "created");
        writer
    }

    /// Tells it to do something, and waits until it has.
    #[track_caller]
    pub fn ask(&mut self, line: &str) -> String {
        self.0.tell(line);
        self.answer()
    }

    #[track_caller]
    pub fn answer(&mut self) -> String {
        loop {
            let line = self.0.line().expect("it lives");
            // The harness may have begun the line.
            if let Some((_, answer)) = line.split_once(MARK) {
                return answer.to_owned();
            }
        }
    }

    #[track_caller]
    pub fn close(mut self) {
        assert_eq!(self.ask("close"), "closed");
        assert!(self.0.end().success());
    }
}

/// Plays the part, if this process is such a child.
pub fn play() {
    let Ok(name) = std::env::var(NAME) else {
        return;
    };
    let mut writer = None;
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = act(&name, &mut writer, &line);
        let answer = answer.unwrap_or_else(|error| format!("error {error}"));
        println!("{MARK}{answer}");
    }
}

fn act(name: &str, writer: &mut Option<FrameWriter>, line: &str) -> Result<String, ShmError> {
    let words: Vec<_> = line.split(' ').collect();
    let number = |at: usize| words[at].parse().expect("a number");
    if words[0] == "create" {
        *writer = Some(FrameWriter::create(name, SIZE)?);
        return Ok("created".to_owned());
    }
    if words[0] == "close" {
        *writer = None;
        return Ok("closed".to_owned());
    }
    let writer = writer.as_mut().expect("a writer");
    match words[0] {
        "write" => write(writer, number(1), Duration::from_micros(number(2).into()))?,
        "large" => {
            let wide = vec![0; BYTES + 640];
            let mut info = info(0);
            info.height += 1;
            return writer
                .write(&info, &[Rows::packed(&wide)])
                .map(|written| format!("{written:?}"));
        }
        other => panic!("no part '{other}'"),
    }
    let (frames, dropped, replaced) = (writer.frames(), writer.dropped(), writer.replaced());
    Ok(format!(
        "{frames} frames, {dropped} dropped, {replaced} replaced"
    ))
}

/// Writes `count` frames, `apart` from each other, or as fast as can be.
fn write(writer: &mut FrameWriter, count: u32, apart: Duration) -> Result<(), ShmError> {
    let begun = Instant::now();
    for index in 0..count {
        let due = begun + apart * index;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let number = writer.frames() as u32 + 1;
        let written = writer.write(&info(number), &[Rows::packed(picture(number))])?;
        assert_eq!(written, Written::Frame(number));
    }
    Ok(())
}
