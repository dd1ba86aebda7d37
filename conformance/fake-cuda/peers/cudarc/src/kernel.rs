//! The project's own kernels, from the text that a GPU would compile.

use std::ffi::{CString, c_void};

use cudarc::driver::{CudaContext, DevicePtr, result, sys};

use crate::Result;
use crate::check::Checks;
use crate::memory::read;

const TEXT: &str = include_str!("../../../../../tests/ptx/frames.ptx");
const ROW_BYTES: u32 = 300;
const ROWS: u32 = 200;
const PITCH: u32 = 512;

/// Paints a picture, adds it up, and compares both with what the processor calculates.
pub fn kernel(checks: &mut Checks) -> Result<()> {
    let context = CudaContext::new(0)?;
    let stream = context.new_stream()?;
    let text = CString::new(TEXT)?;
    // SAFETY: I17: a text that ends in a zero.
    let module = unsafe { result::module::load_data(text.as_ptr().cast()) }?;
    let function = |name: &str| {
        // SAFETY: I15: the module is loaded.
        unsafe { result::module::get_function(module, CString::new(name).unwrap_or_default()) }
    };
    let (fill, checksum) = (function("cuframes_fill")?, function("cuframes_checksum")?);
    let unknown = function("cuframes_nothing")
        .map(|_| ())
        .map_err(|error| error.0);
    checks.equal(
        "no such kernel",
        unknown,
        Err(sys::CUresult::CUDA_ERROR_NOT_FOUND),
    )?;

    let picture = stream.alloc_zeros::<u8>((PITCH * ROWS) as usize)?;
    let sum = stream.alloc_zeros::<u64>(1)?;
    let (picture, _recorded) = picture.device_ptr(&stream);
    let (sum, _recorded) = sum.device_ptr(&stream);
    let mut added = 0u64;
    for seed in 1..=3u32 {
        launch(fill, stream.cu_stream(), picture, &seed)?;
        launch(checksum, stream.cu_stream(), picture, &sum)?;
        let wanted = painted(seed);
        let found = read(&stream, picture, (PITCH * ROWS) as usize)?;
        let rows = found
            .chunks(PITCH as usize)
            .map(|row| &row[..ROW_BYTES as usize]);
        checks.bytes("the picture", &rows.collect::<Vec<_>>().concat(), &wanted)?;
        let weighted = (1..)
            .zip(&wanted)
            .map(|(at, &byte)| u64::from(byte) * (1 + (at - 1) % 65521));
        added += weighted.sum::<u64>();
        checks.equal(
            "the sum",
            &read(&stream, sum, 8)?[..],
            &added.to_le_bytes()[..],
        )?;
    }
    // SAFETY: I16: the stream was waited for.
    unsafe { result::module::unload(module) }?;
    Ok(())
}

/// Launches a kernel whose last parameter is `last`.
fn launch<T>(
    function: sys::CUfunction,
    stream: sys::CUstream,
    picture: u64,
    last: &T,
) -> Result<()> {
    let parameters = &mut [
        pointer(&picture),
        pointer(&PITCH),
        pointer(&ROW_BYTES),
        pointer(&ROWS),
        pointer(last),
    ];
    // SAFETY: I16: values of the types in the text; the memory outlives the stream's work.
    unsafe { result::launch_kernel(function, (4, 1, 1), (64, 1, 1), 0, stream, parameters) }?;
    Ok(())
}

fn pointer<T>(value: &T) -> *mut c_void {
    std::ptr::from_ref(value).cast_mut().cast()
}

fn painted(seed: u32) -> Vec<u8> {
    let places = (0..ROWS).flat_map(|y| (0..ROW_BYTES).map(move |x| (x, y)));
    places
        .map(|(x, y)| (x * 7 + y * 13 + seed * 31) as u8)
        .collect()
}
