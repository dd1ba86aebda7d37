//! Streams of the crate cudarc, for programs that have one. Its contexts are the primary ones
//! of their devices, and so are ours unless another one was given: pointers and streams of
//! either are good for both.

use cudarc::driver::CudaStream;

use super::stream::StreamRef;

impl<'a> From<&'a CudaStream> for StreamRef<'a> {
    fn from(stream: &'a CudaStream) -> Self {
        // SAFETY: I15: the stream is alive for `'a`. In a context that is not its own the
        // driver refuses it.
        unsafe { StreamRef::from_raw(stream.cu_stream().cast()) }
    }
}
