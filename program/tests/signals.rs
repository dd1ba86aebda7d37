//! What a signal does, in a process of its own: a second one would end it.

use std::io::{Write, pipe};
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use program::ending::Ending;
use program::signals::Signals;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::SIGTERM;

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);

fn is_term<T: std::fmt::Debug>(ended: Result<T, Ending>) -> bool {
    matches!(ended, Err(Ending::Signal(SIGTERM)))
}

#[test]
fn a_signal_ends_every_wait() {
    let signals = Signals::catch().expect("signals are caught");
    signals.check().expect("none came");
    let (input, mut output) = pipe().expect("a pipe");
    let soon = || Some(Instant::now() + Duration::from_millis(1));
    let wait = |deadline| signals.wait(Some(input.as_fd()), deadline);
    assert!(!wait(soon()).expect("none came"), "there is no input");
    output.write_all(b"x").expect("the pipe has room");
    assert!(wait(None).expect("none came"), "there is input");
    signals.sleep_until(Instant::now()).expect("none came");
    signals.sleep(Duration::from_millis(1)).expect("none came");

    let (tell, told) = mpsc::channel();
    signals.then(move || tell.send(()).expect("it is waited for"));
    let sleeper = signals.clone();
    let asleep = std::thread::spawn(move || sleeper.sleep(LONG));
    signal_hook::low_level::raise(SIGTERM).expect("a signal can be raised");
    told.recv_timeout(LONG).expect("what is to be done then is");
    assert!(is_term(asleep.join().expect("it does not panic")));
    assert!(is_term(signals.check()));
    assert!(is_term(wait(None)), "even though there is input");
    assert!(is_term(signals.sleep_until(Instant::now() + LONG)));
    let mut bell = [PollFd::from_borrowed_fd(signals.bell(), PollFlags::IN)];
    assert_eq!(poll(&mut bell, Some(&Timespec::default())), Ok(1));
}
