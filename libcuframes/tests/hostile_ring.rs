//! A ring whose words lie after an honest start: nothing outside of the pool is ever lent.

mod common;

use std::time::Duration;

use common::server::{Offer, Server};
use common::{key, shared, strict};
use cuframes::wire::{ErrorCode, control, slot};
use cuframes::{Error, Mode, Result};

/// Joins honestly; then `lie` writes into the control segment, and `next` must bear it.
fn live(name: &str, mode: Mode, lie: impl Fn(&mut dyn FnMut(usize, &[u8]))) -> Result<()> {
    let key = key(name);
    let server = Server::listen(&key);
    std::thread::scope(|scope| {
        let served = scope.spawn(|| server.serve(Offer::honest()));
        let builder = strict(&key, "victim").mode(mode).reattach(false);
        let mut victim = builder.connect().expect("joins");
        let served = served.join().expect("the liar");
        lie(&mut |offset, bytes| served.write(offset, bytes));
        let frame = victim.next(Some(Duration::from_millis(20)))?;
        let mut pixels = vec![0; 64 * 48];
        frame.copy_to(&mut pixels)?;
        frame.release()
    })
}

const SLOT: usize = 256;

fn publish_one(write: &mut dyn FnMut(usize, &[u8]), data_offset: u64) {
    write(SLOT + slot::DATA_OFFSET, &data_offset.to_le_bytes());
    write(SLOT, &1u64.to_le_bytes());
    write(control::SLOT_OF + 1, &[0]);
    write(control::LATEST_SEQ, &1u64.to_le_bytes());
}

#[test]
fn frames_outside_of_the_pool_are_not_lent() {
    let _guard = shared();
    let (frame, pool) = (48 * 256u64, 4 * 48 * 256u64);
    for mode in [Mode::StrictOrder, Mode::NewestOnly] {
        for (index, offset) in [0, frame, pool - frame].into_iter().enumerate() {
            live(&format!("inside{index}{mode:?}"), mode, |w| {
                publish_one(w, offset)
            })
            .expect("a frame");
        }
        let outside = [
            pool - frame + 1,
            pool,
            u64::MAX,
            u64::MAX - frame + 1,
            1 << 63,
        ];
        for (index, offset) in outside.into_iter().enumerate() {
            let name = format!("outside{index}{mode:?}");
            let error = live(&name, mode, |w| publish_one(w, offset)).expect_err("outside");
            assert_eq!(error.code(), ErrorCode::Protocol, "{offset}: {error}");
        }
    }
}

#[test]
fn words_of_a_ring_that_make_no_sense_are_borne() {
    let _guard = shared();
    let everywhere = |value: u64| {
        move |write: &mut dyn FnMut(usize, &[u8])| {
            // The futex word and the state stay: LIVE.
            let state = control::LATEST_SEQ + 8;
            for at in (control::LATEST_SEQ..4096).step_by(8) {
                if at != state {
                    write(at, &value.to_le_bytes());
                }
            }
        }
    };
    let values = [
        1,
        2,
        u64::MAX,
        u64::MAX - 1,
        (1 << 63) - 1,
        (1 << 63) - 2,
        1 << 63,
        0x0101_0101_0101_0101,
    ];
    for mode in [Mode::StrictOrder, Mode::NewestOnly] {
        for value in values {
            let name = format!("words{value:x}{mode:?}");
            match live(&name, mode, everywhere(value)) {
                Ok(()) | Err(Error::Timeout { .. }) => {}
                Err(error) => assert_eq!(error.code(), ErrorCode::Protocol, "{value:#x}: {error}"),
            }
        }
    }
}
