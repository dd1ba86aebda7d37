//! A decoder that writes its pictures straight into slots.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;

use cuframes::FrameLayout;
use ffmpeg_next::codec::{Id, Parameters, context::Context, decoder, threading};
use ffmpeg_next::ffi::{self, AVCodecContext, AVFrame};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;
use ffmpeg_next::{Error, Packet, Rational};

use crate::ingest::formats;
use crate::ingest::slots::{Asked, Slots};

use super::cuda::Gpu;
use super::number;

/// How many threads decode, and what they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Each a frame of its own: fastest, and one frame later for each thread.
    Frames(usize),
    /// Parts of the same frame.
    Slices(usize),
}

/// An open decoder.
pub struct Decoder {
    // Before what it refers to until it is closed.
    opened: decoder::Video,
    _place: Place,
}

/// Where pictures are made.
#[derive(Clone, Debug)]
pub enum Place {
    /// In memory of the decoder's own.
    Own,
    /// In slots, if it is a decoder that leaves pictures alone when it has given them out.
    Slots(Arc<Slots>),
    /// On a GPU, by its decoder.
    Gpu(Arc<Gpu>),
}

/// A slot that a buffer of FFmpeg's refers to.
struct Loan {
    slots: Arc<Slots>,
    address: usize,
}

impl Decoder {
    /// Opens the decoder of `parameters`, whose times are in units of `time_base`.
    pub fn open(
        parameters: Parameters,
        time_base: Rational,
        threads: Threads,
        place: Place,
    ) -> Result<Decoder, Error> {
        let leaves_alone = matches!(parameters.id(), Id::H264 | Id::HEVC);
        let mut context = Context::from_parameters(parameters)?;
        let (kind, count) = match threads {
            Threads::Frames(count) => (threading::Type::Frame, count),
            Threads::Slices(count) => (threading::Type::Slice, count),
        };
        context.set_threading(threading::Config {
            kind,
            count,
            #[cfg(ffmpeg_asks_for_safe_callbacks)]
            safe: true,
        });
        // SAFETY: it is ours as long as `context` is.
        let raw = unsafe { context.as_mut_ptr() };
        number::prepare(&mut context);
        // SAFETY: the context is not open yet, and nobody else has it.
        unsafe { (*raw).pkt_timebase = time_base.into() };
        match &place {
            Place::Slots(slots) if leaves_alone => {
                let slots = Arc::as_ptr(slots).cast_mut().cast();
                // SAFETY: as above. The slots outlive the context, as fields are dropped in order.
                unsafe { (*raw).opaque = slots };
                // SAFETY: as above.
                unsafe { (*raw).get_buffer2 = Some(get_buffer) };
            }
            Place::Gpu(gpu) => gpu.prepare(raw),
            Place::Own | Place::Slots(_) => {}
        }
        let opened = context.decoder().video()?;
        Ok(Decoder {
            opened,
            _place: place,
        })
    }

    /// Gives it a packet, whose pictures will have this number.
    pub fn send(&mut self, packet: &mut Packet, number: u64) -> Result<(), Error> {
        number::give(&mut self.opened, packet, number);
        self.opened.send_packet(packet)
    }

    /// Tells it that there are no more packets.
    pub fn send_eof(&mut self) -> Result<(), Error> {
        self.opened.send_eof()
    }

    /// Takes a picture from it.
    pub fn receive(&mut self, frame: &mut Video) -> Result<(), Error> {
        self.opened.receive_frame(frame)
    }

    /// Pictures that it keeps to decode others, as far as it knows yet.
    pub fn references(&self) -> usize {
        self.opened.references()
    }

    /// Pictures that it keeps for their turn to be shown.
    pub fn reorder(&self) -> usize {
        // SAFETY: it is ours as long as `self` is.
        let context = unsafe { self.opened.as_ptr() };
        // SAFETY: the context is open, and no other thread changes it between packets.
        let frames = unsafe { (*context).has_b_frames };
        usize::try_from(frames).unwrap_or(0)
    }

    /// The room that it wants in a slot.
    pub fn room(&mut self) -> (u32, u32) {
        // SAFETY: it is ours as long as `self` is.
        let context = unsafe { self.opened.as_mut_ptr() };
        // SAFETY: the context is open, and no other thread changes it between packets.
        let width = unsafe { (*context).coded_width };
        // SAFETY: as above.
        let height = unsafe { (*context).coded_height };
        aligned(context, width, height)
    }
}

/// Width and height of whole blocks, and of what is read beyond them.
fn aligned(context: *mut AVCodecContext, width: c_int, height: c_int) -> (u32, u32) {
    let (mut width, mut height) = (width, height);
    let mut pitches = [0; ffi::AV_NUM_DATA_POINTERS as usize];
    // SAFETY: the callers have an open context; the rest is ours. What it asks of pitches is
    // a power of two up to 64, and ours are multiples of 256.
    unsafe {
        ffi::avcodec_align_dimensions2(context, &mut width, &mut height, pitches.as_mut_ptr());
    }
    (width.unsigned_abs(), height.unsigned_abs())
}

/// FFmpeg wants memory for a picture. It calls this from any of its threads.
unsafe extern "C" fn get_buffer(
    context: *mut AVCodecContext,
    frame: *mut AVFrame,
    flags: c_int,
) -> c_int {
    let default = || {
        // SAFETY: both are what FFmpeg called us with.
        unsafe { ffi::avcodec_default_get_buffer2(context, frame, flags) }
    };
    let Some(asked) = asked(context, frame) else {
        return default();
    };
    // SAFETY: FFmpeg calls with a context that is open, or a copy of it with the same `opaque`.
    let slots: *const Slots = unsafe { (*context).opaque }.cast_const().cast();
    // SAFETY: `Decoder::open` put it there from an Arc which outlives the context.
    unsafe { Arc::increment_strong_count(slots) };
    // SAFETY: the count that was added is ours.
    let slots = unsafe { Arc::from_raw(slots) };
    let layout = asked.layout;
    let buffer = match slots.take(asked) {
        Some(data) => lend(slots, data, &layout),
        None => own(&layout),
    };
    match buffer {
        Some((buffer, data)) => {
            fill(frame, buffer, data, &layout);
            0
        }
        None => ffi::AVERROR(ffi::ENOMEM),
    }
}

/// How the picture lies in a slot; `None` if it is none of ours.
fn asked(context: *mut AVCodecContext, frame: *const AVFrame) -> Option<Asked> {
    // SAFETY: FFmpeg calls with an open context, and waits for us.
    let width = unsafe { (*context).width };
    // SAFETY: as above.
    let height = unsafe { (*context).height };
    // SAFETY: as above. The decoder has set it to one of its own formats.
    let pixel = unsafe { (*context).pix_fmt };
    // SAFETY: FFmpeg calls with a frame of which it has set format and size.
    let frame = unsafe { &*frame };
    let (coded_width, coded_height) = (frame.width, frame.height);
    let format = formats::of(Pixel::from(pixel))?;
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    let room = aligned(context, coded_width, coded_height);
    let layout = FrameLayout::with_room(format, width, height, room).ok()?;
    Some(Asked { layout, room })
}

/// A buffer of the slot's bytes, which gives it back when nobody refers to it.
fn lend(
    slots: Arc<Slots>,
    data: *mut u8,
    layout: &FrameLayout,
) -> Option<(*mut ffi::AVBufferRef, *mut u8)> {
    // A slot of it is mapped, so it fits.
    let size = layout.frame_size as usize;
    let address = data.addr();
    let loan = Box::into_raw(Box::new(Loan { slots, address }));
    // SAFETY: the slot has so many bytes, and stays until `give_back`, which is called once.
    let buffer = unsafe { ffi::av_buffer_create(data, size, Some(give_back), loan.cast(), 0) };
    if buffer.is_null() {
        // SAFETY: nobody else has it.
        unsafe { give_back(loan.cast(), data) };
        return None;
    }
    Some((buffer, data))
}

/// Nobody refers to a slot any more.
unsafe extern "C" fn give_back(opaque: *mut c_void, _data: *mut u8) {
    // SAFETY: it came from `Box::into_raw` in `lend`, and FFmpeg calls once.
    let loan = unsafe { Box::from_raw(opaque.cast::<Loan>()) };
    loan.slots.give_back(loan.address);
}

/// Memory like a slot, for when none is free: references must all have the same pitches.
fn own(layout: &FrameLayout) -> Option<(*mut ffi::AVBufferRef, *mut u8)> {
    let size = usize::try_from(layout.frame_size).ok()?;
    // SAFETY: any size is allowed.
    let buffer = unsafe { ffi::av_buffer_allocz(size) };
    if buffer.is_null() {
        return None;
    }
    // SAFETY: a new buffer is ours.
    let data = unsafe { (*buffer).data };
    Some((buffer, data))
}

/// Makes `frame` a picture in the buffer.
fn fill(frame: *mut AVFrame, buffer: *mut ffi::AVBufferRef, first: *mut u8, layout: &FrameLayout) {
    let (mut data, mut pitches) = ([ptr::null_mut(); 8], [0; 8]);
    for plane in 0..layout.plane_count {
        data[plane] = first.wrapping_add(layout.offset(plane));
        pitches[plane] = c_int::try_from(layout.pitch(plane)).unwrap_or(c_int::MAX);
    }
    // SAFETY: FFmpeg calls with a frame that has no buffer, and nobody else sees it.
    let frame = unsafe { &mut *frame };
    frame.data = data;
    frame.linesize = pitches;
    frame.buf[0] = buffer;
    frame.extended_data = frame.data.as_mut_ptr();
}
