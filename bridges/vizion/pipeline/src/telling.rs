//! Telling events to the program that started this one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use vizion_pipeline_events::Event;

/// Writes events to what was standard output. Clones write to the same.
#[derive(Clone, Debug)]
pub struct Teller {
    output: Arc<Mutex<File>>,
}

/// What becomes of what elements print.
#[derive(Clone, Copy, Debug)]
pub enum Prints {
    /// It is seen.
    ToStandardError,
    /// It is not: whoever may not use every element shall not fill the log of who may.
    Nowhere,
}

impl Teller {
    /// Takes standard output for itself: whatever an element prints cannot come between the events
    /// from here on. It goes to standard error, or nowhere.
    pub fn claim(prints: Prints) -> io::Result<Teller> {
        let output = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
        match prints {
            Prints::ToStandardError => rustix::stdio::dup2_stdout(io::stderr())?,
            Prints::Nowhere => {
                let nowhere = OpenOptions::new().write(true).open("/dev/null")?;
                rustix::stdio::dup2_stdout(nowhere)?;
            }
        }
        Ok(Teller {
            output: Arc::new(Mutex::new(File::from(output))),
        })
    }

    /// Tells an event. Nobody is left to be told that nobody reads it; the end of standard input
    /// will say so.
    pub fn tell(&self, event: &Event) {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = output.write_all(event.to_line().as_bytes());
    }

    /// Tells a note.
    pub fn note(&self, message: impl Into<String>) {
        let message = message.into();
        self.tell(&Event::Note { message });
    }
}
