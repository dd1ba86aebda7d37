//! `libnvcuvid.so.1`, found by name, with the structs of its header.

use std::ffi::{c_int, c_uint, c_ulonglong, c_void};
use std::ptr;

use cudarc::driver::sys;
use libloading::os::unix::Library;

use crate::Result;

#[path = "../../../cuvid/src/abi.rs"]
#[allow(dead_code, reason = "the half of it that a caller needs")]
pub mod abi;

use abi::{
    CHROMA_420, Code, CodecSpecific, CreateInfo, PicParams, ProcParams, SURFACE_NV12, ShortRect,
    codec,
};

pub const WIDTH: usize = 320;
pub const HEIGHT: usize = 240;

/// The functions used here.
pub struct Nvdec {
    create: unsafe extern "C" fn(*mut *mut c_void, *mut CreateInfo) -> Code,
    destroy: unsafe extern "C" fn(*mut c_void) -> Code,
    decode: unsafe extern "C" fn(*mut c_void, *mut PicParams) -> Code,
    map: unsafe extern "C" fn(
        *mut c_void,
        c_int,
        *mut c_ulonglong,
        *mut c_uint,
        *mut ProcParams,
    ) -> Code,
    unmap: unsafe extern "C" fn(*mut c_void, c_ulonglong) -> Code,
    _library: Library,
}

/// A mapped picture.
#[derive(Debug, PartialEq)]
pub struct Mapped {
    pub at: u64,
    pub pitch: usize,
}

impl Nvdec {
    pub fn load() -> Result<Self> {
        // SAFETY: I14: what is called like this is NVIDIA's library, or one that says it is.
        let library = unsafe { Library::new("libnvcuvid.so.1") }?;
        Ok(Self {
            create: function(&library, "cuvidCreateDecoder")?,
            destroy: function(&library, "cuvidDestroyDecoder")?,
            decode: function(&library, "cuvidDecodePicture")?,
            map: function(&library, "cuvidMapVideoFrame64")?,
            unmap: function(&library, "cuvidUnmapVideoFrame64")?,
            _library: library,
        })
    }

    pub fn create(&self, info: &mut CreateInfo) -> std::result::Result<*mut c_void, Code> {
        let mut decoder = ptr::null_mut();
        // SAFETY: I17: live places of the right types.
        match unsafe { (self.create)(&mut decoder, info) } {
            0 => Ok(decoder),
            code => Err(code),
        }
    }

    pub fn destroy(&self, decoder: *mut c_void) -> Code {
        // SAFETY: I15: a decoder, or a key that the library refuses.
        unsafe { (self.destroy)(decoder) }
    }

    pub fn decode(&self, decoder: *mut c_void, index: c_int, bytes: &[u8]) -> Code {
        let mut picture = picture(index, bytes);
        // SAFETY: I17: the struct and the bytes it points to outlive the call.
        unsafe { (self.decode)(decoder, &mut picture) }
    }

    pub fn map(
        &self,
        decoder: *mut c_void,
        index: c_int,
        stream: sys::CUstream,
    ) -> std::result::Result<Mapped, Code> {
        let mut params = on_stream(stream);
        let (mut at, mut pitch) = (0, 0);
        // SAFETY: I17: live places of the right types.
        match unsafe { (self.map)(decoder, index, &mut at, &mut pitch, &mut params) } {
            0 => Ok(Mapped {
                at,
                pitch: pitch as usize,
            }),
            code => Err(code),
        }
    }

    pub fn unmap(&self, decoder: *mut c_void, at: u64) -> Code {
        // SAFETY: I15: a mapped address, or one that the library refuses.
        unsafe { (self.unmap)(decoder, at) }
    }
}

fn function<F: Copy>(library: &Library, name: &str) -> Result<F> {
    // SAFETY: I14: the field that it is put into has the type of the header.
    Ok(*unsafe { library.get::<F>(name) }?)
}

/// A decoder for H.264 with two surfaces to map.
pub fn info() -> CreateInfo {
    const ALL: ShortRect = ShortRect {
        left: 0,
        top: 0,
        right: 0,
        bottom: 0,
    };
    CreateInfo {
        width: WIDTH as u64,
        height: HEIGHT as u64,
        decode_surfaces: 4,
        codec: codec::H264,
        chroma: CHROMA_420,
        flags: 0,
        bit_depth_minus_8: 0,
        intra_only: 0,
        max_width: 0,
        max_height: 0,
        reserved1: 0,
        display_area: ALL,
        output_format: SURFACE_NV12,
        deinterlace: 0,
        target_width: WIDTH as u64,
        target_height: HEIGHT as u64,
        output_surfaces: 2,
        lock: ptr::null_mut(),
        target_rect: ALL,
        histogram: 0,
        reserved2: [0; 4],
    }
}

fn picture(index: c_int, bytes: &[u8]) -> PicParams {
    const FIRST: &c_uint = &0;
    PicParams {
        width_in_macroblocks: (WIDTH / 16) as c_int,
        height_in_macroblocks: (HEIGHT / 16) as c_int,
        index,
        is_field: 0,
        is_bottom_field: 0,
        is_second_field: 0,
        bitstream_len: bytes.len() as c_uint,
        bitstream: bytes.as_ptr(),
        slices: 1,
        slice_offsets: FIRST,
        is_reference: 1,
        is_intra: 1,
        reserved: [0; 30],
        codec_specific: CodecSpecific([0; 1024]),
    }
}

fn on_stream(stream: sys::CUstream) -> ProcParams {
    ProcParams {
        progressive: 1,
        second_field: 0,
        top_field_first: 0,
        unpaired_field: 0,
        reserved_flags: 0,
        reserved_zero: 0,
        raw_input: 0,
        raw_input_pitch: 0,
        raw_input_format: 0,
        raw_output: 0,
        raw_output_pitch: 0,
        reserved1: 0,
        output_stream: stream.cast(),
        reserved: [0; 46],
        histogram: ptr::null_mut(),
        reserved2: [ptr::null_mut()],
    }
}
