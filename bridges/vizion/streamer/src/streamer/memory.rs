//! Shared memory: there from `enable_shared_memory` to `disable_shared_memory`.

use std::sync::atomic::Ordering::Relaxed;

use vizion::FrameWriter;

use super::{Code, Refusal, Streamer};

/// The shared memory that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedMemory {
    /// Its name.
    pub name: String,
    /// Its bytes, with the header.
    pub size: u64,
    /// Frames written to it in this stream, or in the last one.
    pub frames: u64,
    /// Frames that did not fit.
    pub dropped: u64,
    /// Times that somebody had removed or shortened it, and it was made anew.
    pub replaced: u64,
}

impl Streamer {
    /// Makes the shared memory, in place of one that there is. If it cannot be made, that one stays.
    pub fn enable_shared_memory(&mut self, name: &str, size: u64) -> Result<(), Refusal> {
        self.check_stopped("shared memory")?;
        let invalid = |error: vizion::ShmError| Refusal::new(Code::Invalid, error.to_string());
        vizion::validate_name(name).map_err(invalid)?;
        // The old one goes first: it may have the same name.
        let before = self.memory.take();
        self.shared_memory = None;
        let made = self.make_memory(name, size);
        if let (Err(_), Some((name, size))) = (&made, before) {
            self.make_memory(&name, size).map_err(invalid)?;
        }
        made.map_err(invalid)
    }

    fn make_memory(&mut self, name: &str, size: u64) -> Result<(), vizion::ShmError> {
        let made = FrameWriter::create(name, size)?;
        self.memory = Some((made.name().to_owned(), made.size()));
        self.shared_memory = Some(made);
        Ok(())
    }

    /// Removes the shared memory.
    pub fn disable_shared_memory(&mut self) -> Result<(), Refusal> {
        self.check_stopped("shared memory")?;
        self.shared_memory = None;
        self.memory = None;
        Ok(())
    }

    /// The shared memory, if there is any.
    pub fn shared_memory(&self) -> Option<SharedMemory> {
        let (name, size) = self.memory.clone()?;
        let (frames, dropped, replaced) = match (&self.shared_memory, &self.stream) {
            (Some(memory), _) => (memory.frames(), memory.dropped(), memory.replaced()),
            (None, Some(stream)) => {
                let counters = &stream.board().counters;
                let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Relaxed);
                (
                    read(&counters.shm_frames),
                    read(&counters.shm_dropped),
                    read(&counters.shm_replaced),
                )
            }
            (None, None) => (0, 0, 0),
        };
        Some(SharedMemory {
            name,
            size,
            frames,
            dropped,
            replaced,
        })
    }
}
