use super::*;
use crate::wire::{ConsumerName, ErrorCode, MAGIC, Mode, SEQ_LIMIT, fds};
use zerocopy::{FromZeros, IntoBytes};

mod packets;

const BASE: u32 = capability::FD_PASSING | capability::HOST;
const THREE: u32 = fds::CONTROL | fds::PAGE | fds::POOL;

/// A host publisher's answer to an ordinary subscriber.
fn answer() -> HelloResponse {
    HelloResponse {
        magic: MAGIC,
        version: 1,
        index: 1,
        capabilities: BASE,
        epoch: 7,
        fd_mask: THREE,
        sync_kind: 0,
        memory_kind: 3,
        max_leases: 2,
        latest_seq: 5,
        pool_size: 1 << 20,
        lease_timeout_ms: 5000,
        ..HelloResponse::new_zeroed()
    }
}

/// Validates with the number of descriptors that the mask announces.
fn validate(response: HelloResponse) -> Result<HelloGrant, WireError> {
    response.validate(response.fd_mask.count_ones() as usize)
}

fn refused(names: &str, response: HelloResponse) {
    let error = validate(response).expect_err(names);
    assert_eq!(error.code(), ErrorCode::Protocol, "{error}");
    assert!(error.to_string().contains(names), "{names}: {error}");
}

fn request(capabilities: u32) -> HelloRequest {
    let name = ConsumerName::new("viewer").expect("valid");
    HelloRequest::new(&name, Mode::NewestOnly, capabilities)
}

#[test]
fn an_ordinary_answer_comes_out_as_it_went_in() {
    let grant = validate(answer()).expect("valid");
    assert_eq!((grant.index, grant.epoch, grant.max_leases), (1, 7, 2));
    assert_eq!(
        (grant.memory, grant.sync),
        (MemoryKind::Host, SyncKind::Cpu)
    );
    assert_eq!((grant.packets, grant.is_observer()), (None, false));
    assert_eq!(grant.answers(&request(BASE)), Ok(()));
    let bytes = answer();
    assert_eq!(HelloResponse::parse(bytes.as_bytes()), Ok(bytes));
    for length in [0, 191, 193] {
        assert!(HelloResponse::parse(&vec![0; length]).is_err());
    }
}

#[test]
fn numbers_outside_their_range_are_refused() {
    refused(
        "instead of 0xCC7C1DCC",
        HelloResponse {
            magic: 0,
            ..answer()
        },
    );
    for version in [0, 3] {
        refused(
            "proto_version",
            HelloResponse {
                version,
                ..answer()
            },
        );
    }
    refused(
        "index",
        HelloResponse {
            index: 256,
            ..answer()
        },
    );
    refused(
        "max_leases",
        HelloResponse {
            max_leases: 0,
            ..answer()
        },
    );
    for latest_seq in [SEQ_LIMIT - 1, u64::MAX] {
        refused(
            "latest_seq",
            HelloResponse {
                latest_seq,
                ..answer()
            },
        );
    }
}

#[test]
fn capabilities_must_say_what_the_kinds_say() {
    let with = |capabilities| HelloResponse {
        capabilities,
        ..answer()
    };
    for bits in [capability::FD_PASSING, BASE | capability::DMABUF] {
        refused("memory bit", with(bits));
    }
    refused(
        "memory bit",
        HelloResponse {
            memory_kind: 2,
            ..answer()
        },
    );
    refused("EVENT or TIMELINE", with(BASE | capability::CUDA_EVENT));
    refused(
        "sync_kind",
        HelloResponse {
            sync_kind: 1,
            ..answer()
        },
    );
    let vmm = HelloResponse {
        memory_kind: 2,
        sync_kind: 1,
        ..answer()
    };
    let base = capability::FD_PASSING | capability::CUDA_VMM;
    refused(
        "EVENT or TIMELINE",
        HelloResponse {
            capabilities: base,
            ..vmm
        },
    );
    let both = base | capability::SYNC;
    refused(
        "EVENT or TIMELINE",
        HelloResponse {
            capabilities: both,
            ..vmm
        },
    );
    let event = HelloResponse {
        capabilities: base | capability::CUDA_EVENT,
        ..vmm
    };
    assert!(validate(event).is_ok());
    let unknown = HelloResponse {
        memory_kind: 9,
        ..answer()
    };
    assert_eq!(
        validate(unknown).map_err(|e| e.code()),
        Err(ErrorCode::Unsupported)
    );
}

#[test]
fn as_many_descriptors_come_as_are_announced() {
    for count in [0, 2, 4, 8] {
        let error = answer().validate(count).expect_err("count");
        assert_eq!(
            error,
            WireError::FdCount {
                what: "HELLO_RESP",
                expected: 3,
                actual: count
            }
        );
    }
}

#[test]
fn the_mask_is_what_the_grant_calls_for() {
    let mask = |fd_mask| HelloResponse {
        fd_mask,
        ..answer()
    };
    for bad in [
        0,
        THREE & !fds::PAGE,
        THREE & !fds::POOL,
        THREE | 64,
        THREE | fds::NOTIFY,
    ] {
        refused("fd_mask", mask(bad));
    }
    refused("fd_mask", mask(THREE | fds::TIMELINE));
    refused("fd_mask", mask(THREE | fds::PACKETS));
    assert!(
        validate(mask(THREE & !fds::CONTROL)).is_ok(),
        "a named segment is opened by name"
    );
    let notify = HelloResponse {
        capabilities: BASE | capability::NOTIFY,
        ..answer()
    };
    refused("fd_mask", notify);
    assert!(
        validate(HelloResponse {
            fd_mask: THREE | fds::NOTIFY,
            ..notify
        })
        .is_ok()
    );
    let no_passing = HelloResponse {
        capabilities: capability::HOST,
        ..answer()
    };
    refused("fd_mask", no_passing);
    let no_pool = HelloResponse {
        pool_size: 0,
        fd_mask: THREE & !fds::POOL,
        ..answer()
    };
    assert!(validate(no_pool).is_ok(), "packets only");
    refused(
        "fd_mask",
        HelloResponse {
            fd_mask: THREE,
            ..no_pool
        },
    );
}

#[test]
fn cuda_ipc_has_no_pool_descriptor_and_a_timeline_has_a_page() {
    let ipc = HelloResponse {
        memory_kind: 1,
        sync_kind: 2,
        capabilities: capability::CUDA_IPC | capability::CUDA_TIMELINE,
        fd_mask: fds::PAGE | fds::TIMELINE,
        ..answer()
    };
    assert!(validate(ipc).is_ok());
    refused(
        "fd_mask",
        HelloResponse {
            fd_mask: fds::PAGE,
            ..ipc
        },
    );
    let pool = fds::PAGE | fds::TIMELINE | fds::POOL;
    refused(
        "fd_mask",
        HelloResponse {
            fd_mask: pool,
            ..ipc
        },
    );
}

#[test]
fn an_observer_gets_no_page_and_takes_part_in_no_order() {
    let observer = HelloResponse {
        index: 0,
        max_leases: 0,
        capabilities: BASE | capability::OBSERVER,
        fd_mask: fds::CONTROL | fds::POOL,
        ..answer()
    };
    let grant = validate(observer).expect("observer");
    assert!(grant.is_observer());
    assert_eq!(grant.answers(&request(BASE | capability::OBSERVER)), Ok(()));
    refused(
        "fd_mask",
        HelloResponse {
            fd_mask: THREE,
            ..observer
        },
    );
    refused(
        "fd_mask",
        HelloResponse {
            fd_mask: fds::CONTROL | fds::NOTIFY,
            ..observer
        },
    );
    let timeline = HelloResponse {
        memory_kind: 2,
        sync_kind: 2,
        capabilities: capability::FD_PASSING | capability::CUDA_VMM | capability::OBSERVER,
        ..observer
    };
    assert!(validate(timeline).is_ok());
}

#[test]
fn nothing_is_granted_that_was_not_asked_for() {
    let grant = validate(answer()).expect("valid");
    let refused = |request: HelloRequest| {
        let error = grant.answers(&request).expect_err("not asked");
        assert_eq!(error.code(), ErrorCode::Protocol);
        assert!(matches!(error, WireError::NotAsked { .. }));
    };
    refused(request(capability::HOST));
    refused(request(BASE | capability::OBSERVER));
    refused(HelloRequest {
        lowest: 2,
        highest: 2,
        ..request(BASE)
    });
    let observer = validate(HelloResponse {
        index: 0,
        fd_mask: fds::CONTROL,
        ..answer()
    });
    assert!(observer.expect("valid").answers(&request(BASE)).is_err());
}
