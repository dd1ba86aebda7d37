//! Where frames go: an appsrc, and the times that they have there.

use gst::prelude::*;
use gst_app::AppSrc;
use gst_video::VideoInfo;
use vizion::VideoFormat;

use crate::custody::Custody;
use crate::picture;
use crate::source::{Picture, Taken};
use crate::timeline::Timeline;

/// An appsrc that takes frames.
#[derive(Debug)]
pub struct Outlet {
    source: AppSrc,
    custody: Custody,
    info: Option<VideoInfo>,
    timeline: Timeline,
    interval: gst::ClockTime,
    begins: Begins,
    number: u64,
}

/// When the first frame is, on the pipeline's clock.
#[derive(Clone, Copy, Debug)]
pub enum Begins {
    /// At its start.
    AtZero,
    /// When it comes: the pipeline is started by somebody else.
    WhenItComes,
}

impl Outlet {
    /// For frames of `format`.
    pub fn new(source: AppSrc, format: &VideoFormat, custody: Custody, begins: Begins) -> Outlet {
        let interval = picture::interval(format);
        Outlet {
            source,
            custody,
            info: picture::info(format),
            timeline: match begins {
                Begins::AtZero => Timeline::new(interval.nseconds()),
                Begins::WhenItComes => Timeline::of_a_clock_that_pauses(interval.nseconds()),
            },
            interval,
            begins,
            number: 0,
        }
    }

    /// Whether its frames go to `source`.
    pub fn leads_to(&self, source: &AppSrc) -> bool {
        self.source == *source
    }

    /// Whether the pipeline plays. Before, its clock says nothing that has to do with its frames.
    pub fn plays(&self) -> bool {
        self.source.current_state() == gst::State::Playing
    }

    /// Frames that were offered.
    pub fn offered(&self) -> u64 {
        self.number
    }

    /// Offers a frame. It never waits; a pipeline that is over takes none.
    pub fn offer(&mut self, taken: Taken) {
        let buffer = match taken.picture {
            Picture::Jpeg(bytes) => Some(gst::Buffer::from_mut_slice(bytes)),
            Picture::Raw { frame, max_leases } => self
                .info
                .as_ref()
                .and_then(|info| self.custody.buffer(frame, max_leases, info)),
        };
        let now = match (self.number, self.begins) {
            (0, Begins::AtZero) => gst::ClockTime::ZERO,
            _ => self.source.current_running_time().unwrap_or_default(),
        };
        let pts = self.timeline.place(taken.camera_ns, now.nseconds());
        let Some(mut buffer) = buffer else {
            return;
        };
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(pts));
            buffer.set_duration(self.interval);
            buffer.set_offset(self.number);
        }
        self.number += 1;
        // What goes wrong behind it is told on the bus.
        let _ = self.source.push_buffer(buffer);
    }

    /// No more come.
    pub fn finish(&self) {
        let _ = self.source.end_of_stream();
    }
}
