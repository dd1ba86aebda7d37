//! Taking a slot for the next frame.

use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::format::FormatError;
use crate::ring::Unavailable;
use crate::wire::control;

use super::frame::WritableFrame;
use super::{Policy, Publisher, shortage};

impl Publisher {
    /// Takes a slot to make the next frame in. `None`: every slot is in use, and the frame is
    /// dropped and counted. With [`Policy::StrictWait`] it waits for subscribers that may
    /// miss nothing, but no longer than the strict time-out.
    ///
    /// On a GPU the slot is free for every stream and for the processor: what was last done to
    /// it is waited for. [`acquire_on`](Publisher::acquire_on) does not wait.
    pub fn acquire(&mut self) -> Result<Option<WritableFrame<'static>>> {
        let Some(frame) = self.take_slot()? else {
            return Ok(None);
        };
        let ready = frame.begin_host();
        ready.map(Some).map_err(Error::cuda("wait for a slot"))
    }

    /// A slot by the policy. If there is none because the context is lost, and nothing tells any
    /// more which leases are over, that is an error and no drop.
    pub(super) fn take_slot<'stream>(&mut self) -> Result<Option<WritableFrame<'stream>>> {
        self.check_has_frames()?;
        let mut frame = self.claim();
        if let Err(why) = frame {
            self.check_context()?;
            let waits = why != Unavailable::Held || self.settings.policy != Policy::DropOldest;
            if waits {
                frame = self.wait_for_slot()?.ok_or(why);
            }
        }
        match frame.is_ok() {
            true => self.shortage.over(),
            false => self.count_drop(),
        }
        Ok(frame.ok())
    }

    /// As [`acquire`](Publisher::acquire), for a caller who has other memory for the frame until
    /// a slot is free: `None` is no drop, and is not counted.
    pub fn acquire_or_else(&mut self) -> Result<Option<WritableFrame<'static>>> {
        self.check_has_frames()?;
        let frame = match self.claim() {
            Err(_) if self.settings.policy == Policy::StrictWait => self.wait_for_slot()?,
            frame => frame.ok(),
        };
        let Some(frame) = frame else {
            self.check_context()?;
            return Ok(None);
        };
        let ready = frame.begin_host();
        ready.map(Some).map_err(Error::cuda("wait for a slot"))
    }

    /// Takes a slot if one is free right now. Nothing is waited for, and nothing is counted.
    /// On a GPU it is a slot to which nothing is being done any more.
    pub fn try_acquire(&mut self) -> Option<WritableFrame<'static>> {
        self.claim().ok()?.begin_now()
    }

    pub(super) fn claim<'stream>(
        &self,
    ) -> std::result::Result<WritableFrame<'stream>, Unavailable> {
        if self.settings.packets_only {
            return Err(Unavailable::Held);
        }
        let floor = match self.settings.policy {
            Policy::DropOldest => u64::MAX,
            Policy::StrictWait => shortage::floor(&self.epoch),
        };
        let ring = &self.epoch.ring;
        let slot = ring.claim(ring.latest(), floor)?;
        WritableFrame::new(&self.epoch, slot).ok_or(Unavailable::Held)
    }

    /// Waits as long as the policy says. Readers of frames that a lost context does not complete
    /// keep them until it is replaced: that is not waited for.
    fn wait_for_slot<'stream>(&mut self) -> Result<Option<WritableFrame<'stream>>> {
        let deadline = self.shortage.strict_deadline();
        loop {
            let strict = shortage::is_strict(&self.epoch, self.epoch.ring.latest());
            if !strict && !self.gpu.is_behind() {
                break;
            }
            if let Ok(frame) = self.claim() {
                return Ok(Some(frame));
            }
            self.check_context()?;
            if Instant::now() >= deadline {
                if strict {
                    let newest = self.epoch.ring.latest();
                    self.shortage.give_up(&self.shared, &self.epoch, newest);
                }
                break;
            }
            self.shortage.pause();
        }
        let frame = self.claim();
        if frame.is_err() {
            self.check_context()?;
        }
        Ok(frame.ok())
    }

    fn check_has_frames(&self) -> Result<()> {
        match self.settings.packets_only {
            true => Err(FormatError::NoFrames.into()),
            false => Ok(()),
        }
    }

    fn count_drop(&mut self) {
        let dropped = self.shared.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        let control = &self.epoch.ring.control;
        control.store_u64(control::DROPPED, dropped, Ordering::Relaxed);
        self.shortage.begin(&self.shared);
    }
}
