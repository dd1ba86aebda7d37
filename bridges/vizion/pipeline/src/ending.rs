//! How the program is told to end, and that it does.

use std::io::{self, Read};
use std::process;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use vizion_pipeline_events::Event;

use crate::happening::Happening;
use crate::telling::Teller;

/// Whoever started the program kills it after ten seconds. It does so itself before, as nobody may
/// be left to.
const LONGEST_END: Duration = Duration::from_millis(9500);
/// An element may never return from being switched off.
const LONGEST_SWITCH_OFF: Duration = Duration::from_secs(2);

/// Wants the program's end when standard input ends, and on SIGINT and SIGTERM.
pub fn watch(teller: &Teller, tell: &Sender<Happening>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let begin = |tell: Sender<Happening>, teller: Teller| {
        move || {
            // Nobody hears it when the program ends already.
            let _ = tell.send(Happening::Stop);
            thread::sleep(LONGEST_END);
            die(&teller, "the pipeline did not end in time");
        }
    };
    let end = begin(tell.clone(), teller.clone());
    thread::Builder::new()
        .name("standard input".to_owned())
        .spawn(move || {
            let mut some = [0; 512];
            let mut stdin = io::stdin().lock();
            loop {
                match stdin.read(&mut some) {
                    Ok(0) => break,
                    Err(error) if error.kind() != io::ErrorKind::Interrupted => break,
                    _ => {}
                }
            }
            end();
        })?;
    let end = begin(tell.clone(), teller.clone());
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if signals.forever().next().is_some() {
                end();
            }
        })?;
    Ok(())
}

/// Makes sure that the program is gone soon, whatever its elements do meanwhile.
pub fn switch_off_soon(teller: &Teller) {
    let teller = teller.clone();
    let thread = thread::Builder::new().name("switching off".to_owned());
    let started = thread.spawn(move || {
        thread::sleep(LONGEST_SWITCH_OFF);
        die(&teller, "the pipeline cannot be switched off");
    });
    if started.is_err() {
        process::exit(1);
    }
}

fn die(teller: &Teller, why: &str) {
    teller.tell(&Event::Failed {
        message: format!("{why}; what it wrote may be incomplete"),
    });
    // Not by exit(), which would wait for the threads of those elements.
    let _ = kill_process(getpid(), Signal::KILL);
}
