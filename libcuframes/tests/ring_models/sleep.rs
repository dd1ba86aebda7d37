//! A subscriber with nothing to read goes to sleep while the first frame is published.
//!
//! The kernel is a token: a wake leaves it, a wait takes it or blocks. So a wake that comes
//! before the wait is not lost, as FUTEX_WAIT's compare sees to in the kernel, but this wait
//! does not compare: what must not depend on it is seen not to. There is no time limit
//! either, a lost wake-up is a deadlock, and wake-ups may be spurious.

use std::sync::Arc;

use cuframes::wire::{SyncKind, page};
use loom::sync::Notify;
use loom::thread;

use crate::explore::explore;
use crate::stage::Stage;

#[test]
fn on_the_futex_misses_no_frame() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 0);
        let futex = Arc::new(Notify::new());
        let sleeping = thread::spawn({
            let (stage, futex) = (stage.clone(), Arc::clone(&futex));
            move || {
                let reader = stage.reader(1);
                loop {
                    let seen = reader.futex_value();
                    if reader.latest() == 1 {
                        break;
                    }
                    if reader.begin_sleep(seen) {
                        futex.wait();
                    }
                    reader.end_sleep();
                }
            }
        });
        if stage.ring.publish(0, 1, &[0; 7]) != 0 {
            futex.notify();
        }
        sleeping.join().unwrap();
    });
}

/// The event loop's way: ask for a notify byte, look once more, poll.
#[test]
fn in_a_poll_misses_no_frame() {
    explore(None, || {
        let stage = Stage::joined(SyncKind::Cpu, 0);
        let socket = Arc::new(Notify::new());
        let polling = thread::spawn({
            let (stage, socket) = (stage.clone(), Arc::clone(&socket));
            move || {
                let reader = stage.reader(1);
                reader.ask_notify();
                while reader.latest() == 0 {
                    socket.wait();
                }
            }
        });
        if stage.ring.publish(0, 1, &[0; 7]) & page::WAITING_NOTIFY != 0 {
            socket.notify();
        }
        polling.join().unwrap();
    });
}
