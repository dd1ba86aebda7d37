//! Packets beside frames on a GPU: who wants packets only needs no GPU, and loads no driver:
//! `ci/fake-cuda.sh cargo test -p libcuframes --test cuda_packets`.

mod common;

use common::{WATCHDOG, key, publisher, send_nothing, strict};
use cuframes::cuda::{Memory, Sync};
use cuframes::{
    ErrorCode, MemoryKind, PacketFlags, PacketMeta, PacketRing, PacketStart, Publisher, Subscriber,
};

fn is_simulated() -> bool {
    let there = std::env::var_os("FAKE_CUDA_DIR").is_some();
    if !there {
        common::tell_skipped("cuda_packets", "no simulated GPU; ci/fake-cuda.sh runs it");
    }
    there
}

fn put(source: &mut Publisher, number: u8) {
    let meta = PacketMeta {
        flags: PacketFlags::KEY,
        ..PacketMeta::default()
    };
    let seq = source.publish_packet(&[number; 100], &meta);
    assert_eq!(seq.expect("a packet"), number.into());
}

fn take(reader: &mut Subscriber, number: u8) {
    let packet = reader.next_packet(Some(WATCHDOG)).expect("a packet");
    assert_eq!(packet.data(), [number; 100]);
}

#[test]
fn packets_of_a_publisher_on_a_gpu_need_none() {
    if !is_simulated() {
        return;
    }
    for (memory, sync) in [
        (Memory::CudaIpc, Sync::Cpu),
        (Memory::CudaIpc, Sync::Event),
        (Memory::CudaIpc, Sync::Timeline),
        (Memory::CudaVmm, Sync::Cpu),
        (Memory::CudaVmm, Sync::Timeline),
    ] {
        let key = key(&format!("{memory:?}-{sync:?}"));
        let builder = publisher(&key).memory(memory).sync(sync).slots(4);
        let builder = builder.enable_packets(PacketRing::default());
        let mut source = builder.build().expect("a publisher on a GPU");
        assert_ne!(source.memory(), MemoryKind::Host);
        let refused = strict(&key, "frames").packets(PacketStart::Next).connect();
        let error = refused.expect_err("its frames need a GPU");
        assert_eq!(error.code(), ErrorCode::Unsupported);
        let mut reader = strict(&key, "packets")
            .packets_only(PacketStart::Keyframe)
            .connect()
            .expect("a reader without a GPU");
        source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
        put(&mut source, 1);
        // It leases nothing, and nobody waits for it: many times round the ring.
        for number in 1..=20 {
            assert_eq!(send_nothing(&mut source), number, "{memory:?} {sync:?}");
        }
        put(&mut source, 2);
        source
            .reconfigure(cuframes::Format::R8, 32, 16)
            .expect("a new size");
        put(&mut source, 3);
        for number in 1..=3 {
            take(&mut reader, number);
        }
        assert_eq!(source.stats().evicted, 0);
        // Nobody waits for it with memory that it has not imported.
        source.finish().expect("finish");
        let end = reader.next_packet(Some(WATCHDOG)).expect_err("the end");
        assert_eq!(end.code(), ErrorCode::EndOfStream);
    }
}
