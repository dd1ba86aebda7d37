//! The end of a lease: by the processor, or by the streams that still read the frame.

use std::sync::atomic::Ordering;

use crate::sync::Ending;
use crate::sys::cuda::{CudaError, StreamRef};

use super::attachment::{Attachment, Pixels};

/// Why a frame was not given back as it should have been.
#[derive(Debug)]
pub(super) enum NotReleased {
    /// The subscription was ended with this code before.
    Evicted(i32),
    /// The driver refused; the frame was given back without it.
    Cuda(CudaError),
}

impl Attachment {
    /// One holder less; the last one gives the frame back. `Err` has the code of an eviction.
    pub fn release(&self, slot: usize, seq: u64) -> std::result::Result<(), i32> {
        let lease = &self.leases[slot];
        // Release and Acquire: every holder's reads come before the last one's release.
        if lease.holders.fetch_sub(1, Ordering::AcqRel) != 1 {
            return self.reader.check_evicted();
        }
        if let Some(gpu) = self.gpu().filter(|_| lease.joined.load(Ordering::Relaxed)) {
            let ending = gpu.order.release().end_joined(slot, seq);
            // A driver that fails here has lost the context, and its work with it.
            return self.end_lease(slot, seq, ending.ok());
        }
        self.end_lease(slot, seq, None)
    }

    /// One holder less, whose work on `streams` still reads the frame; when the last holder's
    /// work is done, the frame is given back.
    pub fn release_on(
        &self,
        slot: usize,
        seq: u64,
        streams: &[StreamRef<'_>],
    ) -> std::result::Result<(), NotReleased> {
        let lease = &self.leases[slot];
        let Some(gpu) = self.gpu() else {
            return self.release(slot, seq).map_err(NotReleased::Evicted);
        };
        let release = gpu.order.release();
        let alone = lease.holders.load(Ordering::Acquire) == 1;
        if let ([stream], true, false) = (streams, alone, lease.joined.load(Ordering::Relaxed)) {
            lease.holders.store(0, Ordering::Relaxed);
            let ending = release.end_on(slot, seq, *stream);
            return self.finish(slot, seq, ending);
        }
        if let Err(error) = streams
            .iter()
            .try_for_each(|&stream| release.join(slot, stream))
        {
            // The context is lost, and the work on the frame with it: it is given back.
            let _ = self.release(slot, seq);
            return Err(NotReleased::Cuda(error));
        }
        lease.joined.store(true, Ordering::Relaxed);
        if lease.holders.fetch_sub(1, Ordering::AcqRel) != 1 {
            return self.reader.check_evicted().map_err(NotReleased::Evicted);
        }
        self.finish(slot, seq, release.end_joined(slot, seq))
    }

    fn finish(
        &self,
        slot: usize,
        seq: u64,
        ending: std::result::Result<Ending, CudaError>,
    ) -> std::result::Result<(), NotReleased> {
        match ending {
            Ok(ending) => self.end_lease(slot, seq, Some(ending)),
            // The context is lost, and the work on the frame with it: it is given back.
            Err(error) => {
                let _ = self.end_lease(slot, seq, None);
                return Err(NotReleased::Cuda(error));
            }
        }
        .map_err(NotReleased::Evicted)
    }

    /// Gives the frame back: now, or as far as `ending` says that streams do it.
    fn end_lease(
        &self,
        slot: usize,
        seq: u64,
        ending: Option<Ending>,
    ) -> std::result::Result<(), i32> {
        // Before the bit is cleared: afterwards the slot may be leased again by next().
        self.leases[slot].seq.store(0, Ordering::Release);
        if let (Some(_), Some(gpu)) = (ending, self.gpu()) {
            gpu.begin_ending(slot, seq);
        }
        let whole = match ending {
            None | Some(Ending::Acknowledge) => self.reader.release(slot, seq),
            Some(Ending::Told) => {
                let whole = self.reader.check_evicted();
                self.reader.release_to_stream(slot);
                whole
            }
            Some(Ending::Later) => {
                if let Pixels::Gpu(_, guardian) = &self.pixels {
                    guardian.give_back(slot, seq);
                }
                self.reader.check_evicted()
            }
        };
        if ending.is_none() {
            // After the bit is cleared: the publisher counts bits, and one too many is an
            // eviction.
            self.open.fetch_sub(1, Ordering::Release);
        }
        self.tell_consumed();
        whole
    }
}
