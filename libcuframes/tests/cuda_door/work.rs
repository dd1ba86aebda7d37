//! Work on streams, and memory of every kind.

#![allow(unsafe_code)]

use cuframes::cuda::driver::{
    Access, DeviceMemory, Event, IPC_BLOCK, Place, Rows, VmmMemory, address_range, device_of,
    granularity,
};
use cuframes::cuda::{Context, Stream, StreamRef};

use super::context;

/// The first bytes at `address`.
pub fn bytes_at<const N: usize>(context: &Context, address: u64) -> [u8; N] {
    let mut found = [0; N];
    let stream = StreamRef::default_stream();
    // SAFETY: I16: tests ask for memory that they keep, and that is larger.
    unsafe { stream.read(context, address, &mut found) }.expect("read");
    found
}

/// Writes the first bytes at `address`.
pub fn write_at(context: &Context, address: u64, bytes: &[u8]) {
    let stream = StreamRef::default_stream();
    // SAFETY: I16: tests write memory that they keep, and that is larger.
    unsafe { stream.write(context, address, bytes) }.expect("write");
}

#[test]
fn a_stream_that_waits_for_an_event_sees_what_was_before_it() {
    let Some(context) = context(0) else { return };
    let (first, second) = (Stream::new(&context), Stream::new(&context));
    let (first, second) = (first.expect("stream"), second.expect("stream"));
    let from = DeviceMemory::new(&context, 1).expect("memory");
    let to = DeviceMemory::new(&context, 1).expect("memory");
    let written = Event::new_local(&context).expect("event");
    let copied = Event::new_local(&context).expect("event");
    let rows = Rows {
        from: Place::Device(from.address()),
        from_pitch: 64,
        to: Place::Device(to.address()),
        to_pitch: 128,
        row_bytes: 64,
        rows: 16,
    };
    for round in 0..100u8 {
        // SAFETY: I16: both are kept until the streams are done, below.
        unsafe { first.as_ref().fill(&context, from.address(), round, 1024) }.expect("fill");
        written.record(first.as_ref()).expect("record");
        second.as_ref().wait_event(&written).expect("wait");
        // SAFETY: I16: as above; 16 rows of 128 bytes fit into a block.
        unsafe { second.as_ref().copy_rows(&context, &rows) }.expect("copy");
        copied.record(second.as_ref()).expect("record");
        copied.synchronize().expect("synchronize");
        assert!(copied.query().expect("query"));
        let found: [u8; 192] = bytes_at(&context, to.address());
        assert!(
            found[..64].iter().all(|&byte| byte == round),
            "round {round}"
        );
        assert!(
            found[128..].iter().all(|&byte| byte == round),
            "round {round}"
        );
        // The first stream goes on when the second is done.
        first.as_ref().wait_event(&copied).expect("wait");
    }
    first.as_ref().synchronize(&context).expect("synchronize");
    second.as_ref().synchronize(&context).expect("synchronize");
}

#[test]
fn memory_is_alone_in_its_blocks_and_knows_where_it_is() {
    for ordinal in [0, 1] {
        let Some(context) = context(ordinal) else {
            return;
        };
        for (asked, size) in [(1, 1), (IPC_BLOCK, 1), (IPC_BLOCK + 1, 2)] {
            let memory = DeviceMemory::new(&context, asked).expect("memory");
            assert_eq!(memory.size(), size * IPC_BLOCK);
            let range = (memory.address(), memory.size());
            let last = memory.address() + memory.size() as u64 - 1;
            for inside in [memory.address(), last] {
                assert_eq!(address_range(&context, inside), Ok(range));
                assert_eq!(device_of(&context, inside), Ok(ordinal));
            }
        }
    }
}

#[test]
fn vmm_memory_outlives_its_maker_and_is_the_same_everywhere() {
    let Some(context) = context(1) else { return };
    let unit = granularity(&context).expect("granularity");
    let made = VmmMemory::create(&context, unit + 1).expect("VMM memory");
    assert_eq!(made.size(), 2 * unit);
    let last = |memory: &VmmMemory| memory.address() + memory.size() as u64 - 4;
    write_at(&context, made.address(), b"head");
    write_at(&context, last(&made), b"tail");
    let fd = made.export().expect("a descriptor");
    let written = VmmMemory::import(&context, &fd, made.size(), Access::ReadWrite);
    let written = written.expect("a map for writing");
    let read = VmmMemory::import(&context, &fd, made.size(), Access::Read);
    let read = read.expect("a map for reading");
    drop(made);
    for memory in [&written, &read] {
        assert_eq!(bytes_at(&context, memory.address()), *b"head");
        assert_eq!(bytes_at(&context, last(memory)), *b"tail");
    }
    write_at(&context, last(&written), b"over");
    assert_eq!(bytes_at(&context, last(&read)), *b"over");
    // The descriptor is not left to programs that this one starts.
    let flags = rustix::io::fcntl_getfd(&fd).expect("flags");
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
}
