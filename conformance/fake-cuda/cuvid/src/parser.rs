//! `CUvideoparser`: cuts a stream into pictures and calls back for sequence, decoding, display.
//!
//! A packet holds whole pictures, as demuxers give them; a picture does not go on in the next.

use std::ffi::{c_int, c_longlong, c_uint};
use std::ptr;

use crate::abi::{
    Aspect, CHROMA_420, CodecSpecific, DisplayInfo, Fraction, IntRect, Packet, ParserParams,
    PicParams, Signal, VideoFormat, code, codec, packet,
};
use crate::driver::Result;
use crate::h264::{self, Nal, Order, Slice, Sps, nals};

/// What the caller gave: functions, and a pointer for them.
pub struct Callbacks(ParserParams);

// SAFETY: I13: the callbacks run on the thread that parses; the caller uses one at a time.
unsafe impl Send for Callbacks {}

/// A picture under way: its slices, each with a start code of three bytes.
struct Picture {
    slice: Slice,
    is_intra: bool,
    bytes: Vec<u8>,
    offsets: Vec<c_uint>,
}

/// A decoded picture that waits to be shown.
struct Decoded {
    index: c_int,
    timestamp: c_longlong,
}

pub struct Parser {
    callbacks: Callbacks,
    surfaces: c_int,
    sps: Option<Sps>,
    order: Order<Decoded>,
    last_index: c_int,
}

impl Parser {
    pub fn new(params: ParserParams) -> Result<Self> {
        if params.codec != codec::H264 {
            return Err(code::NOT_SUPPORTED);
        }
        let surfaces =
            c_int::try_from(params.max_decode_surfaces).map_err(|_| code::INVALID_VALUE)?;
        let callbacks_there = params.on_sequence.is_some()
            && params.on_decode.is_some()
            && params.on_display.is_some();
        if surfaces < 1 || !callbacks_there {
            return Err(code::INVALID_VALUE);
        }
        let callbacks = Callbacks(params);
        Ok(Self {
            callbacks,
            surfaces,
            sps: None,
            order: Order::new(),
            last_index: -1,
        })
    }

    /// Parses one packet. A callback that says 0 ends it with `UNKNOWN`.
    pub fn parse(&mut self, packet: &Packet, payload: &[u8]) -> Result<()> {
        let timestamp = if packet.flags & packet::TIMESTAMP != 0 {
            packet.timestamp
        } else {
            0
        };
        let mut picture: Option<Picture> = None;
        for nal in nals(payload) {
            match nal.kind() {
                h264::SPS => self.on_parameters(&nal)?,
                h264::SLICE | h264::IDR_SLICE => {
                    // Without parameters there is nothing to decode yet.
                    let Some(sps) = &self.sps else { continue };
                    let slice = Slice::read(&nal, sps).ok_or(code::INVALID_VALUE)?;
                    if slice.starts_picture
                        && let Some(finished) = picture.take()
                    {
                        self.finish(finished, timestamp)?;
                    }
                    add_slice(&mut picture, slice, &nal);
                }
                _ => {}
            }
        }
        if let Some(finished) = picture {
            self.finish(finished, timestamp)?;
        }
        if packet.flags & packet::END_OF_STREAM != 0 {
            self.end(packet.flags & packet::NOTIFY_END != 0)?;
        }
        Ok(())
    }

    fn on_parameters(&mut self, nal: &Nal<'_>) -> Result<()> {
        let sps = Sps::read(&nal.payload()).ok_or(code::NOT_SUPPORTED)?;
        if self.sps.as_ref() == Some(&sps) {
            return Ok(());
        }
        self.show_all()?;
        let answer = self.callbacks.sequence(&mut format_of(&sps))?;
        if answer > 1 {
            self.surfaces = answer;
        }
        self.sps = Some(sps);
        Ok(())
    }

    fn finish(&mut self, mut picture: Picture, timestamp: c_longlong) -> Result<()> {
        let index = self.free_index()?;
        let sps = self
            .sps
            .as_ref()
            .expect("slices are only read with parameters");
        self.callbacks.decode(&mut PicParams {
            width_in_macroblocks: (sps.coded_width / 16) as c_int,
            height_in_macroblocks: (sps.coded_height / 16) as c_int,
            index,
            is_field: 0,
            is_bottom_field: 0,
            is_second_field: 0,
            bitstream_len: picture.bytes.len() as c_uint,
            bitstream: picture.bytes.as_mut_ptr(),
            slices: picture.offsets.len() as c_uint,
            slice_offsets: picture.offsets.as_ptr(),
            is_reference: picture.slice.is_reference.into(),
            is_intra: picture.is_intra.into(),
            reserved: [0; 30],
            codec_specific: CodecSpecific([0; 1024]),
        })?;
        let decoded = Decoded { index, timestamp };
        for shown in self.order.add(&picture.slice, sps, decoded) {
            self.callbacks.display(&shown)?;
        }
        Ok(())
    }

    /// The next index after the last one that waits for nothing.
    fn free_index(&mut self) -> Result<c_int> {
        let waits = |index| self.order.waiting().any(|decoded| decoded.index == index);
        let candidates = (1..=self.surfaces).map(|step| (self.last_index + step) % self.surfaces);
        let free = candidates.into_iter().find(|&index| !waits(index));
        self.last_index = free.ok_or(code::INVALID_VALUE)?;
        Ok(self.last_index)
    }

    fn show_all(&mut self) -> Result<()> {
        for shown in self.order.flush() {
            self.callbacks.display(&shown)?;
        }
        Ok(())
    }

    fn end(&mut self, notify: bool) -> Result<()> {
        self.show_all()?;
        if notify {
            self.callbacks.display_end()
        } else {
            Ok(())
        }
    }
}

fn add_slice(picture: &mut Option<Picture>, slice: Slice, nal: &Nal<'_>) {
    let is_intra = slice.is_intra;
    let picture = picture.get_or_insert(Picture {
        slice,
        is_intra: true,
        bytes: Vec::new(),
        offsets: Vec::new(),
    });
    picture.is_intra &= is_intra;
    picture.offsets.push(picture.bytes.len() as c_uint);
    picture.bytes.extend([0, 0, 1]);
    picture.bytes.extend(nal.0);
}

impl Callbacks {
    fn sequence(&self, format: &mut VideoFormat) -> Result<c_int> {
        let call = self
            .0
            .on_sequence
            .expect("checked when the parser was made");
        // SAFETY: I13: the caller's function, with the caller's pointer and a live struct.
        answer(unsafe { call(self.0.user, format) })
    }

    fn decode(&self, params: &mut PicParams) -> Result<c_int> {
        let call = self.0.on_decode.expect("checked when the parser was made");
        // SAFETY: I13: as above; bitstream and offsets outlive the call.
        answer(unsafe { call(self.0.user, params) })
    }

    fn display(&self, decoded: &Decoded) -> Result<()> {
        let call = self.0.on_display.expect("checked when the parser was made");
        let mut info = DisplayInfo {
            index: decoded.index,
            progressive: 1,
            top_field_first: 0,
            repeat_first_field: 0,
            timestamp: decoded.timestamp,
        };
        // SAFETY: I13: the caller's function, with the caller's pointer and a live struct.
        answer(unsafe { call(self.0.user, &mut info) }).map(drop)
    }

    fn display_end(&self) -> Result<()> {
        let call = self.0.on_display.expect("checked when the parser was made");
        // SAFETY: I13: the header promises NULL at the end of the stream to who asks for it.
        answer(unsafe { call(self.0.user, ptr::null_mut()) }).map(drop)
    }
}

fn answer(answer: c_int) -> Result<c_int> {
    if answer > 0 {
        Ok(answer)
    } else {
        Err(code::UNKNOWN)
    }
}

fn format_of(sps: &Sps) -> VideoFormat {
    let (width, height) = (sps.coded_width as c_int, sps.coded_height as c_int);
    let [left, right, top, bottom] = sps.crop.map(|side| side as c_int);
    let area = IntRect {
        left,
        top,
        right: width - right,
        bottom: height - bottom,
    };
    let (numerator, denominator) = sps.frame_rate.unwrap_or((0, 0));
    const UNSPECIFIED_FORMAT: u8 = 5;
    VideoFormat {
        codec: codec::H264,
        frame_rate: Fraction {
            numerator,
            denominator,
        },
        progressive: 1,
        luma_depth_minus_8: 0,
        chroma_depth_minus_8: 0,
        min_decode_surfaces: (sps.reference_frames + sps.reordered + 1) as u8,
        coded_width: sps.coded_width,
        coded_height: sps.coded_height,
        display_aspect_ratio: Aspect {
            x: area.right - area.left,
            y: area.bottom - area.top,
        },
        display_area: area,
        chroma: CHROMA_420,
        bitrate: 0,
        signal: Signal {
            format_and_range: UNSPECIFIED_FORMAT | u8::from(sps.full_range) << 3,
            primaries: sps.colors[0],
            transfer: sps.colors[1],
            matrix: sps.colors[2],
        },
        header_len: 0,
    }
}
