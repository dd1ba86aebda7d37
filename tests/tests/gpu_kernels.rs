//! The kernels of `frames.ptx` do what the processor calculates.

#![allow(unsafe_code)]

use cuframes::DevicePlane;
use cuframes::cuda::Stream;
use cuframes::cuda::driver::DeviceMemory;
use cuframes_tests::gpu::painted::{byte, checksum};
use cuframes_tests::gpu::{self, Program, Sums};

const PITCH: usize = 96;

/// Paints and adds up rows of one size; the padding is not touched.
fn compare(row_bytes: usize, rows: usize, seed: u32) {
    let context = gpu::context(0).expect("a context");
    let stream = Stream::new(&context).expect("a stream");
    let program = Program::load(&context).expect("the program");
    let kernels = program.kernels().expect("its kernels");
    let memory = DeviceMemory::new(&context, PITCH * rows).expect("memory");
    let sums = Sums::new(&context, 2).expect("words");
    let plane = DevicePlane {
        ptr: memory.address(),
        pitch: PITCH,
        row_bytes,
        rows,
    };
    let stream = stream.as_ref();
    // SAFETY: I16: the memory is ours and stays until the stream was waited for.
    unsafe { stream.fill(&context, memory.address(), 0xEE, PITCH * rows) }.expect("fill");
    // SAFETY: I16: as above.
    unsafe { kernels.fill(stream, &plane, seed) }.expect("paint");
    sums.clear(stream).expect("clear");
    // SAFETY: I16: as above.
    unsafe { kernels.checksum(stream, &plane, sums.address(1)) }.expect("add up");
    let found = sums.read(stream).expect("read");
    assert_eq!(found, [0, checksum(row_bytes, rows, seed)]);
    // SAFETY: I16: as above; it adds to what is there.
    unsafe { kernels.checksum(stream, &plane, sums.address(1)) }.expect("add up");
    let found = sums.read(stream).expect("read");
    let once = checksum(row_bytes, rows, seed);
    assert_eq!(found, [0, once.wrapping_mul(2)]);

    let mut bytes = vec![0; PITCH * rows];
    // SAFETY: I16: as above.
    unsafe { stream.read(&context, memory.address(), &mut bytes) }.expect("read");
    for (at, &found) in bytes.iter().enumerate() {
        let (x, y) = (at % PITCH, at / PITCH);
        let expected = if x < row_bytes {
            byte(x, y, seed)
        } else {
            0xEE
        };
        assert_eq!(found, expected, "byte {x} of row {y}");
    }
}

#[test]
fn kernels_paint_and_add_up_what_the_processor_does() {
    compare(64, 16, 1);
    compare(1, 1, 0);
    compare(PITCH, 700, u32::MAX);
    compare(33, 5, 300);
}
