//! Adds up the bytes of every frame of a key, which is on a GPU, by a kernel that reads the frame
//! where it is: `subscribe_cudarc [KEY]`.

// Kernels are launched by pointers.
#![allow(unsafe_code)]

use std::ffi::{CString, c_void};
use std::time::Duration;

use cudarc::driver::{CudaContext, CudaStream, DevicePtrMut, result, sys};
use cuframes::{DevicePlane, Error, Mode, Subscriber};

/// `cuframes_checksum` is one of the two kernels in it.
const KERNELS: &str = include_str!("../tests/ptx/frames.ptx");

/// Lets `stream` add what `function` calculates of `plane` to the word at `sum`.
fn launch(
    function: sys::CUfunction,
    stream: &CudaStream,
    plane: &DevicePlane,
    mut sum: u64,
) -> Result<(), cudarc::driver::DriverError> {
    let (mut first, mut pitch) = (plane.ptr, plane.pitch as u32);
    let (mut row_bytes, mut rows) = (plane.row_bytes as u32, plane.rows as u32);
    let mut arguments: [*mut c_void; 5] = [
        (&raw mut first).cast(),
        (&raw mut pitch).cast(),
        (&raw mut row_bytes).cast(),
        (&raw mut rows).cast(),
        (&raw mut sum).cast(),
    ];
    let (grid, block) = ((64, 1, 1), (256, 1, 1));
    // SAFETY: the arguments are those of the kernel; the plane is leased until the stream has got
    // beyond this, and the sum outlives the stream's work.
    unsafe { result::launch_kernel(function, grid, block, 0, stream.cu_stream(), &mut arguments) }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let key = std::env::args().nth(1).unwrap_or_else(|| "cam1".to_owned());
    let context = CudaContext::new(0)?;
    let stream = context.new_stream()?;
    let text = CString::new(KERNELS)?;
    // SAFETY: a text that ends in a zero.
    let module = unsafe { result::module::load_data(text.as_ptr().cast()) }?;
    // SAFETY: the module is loaded, and stays so.
    let checksum =
        unsafe { result::module::get_function(module, c"cuframes_checksum".to_owned()) }?;
    let mut sum = stream.alloc_zeros::<u64>(1)?;
    // The primary context of device 0, which is cudarc's as well.
    let mut subscriber = Subscriber::builder(&key)
        .mode(Mode::StrictOrder)
        .connect_timeout(Some(Duration::from_secs(10)))
        .cuda_device(0)
        .connect()?;
    loop {
        let frame = match subscriber.next(None) {
            Ok(frame) => frame,
            Err(Error::EndOfStream { .. }) => break,
            Err(error) => return Err(error.into()),
        };
        let seq = frame.seq();
        stream.memset_zeros(&mut sum)?;
        frame.wait_on((&*stream).into())?;
        {
            let (sum, _recorded) = sum.device_ptr_mut(&stream);
            for plane in (0..frame.plane_count()).filter_map(|plane| frame.device_plane(plane)) {
                launch(checksum, &stream, &plane, sum)?;
            }
        }
        // Given back when the stream gets here: nobody waits for the GPU before the next line.
        frame.release_on((&*stream).into())?;
        println!("{seq} {}", stream.clone_dtoh(&sum)?[0]);
    }
    // SAFETY: every launch of its kernel is done: each sum has been read.
    unsafe { result::module::unload(module) }?;
    eprintln!("{} frames", subscriber.stats().received);
    Ok(())
}
