//! Going on with another geometry, or with another description of the stream.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::format::{Format, FrameLayout};
use crate::meta::StreamInfo;
use crate::session::{Command, Epoch};
use crate::wire::{StreamState, control};

use super::{Policy, Publisher};

impl Publisher {
    /// Goes on with frames of another geometry. Frames that subscribers hold, or have not read
    /// yet, stay as they are; everyone joins the new geometry when it has read the old one.
    /// With [`Policy::StrictWait`] it waits until those have that may miss nothing, but no
    /// longer than the strict time-out.
    ///
    /// On a GPU it is also how a publisher goes on after its context was lost.
    pub fn reconfigure(&mut self, format: Format, width: u32, height: u32) -> Result<()> {
        self.reconfigure_with_room(format, (width, height), (width, height))
    }

    /// As [`reconfigure`](Publisher::reconfigure), with room in every slot for a picture of
    /// `room` pixels in width and height, where that is more than `size`.
    pub fn reconfigure_with_room(
        &mut self,
        format: Format,
        (width, height): (u32, u32),
        room: (u32, u32),
    ) -> Result<()> {
        self.begin_epoch(self.settings.layout(format, (width, height), room)?)
    }

    pub(super) fn begin_epoch(&mut self, layout: FrameLayout) -> Result<()> {
        if self.epoch.pool.is_external() && layout != *self.layout() {
            let what = "another geometry for buffers of the caller's; make a new publisher";
            return Err(Error::Unsupported(what.to_owned()));
        }
        self.finish_deferred(Instant::now() + self.shortage.strict_timeout);
        self.renew_context()?;
        let new = Epoch::create(
            &self.settings.epoch(&self.shared.key, layout),
            Some(&self.epoch),
        )?;
        let dropped = self.shared.dropped.load(Ordering::Relaxed);
        let control = &new.ring.control;
        control.store_u64(control::DROPPED, dropped, Ordering::Relaxed);
        if let Some(packets) = &self.packets {
            // Before the epoch that says that there are packets.
            self.shared.set_packets(Arc::clone(&packets.segment));
        }
        self.shared.set_epoch(Arc::clone(&new));
        let old = std::mem::replace(&mut self.epoch, new);
        self.abort_if_lost(&old);
        old.set_state(StreamState::Reconfigured as u32);
        self.shared.shake_packets();
        self.shared.send(Command::Reconfigured(old));
        if self.settings.policy == Policy::StrictWait {
            let deadline = Instant::now() + self.shortage.strict_timeout;
            self.shared.wait_rejoined(&self.epoch, deadline);
        }
        Ok(())
    }

    /// Says something else about the stream. If that is news, it is a reconfiguration with the
    /// same geometry: it is how everybody hears of it.
    pub fn set_stream_info(&mut self, info: StreamInfo) -> Result<()> {
        if info == self.settings.stream {
            return Ok(());
        }
        self.settings.stream = info;
        self.begin_epoch(*self.layout())
    }

    /// What this publisher says about its stream.
    pub fn stream_info(&self) -> &StreamInfo {
        &self.settings.stream
    }
}
