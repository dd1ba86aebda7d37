//! The consumer of the campaigns: it looks at every byte of every frame that it is lent, returns it
//! or keeps it, and tells what it did. It is told what to do by lines on its standard input, and ends
//! with it.

use std::process::ExitCode;
use std::time::Duration;

use cuframes_tests::helper::{Input, Looked, Options};
use cuframes_tests::{WATCHDOG, picture};
use frame_lending::consumer::{Consumer, ConsumerError, ConsumerOptions, LentFrame};

/// How long a frame is waited for before the input is looked at.
const TURN: Duration = Duration::from_millis(5);

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_default();
    let options = Options::new(arguments);
    match run(&path, &options, &Input::start()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell_error(&error);
            ExitCode::FAILURE
        }
    }
}

/// A consumer, and the frames that it keeps.
struct Work {
    consumer: Consumer,
    keeps: bool,
    /// Frames that it keeps before it takes no more.
    most: usize,
    kept: Vec<LentFrame>,
    bytes: Vec<u8>,
}

fn run(path: &str, options: &Options, input: &Input) -> Result<(), ConsumerError> {
    let mut how = ConsumerOptions::at(path);
    how.patience = Some(WATCHDOG);
    how.hello = options.get("hello", 1) == 1;
    how.name = options.text("name").map(str::to_owned);
    while serve(&how, options, input)? {}
    Ok(())
}

/// One connection; true if there is to be another.
fn serve(how: &ConsumerOptions, options: &Options, input: &Input) -> Result<bool, ConsumerError> {
    let again = options.get("again", 0) == 1;
    let consumer = match Consumer::connect(how) {
        // Its engine died before it could say hello.
        Err(ConsumerError::Closed) if again => return Ok(true),
        other => other?,
    };
    let mut work = Work {
        consumer,
        keeps: options.get("keep", 0) == 1,
        most: options.get("most", usize::MAX),
        kept: Vec::new(),
        bytes: Vec::new(),
    };
    println!("READY");
    loop {
        if work.kept.len() >= work.most {
            match input.wait() {
                Some(command) => work.obey(&command)?,
                None => return Ok(false),
            }
        }
        match work.turn() {
            Ok(()) => {}
            Err(ConsumerError::Closed) => {
                println!("CLOSED refused={}", work.consumer.refused());
                return Ok(again);
            }
            Err(error) => return Err(error),
        }
        match input.look() {
            Looked::Command(command) => work.obey(&command)?,
            Looked::Nothing => {}
            Looked::End => return Ok(false),
        }
    }
}

impl Work {
    fn turn(&mut self) -> Result<(), ConsumerError> {
        let Some(frame) = self.consumer.receive(Some(TURN))? else {
            return Ok(());
        };
        frame.copy(&mut self.bytes)?;
        let seq = frame.send().sequence;
        let whole = picture::is_whole(&mut self.bytes, seq as u64);
        println!("FRAME seq={seq} whole={}", u8::from(whole));
        self.kept.push(frame);
        match self.keeps {
            true => Ok(()),
            false => self.return_all(),
        }
    }

    fn obey(&mut self, command: &str) -> Result<(), ConsumerError> {
        match command {
            "return" => self.return_all(),
            "work" => {
                self.keeps = false;
                self.return_all()
            }
            other => {
                println!("ERROR text=no_command_{other}");
                Ok(())
            }
        }
    }

    fn return_all(&mut self) -> Result<(), ConsumerError> {
        for frame in self.kept.drain(..) {
            let seq = frame.send().sequence;
            frame.return_success("painted", Duration::ZERO, Vec::new())?;
            println!("BACK seq={seq}");
        }
        Ok(())
    }
}

fn tell_error(error: &ConsumerError) {
    println!("ERROR text={}", error.to_string().replace([' ', '\n'], "_"));
}
