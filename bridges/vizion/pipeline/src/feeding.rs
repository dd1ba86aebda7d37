//! The thread that takes the camera's frames and offers them to the pipeline.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use gst::prelude::*;
use vizion::VideoFormat;

use crate::happening::Happening;
use crate::outlet::Outlet;
use crate::rtsp::{self, Audience};
use crate::source::{Over, Source, Taken};

/// After so long without a frame, the thread looks whether it is to stop.
const TURN: Duration = Duration::from_millis(50);

/// Where frames go.
pub enum Sink {
    /// Into a pipeline, which plays from the first frame on.
    Pipeline(gst::Pipeline, Box<Outlet>),
    /// To whoever is there.
    Audience(Audience),
}

/// The thread as others see it.
#[derive(Clone, Debug, Default)]
pub struct Feeding {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    connected: AtomicBool,
    offered: AtomicU64,
    missed: AtomicU64,
}

impl Feeding {
    /// Starts it.
    pub fn start(
        key: String,
        format: VideoFormat,
        sink: Sink,
        tell: Sender<Happening>,
    ) -> std::io::Result<Feeding> {
        let feeding = Feeding::default();
        let own = feeding.clone();
        let run = move || {
            let over = own.run(&key, format, sink);
            // Nobody hears it when the program ends.
            let _ = tell.send(over);
        };
        thread::Builder::new()
            .name("frames".to_owned())
            .spawn(run)?;
        Ok(feeding)
    }

    /// It offers no further frame, and tells the pipeline that none comes.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the publisher was found.
    pub fn is_connected(&self) -> bool {
        self.shared.connected.load(Ordering::Relaxed)
    }

    /// Frames that were offered to a pipeline that is not served.
    pub fn offered(&self) -> u64 {
        self.shared.offered.load(Ordering::Relaxed)
    }

    /// Frames that went past before.
    pub fn missed(&self) -> u64 {
        self.shared.missed.load(Ordering::Relaxed)
    }

    fn run(&self, key: &str, format: VideoFormat, mut sink: Sink) -> Happening {
        match self.feed(key, format, &mut sink) {
            Err(Over::Failed(why)) => return Happening::Failed(why),
            Ok(()) | Err(Over::Stream) => {}
        }
        match sink {
            Sink::Pipeline(_, outlet) if outlet.offered() > 0 => {
                outlet.finish();
                Happening::LastFrame
            }
            _ => Happening::NothingLeft,
        }
    }

    fn feed(&self, key: &str, format: VideoFormat, sink: &mut Sink) -> Result<(), Over> {
        let mut source = Source::connect(key, format)?;
        self.shared.connected.store(true, Ordering::Relaxed);
        while !self.shared.stop.load(Ordering::Relaxed) {
            let taken = source.next(TURN)?;
            self.shared.missed.store(source.missed(), Ordering::Relaxed);
            if let Some(taken) = taken {
                self.offer(sink, taken)?;
            }
        }
        Ok(())
    }

    fn offer(&self, sink: &mut Sink, taken: Taken) -> Result<(), Over> {
        match sink {
            Sink::Pipeline(pipeline, outlet) => {
                // Before anything that may not return.
                self.shared.offered.fetch_add(1, Ordering::Relaxed);
                if outlet.offered() == 0 {
                    // Its clock begins with the first frame. Why it does not play is on its bus.
                    let played = pipeline.set_state(gst::State::Playing);
                    played.map_err(|_| Over::Failed("the pipeline does not start".to_owned()))?;
                }
                outlet.offer(taken);
            }
            // Not counted: a served pipeline takes frames only as long as a client plays them.
            Sink::Audience(audience) => {
                let mut outlet = rtsp::outlet(audience);
                if let Some(outlet) = outlet.as_mut().filter(|outlet| outlet.plays()) {
                    outlet.offer(taken);
                }
            }
        }
        Ok(())
    }
}
