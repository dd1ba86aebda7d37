//! Checksums on the GPU: words that kernels add to, read by the processor once for many frames.

use cuframes::cuda::driver::DeviceMemory;
use cuframes::cuda::{Context, CudaError, StreamRef};

const WORD: usize = 8;

/// Words on the GPU.
#[derive(Debug)]
pub struct Sums {
    memory: DeviceMemory,
    words: usize,
}

impl Sums {
    /// So many words. They are anything until [`clear`](Sums::clear).
    pub fn new(context: &Context, words: usize) -> Result<Self, CudaError> {
        let memory = DeviceMemory::new(context, words * WORD)?;
        Ok(Sums { memory, words })
    }

    /// Address of word `index`.
    ///
    /// # Panics
    /// If there is no such word.
    #[must_use]
    pub fn address(&self, index: usize) -> u64 {
        assert!(index < self.words, "a word of {}", self.words);
        self.memory.address() + (index * WORD) as u64
    }

    /// Enqueues setting all words to zero.
    pub fn clear(&self, stream: StreamRef<'_>) -> Result<(), CudaError> {
        let (context, bytes) = (self.memory.context(), self.words * WORD);
        // SAFETY: I16: the memory stays until `read` has waited for the stream.
        unsafe { stream.fill(context, self.memory.address(), 0, bytes) }
    }

    /// Reads all words after everything that was enqueued, which is waited for.
    pub fn read(&self, stream: StreamRef<'_>) -> Result<Vec<u64>, CudaError> {
        let mut bytes = vec![0; self.words * WORD];
        let (context, first) = (self.memory.context(), self.memory.address());
        // SAFETY: I16: the memory is ours and has so many bytes.
        unsafe { stream.read(context, first, &mut bytes) }?;
        let words = bytes.as_chunks().0.iter();
        Ok(words.map(|word| u64::from_ne_bytes(*word)).collect())
    }
}
