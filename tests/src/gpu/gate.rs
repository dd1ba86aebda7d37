//! A gate in a stream: what is enqueued behind it is done when it is opened, and not before.

use cuframes::cuda::driver::DeviceMemory;
use cuframes::cuda::{Context, CudaError, Stream, StreamRef};

/// A word on the GPU that streams wait for.
#[derive(Debug)]
pub struct Gate {
    word: DeviceMemory,
    /// Opens it; never held up itself.
    opener: Stream,
    closed: u64,
}

impl Gate {
    /// An open gate.
    pub fn new(context: &Context) -> Result<Self, CudaError> {
        let word = DeviceMemory::new(context, 8)?;
        let opener = Stream::new(context)?;
        // SAFETY: I16: the word is ours, and the call waits.
        unsafe { opener.as_ref().write(context, word.address(), &[0; 8]) }?;
        Ok(Gate {
            word,
            opener,
            closed: 0,
        })
    }

    /// Holds `streams` up until the gate is opened.
    pub fn close(&mut self, streams: &[StreamRef<'_>]) -> Result<(), CudaError> {
        self.closed += 1;
        let (context, word) = (self.word.context(), self.word.address());
        for &stream in streams {
            // SAFETY: I16: the word is ours; dropping the gate opens it and waits.
            unsafe { stream.wait_value_64_geq(context, word, self.closed) }?;
        }
        Ok(())
    }

    /// Lets everybody go on.
    pub fn open(&self) -> Result<(), CudaError> {
        let (context, word) = (self.word.context(), self.word.address());
        let value = self.closed.to_ne_bytes();
        // SAFETY: I16: the word is ours, and the call waits.
        unsafe { self.opener.as_ref().write(context, word, &value) }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // A context that is lost holds nobody up.
        let _ = self.open();
    }
}
