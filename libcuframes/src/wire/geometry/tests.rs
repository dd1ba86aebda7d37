use super::example::host;
use super::*;
use crate::wire::{ErrorCode, PROTO_V2, SLOT_SIZE, capability};
use zerocopy::{FromZeros, IntoBytes};

/// The header of the example ring after one change.
fn changed(change: impl FnOnce(&mut ControlHeader)) -> Result<Geometry, WireError> {
    let mut header = ControlHeader::new(&host());
    change(&mut header);
    header.validate(1, 4096)
}

/// The code of the refusal and its sentence, which must name the field.
fn refused(code: ErrorCode, names: &str, change: impl FnOnce(&mut ControlHeader)) {
    let error = changed(change).expect_err(names);
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(names), "{names}: {error}");
}

#[test]
fn the_example_goes_through_the_header_and_back() {
    assert_eq!(changed(|_| {}), Ok(host()));
    assert_eq!(host().check(), Ok(()));
    let bytes = ControlHeader::new(&host());
    assert_eq!(bytes.as_bytes()[..8], [0xCC, 0x1D, 0x7C, 0xCC, 1, 0, 0, 0]);
    assert_eq!(bytes.as_bytes()[0xE0..], [[0xFF; 16], [0; 16]].concat());
}

#[test]
fn bytes_of_zeros_and_of_ones_are_no_segment() {
    assert!(ControlHeader::new_zeroed().validate(1, 4096).is_err());
    let mut ones = ControlHeader::new_zeroed();
    ones.as_mut_bytes().fill(0xFF);
    assert!(ones.validate(1, 4096).is_err());
}

#[test]
fn magic_version_state_and_size_are_those_of_a_segment() {
    for size in [0, 4095, 4097, u64::MAX] {
        let error = ControlHeader::new(&host()).validate(1, size);
        assert!(matches!(error, Err(WireError::Length { .. })), "{size}");
    }
    let protocol = ErrorCode::Protocol;
    refused(protocol, "0x00000000 instead of 0xCC7C1DCC", |h| {
        h.magic = 0
    });
    refused(protocol, "header.proto_version", |h| h.proto_version = 0);
    for state in [0, 4, u32::MAX] {
        refused(protocol, "header.state", |h| h.state = state);
    }
    let newer = ControlHeader {
        proto_version: PROTO_V2,
        ..ControlHeader::new(&host())
    };
    assert_eq!(newer.validate(1, 4096).map(|g| g.version), Ok(1));
    assert_eq!(newer.validate(2, 4096).map(|g| g.version), Ok(2));
}

#[test]
fn slots_must_lie_inside_the_segment() {
    let protocol = ErrorCode::Protocol;
    for size in [0, 248, 255, 257, 260] {
        refused(protocol, "header.header_size", |h| h.header_size = size);
    }
    for size in [0, 184, 191, 196] {
        refused(protocol, "header.slot_size", |h| h.slot_size = size);
    }
    for count in [0, 1, 17, u32::MAX] {
        refused(protocol, "header.slot_count", |h| h.slot_count = count);
    }
    let end = "header_size + slot_count * slot_size";
    refused(protocol, end, |h| h.header_size = u32::MAX - 7);
    refused(protocol, end, |h| h.slot_size = u32::MAX - 7);
    refused(protocol, end, |h| h.header_size = 4096 - 4 * 192 + 8);
    let last = changed(|h| h.header_size = 4096 - 4 * 192).expect("ends with the segment");
    assert_eq!(last.slot_offset(3) + SLOT_SIZE, CONTROL_SIZE);
    let wide = changed(|h| (h.header_size, h.slot_size) = (512, 256)).expect("a later version");
    assert_eq!(
        (wide.slot_offset(0), wide.slot_offset(3)),
        (512, 512 + 3 * 256)
    );
    assert_eq!(wide.slot_offset(usize::MAX), usize::MAX);
}

#[test]
fn kinds_must_be_known_and_fit_each_other() {
    refused(ErrorCode::Protocol, "memory_kind", |h| h.memory_kind = 0);
    refused(ErrorCode::Unsupported, "memory kind", |h| h.memory_kind = 5);
    refused(ErrorCode::Unsupported, "sync kind", |h| h.sync_kind = 3);
    refused(ErrorCode::Protocol, "header.sync_kind", |h| h.sync_kind = 1);
    refused(ErrorCode::Unsupported, "modifier", |h| {
        (h.memory_kind, h.modifier) = (4, 1)
    });
    assert!(changed(|h| (h.memory_kind, h.sync_kind) = (2, 2)).is_ok());
}

#[test]
fn pictures_have_a_format_and_a_size() {
    refused(ErrorCode::Protocol, "format", |h| h.format = 0);
    refused(ErrorCode::Unsupported, "0x31564E58", |h| {
        h.format = 0x3156_4E58
    });
    for size in [0, 32769, u32::MAX] {
        refused(ErrorCode::Protocol, "header.width", |h| h.width = size);
        refused(ErrorCode::Protocol, "header.height", |h| h.height = size);
    }
}

#[test]
fn planes_must_lie_inside_the_frame_and_apart() {
    let protocol = ErrorCode::Protocol;
    for count in [0, 1, 3, 5, u32::MAX] {
        refused(protocol, "header.plane_count", |h| h.plane_count = count);
    }
    refused(protocol, "plane 0 of the frame has a pitch below", |h| {
        h.plane_pitch[0] = 639
    });
    refused(protocol, "plane 1 of the frame has a pitch below", |h| {
        h.plane_pitch[1] = 0
    });
    refused(protocol, "plane 1 of the frame ends behind", |h| {
        h.plane_offset[1] += 129
    });
    refused(protocol, "plane 1 of the frame ends behind", |h| {
        h.plane_offset[1] = u32::MAX
    });
    refused(protocol, "plane 0 of the frame ends behind", |h| {
        h.plane_pitch[0] = u32::MAX
    });
    refused(protocol, "plane 1 of the frame overlaps", |h| {
        h.plane_offset[1] = 0
    });
    refused(protocol, "plane 1 of the frame overlaps", |h| {
        h.plane_offset[1] -= 129
    });
    let touching = changed(|h| h.plane_offset[1] -= 128).expect("the padding is nobody's");
    assert_eq!(touching.plane_offset[1], 276_352);
    assert!(
        changed(|h| h.plane_offset[1] += 128).is_ok(),
        "padding behind the last row"
    );
}

#[test]
fn numbers_of_planes_not_in_use_are_dropped() {
    let geometry = changed(|h| {
        h.plane_offset = [0, 276_480, u32::MAX, 7];
        h.plane_pitch = [768, 768, u32::MAX, 7];
    });
    assert_eq!(geometry, Ok(host()));
}

#[test]
fn frames_must_lie_inside_the_pool() {
    let protocol = ErrorCode::Protocol;
    refused(protocol, "header.frame_size", |h| h.frame_size = 0);
    refused(protocol, "header.pool_size", |h| h.pool_size = 414_719);
    refused(protocol, "header.pool_size", |h| h.frame_size = u64::MAX);
    refused(protocol, "2 MiB", |h| h.memory_kind = 1);
    assert!(changed(|h| (h.memory_kind, h.pool_size) = (1, 4 << 20)).is_ok());
}

#[test]
fn only_cuda_ipc_has_external_buffers_and_they_have_no_pool() {
    let protocol = ErrorCode::Protocol;
    let external = header_flag::EXTERNAL;
    refused(protocol, "EXTERNAL", |h| {
        (h.flags, h.pool_size) = (external, 0)
    });
    refused(protocol, "EXTERNAL", |h| {
        (h.flags, h.memory_kind) = (external, 1)
    });
    let geometry = changed(|h| (h.flags, h.memory_kind, h.pool_size) = (external, 1, 0));
    let geometry = geometry.expect("external");
    assert!(geometry.is_external());
    let meta = crate::wire::SlotMeta {
        data_offset: 1 << 40,
        ..FromZeros::new_zeroed()
    };
    assert_eq!(
        meta.validate(&geometry),
        Ok(()),
        "the driver is asked for this one"
    );
    assert!(meta.validate(&host()).is_err());
}

#[test]
fn a_stream_without_frames_can_never_be_read_as_frames() {
    let packets = |h: &mut ControlHeader| {
        h.flags = header_flag::PACKETS_ONLY | header_flag::HAS_PACKETS;
        (h.slot_count, h.plane_count, h.frame_size, h.pool_size) = (2, 1, 0, 0);
    };
    let geometry = changed(packets).expect("packets only");
    assert!(geometry.is_packets_only());
    assert_eq!(
        (geometry.plane_offset, geometry.plane_pitch),
        ([0; 4], [0; 4])
    );
    let breaks: [fn(&mut ControlHeader); 7] = [
        |h| h.slot_count = 3,
        |h| h.memory_kind = 2,
        |h| (h.memory_kind, h.sync_kind) = (2, 1),
        |h| h.plane_count = 2,
        |h| h.frame_size = 1,
        |h| h.pool_size = 1,
        |h| h.flags |= header_flag::EXTERNAL,
    ];
    for (place, change) in breaks.into_iter().enumerate() {
        let error = changed(|h| {
            packets(h);
            change(h);
        });
        let error = error.expect_err("not packets only");
        assert!(
            error.to_string().contains("PACKETS_ONLY"),
            "{place}: {error}"
        );
    }
}

#[test]
fn unknown_flags_and_reserved_bytes_are_ignored() {
    let geometry = changed(|h| {
        h.flags = !header_flag::ALL;
        h.reserved0 = u32::MAX;
        h.reserved1 = [0xA5; 16];
        h.modifier = 9;
    });
    assert_eq!(
        geometry,
        Ok(Geometry {
            modifier: 9,
            ..host()
        })
    );
}

#[test]
fn ratios_with_a_zero_are_unknown() {
    let stream = changed(|h| (h.fps_den, h.sar_num) = (0, 0))
        .expect("valid")
        .stream;
    assert_eq!((stream.fps, stream.sar), ((0, 0), (0, 0)));
}

#[test]
fn a_segment_of_another_epoch_or_kind_is_not_the_one_of_the_answer() {
    let geometry = host();
    let grant = HelloGrant {
        version: 1,
        index: 1,
        capabilities: capability::HOST,
        epoch: geometry.epoch,
        fd_mask: 0,
        sync: geometry.sync,
        memory: geometry.memory,
        max_leases: 1,
        latest_seq: 0,
        pool_size: geometry.pool_size,
        lease_timeout_ms: 0,
        lib_version: 0,
        packets: None,
    };
    assert_eq!(geometry.answers(&grant), Ok(()));
    for (name, wrong) in [
        ("header.epoch", HelloGrant { epoch: 1, ..grant }),
        (
            "header.sync_kind",
            HelloGrant {
                sync: SyncKind::CudaEvent,
                ..grant
            },
        ),
        (
            "header.pool_size",
            HelloGrant {
                pool_size: 1,
                ..grant
            },
        ),
        (
            "memory kind",
            HelloGrant {
                memory: MemoryKind::CudaVmm,
                ..grant
            },
        ),
    ] {
        let error = geometry.answers(&wrong).expect_err(name);
        assert!(error.to_string().contains(name), "{error}");
    }
}
