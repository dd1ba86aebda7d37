//! `cuframes sub`.

mod latency;
mod output;
mod packets;
mod reader;
mod tally;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use cuframes_cli::args::SubArguments;
use cuframes_cli::exit::Failure;
use program::ending::Ending;
use program::signals::Signals;

use output::Output;
use reader::Reader;
use tally::Tally;

/// How long a reader may take to notice that it is to stop. It does not while it waits for a
/// publisher, and needs not: the kernel gives back all that it has.
const GRACE: Duration = Duration::from_millis(500);

/// What the main thread waits for.
enum News {
    Ended(Result<(), Failure>),
    Signal,
}

/// Reads until the end of the stream, the wanted number of frames or packets, a failure or a
/// signal.
pub fn run(arguments: &SubArguments) -> Result<(), Failure> {
    if arguments.packets {
        return packets::run(arguments);
    }
    let signals = Signals::catch()?;
    let output = Output::open(arguments)?;
    let tally = Arc::new(Mutex::new(Tally::new(arguments)));
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, news) = mpsc::channel();
    let reader = Reader::new(arguments, output, Arc::clone(&tally), Arc::clone(&stop));
    spawn("read", sender.clone(), move || News::Ended(reader.run()))?;
    let waiting = signals.clone();
    spawn("signals", sender, move || match waiting.wait(None, None) {
        Ok(_) | Err(Ending::Signal(_)) => News::Signal,
        Err(ending) => News::Ended(Err(ending.into())),
    })?;
    let ended = match news.recv() {
        Ok(News::Ended(ended)) => ended,
        Ok(News::Signal) | Err(_) => {
            stop.store(true, Ordering::Relaxed);
            // Either it ends properly, or it is left behind where it waits.
            let _ = news.recv_timeout(GRACE);
            signals.check().map_err(Failure::from)
        }
    };
    reader::lock(&tally).tell(arguments, &ended)?;
    ended
}

fn spawn(
    name: &str,
    news: mpsc::Sender<News>,
    work: impl FnOnce() -> News + Send + 'static,
) -> Result<(), Failure> {
    // The main thread is not interested any more if it does not receive.
    let run = move || drop(news.send(work()));
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map(drop).map_err(Failure::io("start a thread"))
}
