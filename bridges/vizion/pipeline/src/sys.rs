//! The door to GStreamer's C: a leased frame as the memory of a buffer.

use std::ffi::c_void;

use cuframes::Frame;
use gst::ffi;

/// A frame, and what is to be known of it when it is given back.
struct Lent<T> {
    /// First, so that the lease is back when the other is dropped.
    _frame: Frame,
    _custody: T,
}

/// The bytes of `frame` from its first pixel to its last, as memory that GStreamer only reads. When
/// nobody uses it any more, the frame is given back and then `custody` dropped. `None` if GStreamer
/// has no memory for it.
///
/// Nothing of the frame becomes a reference: another process may write to it once it has evicted
/// this subscriber, and GStreamer's elements read it by pointers.
pub fn lend<T: Send + 'static>(frame: Frame, custody: T) -> Option<gst::Memory> {
    let planes = frame.planes().map(|plane| {
        let bytes = plane.pitch() * plane.rows().saturating_sub(1) + plane.row_bytes();
        (plane.as_ptr(), plane.as_ptr() as usize + bytes)
    });
    let (first, end) =
        planes.reduce(|(first, end), (start, stop)| (first.min(start), end.max(stop)))?;
    if first.is_null() {
        return None;
    }
    let size = end - first as usize;
    let lent = Box::into_raw(Box::new(Lent {
        _frame: frame,
        _custody: custody,
    }));
    // SAFETY: G1: the planes of a frame lie in one mapping, so `size` bytes from `first` on are
    // readable as long as the frame is held, which is until `give_back` is called with it.
    let memory = unsafe {
        ffi::gst_memory_new_wrapped(
            ffi::GST_MEMORY_FLAG_READONLY,
            first.cast_mut().cast::<c_void>(),
            size,
            0,
            size,
            lent.cast::<c_void>(),
            Some(give_back::<T>),
        )
    };
    if memory.is_null() {
        // SAFETY: G2: GStreamer did not take it, so it is still ours alone.
        drop(unsafe { Box::from_raw(lent) });
        return None;
    }
    // SAFETY: G3: it was made above, and this is its only owner.
    Some(unsafe { gst::glib::translate::from_glib_full(memory) })
}

/// Called once, by whichever thread lets go of the memory last.
unsafe extern "C" fn give_back<T>(lent: *mut c_void) {
    // SAFETY: G2: it comes from `Box::into_raw` in `lend` with the same T, and GStreamer calls this
    // once. Frame and T may be dropped on any thread.
    drop(unsafe { Box::from_raw(lent.cast::<Lent<T>>()) });
}
