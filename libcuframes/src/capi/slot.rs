//! Slots by themselves, for callers that hand out several buffers at a time.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::publisher::{PublishedFrame, WritableFrame};
use crate::wire::ErrorCode;

use super::cuda;
use super::error::{Failure, guard, guard_value, refuse};
use super::format::signed;
use super::handles::{self, Exclusive, Object, Table};
use super::memory;
use super::meta::{self, cuframes_frame_meta_t};
use super::publisher::{cuframes_publisher_t, with_publisher};

/// A slot of a publisher: a frame that is being made, then published and still held.
pub struct cuframes_slot_t(());

/// A slot and where its planes are, which stays the same from its making to its release.
pub(super) struct Slot {
    planes: [AtomicPtr<c_void>; 4],
    device_planes: [u64; 4],
    pitches: [i32; 4],
    frame: Exclusive<Stage>,
}

enum Stage {
    Writable(WritableFrame<'static>),
    /// Kept for its drop, which gives the slot back.
    Published {
        _hold: PublishedFrame,
    },
}

impl Object for Slot {
    type Handle = cuframes_slot_t;
    const KIND: usize = 2;
    const NAME: &'static str = "slot";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Slot>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

impl Slot {
    pub fn new(frame: WritableFrame<'static>) -> Self {
        let count = frame.plane_count();
        let planes = std::array::from_fn(|plane| match plane < count {
            true => AtomicPtr::new(frame.plane_ptr(plane).cast()),
            false => AtomicPtr::default(),
        });
        let pitches = std::array::from_fn(|plane| match plane < count {
            true => signed(frame.pitch(plane) as u32),
            false => 0,
        });
        let device_planes =
            std::array::from_fn(|plane| frame.device_plane(plane).map_or(0, |plane| plane.ptr));
        Slot {
            planes,
            device_planes,
            pitches,
            frame: Exclusive::new(Stage::Writable(frame)),
        }
    }
}

pub(super) const NONE_FREE: Failure =
    Failure::Own(ErrorCode::WouldBlock, "no slot is free right now");

/// Takes a slot if one is free right now. Nothing is waited for, and nothing is counted.
///
/// Any number of slots can be out at a time, besides that of cuframes_publisher_acquire().
/// out: the slot, NULL on failure; give it back with cuframes_slot_release().
/// Errors: WOULD_BLOCK: none is free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_acquire_slot(
    publisher: *mut cuframes_publisher_t,
    out: *mut *mut cuframes_slot_t,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let out = out.write(ptr::null_mut());
        with_publisher(publisher, |publisher| {
            let frame = publisher.live()?.try_acquire().ok_or(NONE_FREE)?;
            *out = handles::insert(Slot::new(frame))?;
            Ok(())
        })
    })
}

/// Publishes the frame in a slot. The slot stays held, and is not used again, until
/// cuframes_slot_release(); meanwhile its pixels may be read, and not written.
///
/// stream: as for cuframes_publisher_publish(). meta: NULL says nothing about the frame.
/// seq_out: its sequence; may be NULL.
/// Errors: INVALID_ARGUMENT: the slot was published before. RECONFIGURED: it belongs to an
/// older geometry or to another publisher. CUDA: the driver refused, and what was in the slot
/// is lost. The slot stays as it was on any other error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_publish_slot(
    publisher: *mut cuframes_publisher_t,
    slot: *mut cuframes_slot_t,
    stream: *mut c_void,
    meta: *const cuframes_frame_meta_t,
    seq_out: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let meta = unsafe { meta::read(meta) }?;
        let slot = handles::get::<Slot>(slot)?;
        let mut used = slot.frame.lock(Slot::NAME)?;
        let seq = with_publisher(publisher, |publisher| {
            let publisher = publisher.live()?;
            // SAFETY: I13: passed on.
            let stream = unsafe { cuda::stream(stream, publisher.memory()) }?;
            match used.object(Slot::NAME)? {
                Stage::Writable(frame) => publisher.check(frame, &meta)?,
                Stage::Published { .. } => return refuse("this slot was published before"),
            }
            let Some(Stage::Writable(frame)) = used.take() else {
                return Ok(0);
            };
            let hold = match stream {
                Some(stream) => publisher.publish_on(frame, &meta, stream)?,
                None => publisher.publish(frame, &meta)?,
            };
            let seq = hold.seq();
            used.put(Stage::Published { _hold: hold });
            Ok(seq)
        })?;
        // SAFETY: I13: passed on.
        unsafe { memory::offer(seq_out, seq) };
        Ok(())
    })
}

/// Address of the first byte of a plane of a slot in host memory, valid until the slot is
/// released. Any thread may ask.
///
/// Returns: NULL if there is no such plane or slot, or it is on a GPU.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_slot_plane(slot: *mut cuframes_slot_t, plane: u32) -> *mut c_void {
    let find = || {
        let slot = handles::get::<Slot>(slot)?;
        let address = slot.planes.get(plane as usize);
        Ok(address.map_or(ptr::null_mut(), |address| address.load(Ordering::Relaxed)))
    };
    guard_value(find, |_| ptr::null_mut())
}

/// Device pointer (a CUdeviceptr) to the first byte of a plane of a slot on a GPU, valid until
/// the slot is released. Any thread may ask.
///
/// Returns: 0 if there is no such plane or slot, or it is in host memory.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_slot_cuda_plane(slot: *mut cuframes_slot_t, plane: u32) -> u64 {
    let find = || {
        let slot = handles::get::<Slot>(slot)?;
        Ok(slot.device_planes.get(plane as usize).copied().unwrap_or(0))
    };
    guard_value(find, |_| 0)
}

/// Bytes from one row of a plane of a slot to the next. Any thread may ask.
///
/// Returns: 0 if there is no such plane or slot.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_slot_pitch(slot: *mut cuframes_slot_t, plane: u32) -> i32 {
    let find = || {
        let slot = handles::get::<Slot>(slot)?;
        Ok(slot.pitches.get(plane as usize).copied().unwrap_or(0))
    };
    guard_value(find, |_| 0)
}

/// Gives a slot back; if it was not published, nobody will see what is in it. Any thread may
/// do that, also after its publisher was destroyed.
///
/// Errors: INVALID_ARGUMENT: NULL, or released before.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_slot_release(slot: *mut cuframes_slot_t) -> c_int {
    guard(|| handles::remove::<Slot>(slot))
}
