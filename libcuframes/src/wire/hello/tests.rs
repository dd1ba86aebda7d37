use super::*;
use crate::wire::{ErrorCode, SyncKind};

fn hello() -> HelloRequest {
    let name = ConsumerName::new("viewer").expect("valid");
    let capabilities = capability::FD_PASSING | capability::HOST;
    HelloRequest {
        pid: 0x1234,
        ..HelloRequest::new(&name, Mode::StrictOrder, capabilities)
    }
}

#[test]
fn the_bytes_are_those_of_the_document() {
    let mut golden = [0u8; 128];
    golden[..0x18].copy_from_slice(&[
        0xCC, 0x1D, 0x7C, 0xCC, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 0x34, 0x12, 0, 0,
    ]);
    golden[0x28..0x2E].copy_from_slice(b"viewer");
    golden[0x48] = 7;
    golden[0x50] = 3;
    let request = HelloRequest {
        last_epoch: 7,
        packet_flags: 3,
        ..hello()
    };
    assert_eq!(request.as_bytes(), golden);
    assert_eq!(HelloRequest::parse(&golden), Ok(request));
}

#[test]
fn a_valid_request_comes_out_as_it_went_in() {
    let valid = hello().validate().expect("valid");
    assert_eq!((valid.highest, valid.lowest, valid.pid), (1, 1, 0x1234));
    assert_eq!(valid.mode, Mode::StrictOrder);
    assert_eq!(valid.name, ConsumerName::new("viewer").ok());
    assert!(!valid.is_observer());
}

#[test]
fn reserved_bytes_and_unknown_capabilities_are_ignored() {
    let request = HelloRequest {
        reserved: [0xA5; 44],
        capabilities: u32::MAX,
        ..hello()
    };
    assert_eq!(
        request.validate().map(|v| v.capabilities),
        Ok(capability::ALL)
    );
}

#[test]
fn packet_flags_mean_nothing_in_version_1() {
    let request = HelloRequest {
        packet_flags: u32::MAX,
        highest: 2,
        ..hello()
    };
    let valid = request.validate().expect("valid");
    assert_eq!((valid.packet_flags(1), valid.packet_flags(2)), (0, 3));
}

#[test]
fn an_observer_needs_neither_name_nor_mode() {
    let nobody = HelloRequest {
        name: [0; 32],
        mode: 0,
        ..hello()
    };
    assert!(nobody.validate().is_err());
    let observer = HelloRequest {
        capabilities: capability::OBSERVER,
        ..nobody
    };
    let valid = observer.validate().expect("valid");
    assert_eq!((valid.name, valid.is_observer()), (None, true));
    let named = HelloRequest {
        name: hello().name,
        ..observer
    }
    .validate()
    .expect("valid");
    assert_eq!(named.name, ConsumerName::new("viewer").ok());
    assert!(
        HelloRequest {
            name: [0xFF; 32],
            ..observer
        }
        .validate()
        .is_err()
    );
}

#[test]
fn every_refusal_has_its_own_error() {
    let error = |request: HelloRequest| request.validate().expect_err("refused");
    let magic = error(HelloRequest {
        magic: 0x4355_4652,
        ..hello()
    });
    assert!(matches!(
        magic,
        WireError::Magic {
            found: 0x4355_4652,
            ..
        }
    ));
    for (lowest, highest) in [(0, 1), (0, 0), (2, 1)] {
        let range = error(HelloRequest {
            lowest,
            highest,
            ..hello()
        });
        assert_eq!(range, WireError::VersionRange { lowest, highest });
    }
    let mode = error(HelloRequest { mode: 3, ..hello() });
    assert_eq!(mode, WireError::Mode { mode: 3 });
    assert_eq!(mode.code(), ErrorCode::InvalidArgument);
    let name = error(HelloRequest {
        name: [b'x'; 32],
        ..hello()
    });
    assert_eq!(name.code(), ErrorCode::InvalidArgument);
    for length in [0, 127, 129] {
        let short = HelloRequest::parse(&vec![0; length]).expect_err("length");
        assert_eq!(short.code(), ErrorCode::Protocol);
    }
}

#[test]
fn versions_agree_on_the_lower_of_the_highest() {
    assert_eq!(agree(1, 1, 1, 1), Ok(1));
    assert_eq!(agree(2, 1, 2, 1), Ok(2));
    assert_eq!(agree(1, 1, 2, 1), Ok(1));
    assert_eq!(agree(9, 1, 2, 2), Ok(2));
    for (theirs_highest, theirs_lowest, ours_highest, ours_lowest) in [(1, 1, 2, 2), (2, 2, 1, 1)] {
        let error = agree(theirs_highest, theirs_lowest, ours_highest, ours_lowest);
        assert_eq!(error.map_err(|e| e.code()), Err(ErrorCode::Protocol));
    }
}

fn host_ring() -> Geometry {
    crate::wire::geometry::example::host()
}

fn peer(capabilities: u32) -> ValidHello {
    HelloRequest {
        capabilities,
        ..hello()
    }
    .validate()
    .expect("valid")
}

#[test]
fn a_host_publisher_grants_what_it_has_and_was_asked_for() {
    let base = capability::HOST | capability::FD_PASSING;
    assert_eq!(peer(base).grant(&host_ring()), Ok(base));
    assert_eq!(
        peer(capability::ALL & !capability::OBSERVER).grant(&host_ring()),
        Ok(base | capability::NOTIFY)
    );
    assert_eq!(
        peer(capability::ALL).grant(&host_ring()),
        Ok(base | capability::OBSERVER)
    );
}

#[test]
fn who_lacks_what_the_ring_needs_is_told_so() {
    let refused = |capabilities, ring: &Geometry| {
        let error = peer(capabilities).grant(ring).expect_err("cannot join");
        assert_eq!(error.code(), ErrorCode::Unsupported);
        error.to_string()
    };
    let host = host_ring();
    assert!(refused(capability::FD_PASSING, &host).contains("in host memory"));
    assert!(refused(capability::HOST, &host).contains("FD_PASSING"));
    let vmm = Geometry {
        memory: MemoryKind::CudaVmm,
        ..host.clone()
    };
    assert!(refused(capability::FD_PASSING | capability::HOST, &vmm).contains("CUDA VMM"));
    let timeline = Geometry {
        sync: SyncKind::CudaTimeline,
        ..vmm
    };
    let cuda = capability::CUDA_VMM | capability::FD_PASSING;
    assert!(refused(cuda, &timeline).contains("GPU order"));
    let observer = cuda | capability::OBSERVER;
    assert_eq!(peer(observer).grant(&timeline), Ok(observer));
}

#[test]
fn cuda_ipc_is_joined_by_name_unless_it_has_none() {
    let ipc = Geometry {
        memory: MemoryKind::CudaIpc,
        ..host_ring()
    };
    assert_eq!(
        peer(capability::CUDA_IPC).grant(&ipc),
        Ok(capability::CUDA_IPC)
    );
    let anonymous = Geometry {
        flags: header_flag::ANONYMOUS,
        ..ipc
    };
    assert!(peer(capability::CUDA_IPC).grant(&anonymous).is_err());
}
