//! The committed handshakes, replayed byte by byte against a live publisher and a live subscriber
//! of the library.
//!
//! What is the speaker's own is not in the vectors: they list the fields that vary from run to
//! run. Of those, the epochs (random), latest_seq and index (the publisher's choice, which is then
//! kept to) and the pid (for display) are compared with the values of the live run, pool_size,
//! lease_timeout_ms, lib_version and max_leases with the vectors' own values, and the sentence of
//! an ERROR is only required to be there.

#[path = "handshakes/as_publisher.rs"]
mod as_publisher;
#[path = "handshakes/as_subscriber.rs"]
mod as_subscriber;
#[path = "handshakes/case.rs"]
mod case;
mod common;
#[path = "handshakes/compare.rs"]
mod compare;
#[path = "common/vectors.rs"]
mod files;
#[path = "handshakes/stage.rs"]
mod stage;

use case::Case;
use common::{shared, tell_skipped};
use compare::Fields;

/// Cases of the file.
const ALL: usize = 40;

/// Cases with the HELLOs that the library's subscriber says: without packets, with those from the
/// newest key packet on, and with those from the next.
const USUAL: [&str; 3] = [
    "v1_publisher_v1_subscriber",
    "v2_publisher_v2_subscriber",
    "v2_next_key_packet",
];

/// True if the library's publisher can be the one of this case: with packets it speaks version 2
/// as well.
fn library_publishes(case: &Case) -> bool {
    matches!(case.publisher, (1, 1 | 2))
}

/// True if the library's subscriber says what the one of this case says: its HELLO comes first, is
/// byte by byte that of a case it is known to say, and its order is kept.
fn library_subscribes(case: &Case, usual: &[Case]) -> bool {
    let said: Vec<_> = case
        .steps
        .iter()
        .filter(|step| !step.by_publisher)
        .collect();
    let is_refused_at_hello = said.len() == 1;
    let keeps_order = case.error.is_none() && said.iter().all(|step| step.kind != "opaque");
    let is_usual = usual
        .iter()
        .any(|usual| said[0].bytes == usual.steps[0].bytes);
    // Who wants packets and gets version 1 does not stay.
    let stays = case.live != Some(1) || said[0].bytes == usual[0].steps[0].bytes;
    is_usual && stays && (is_refused_at_hello || keeps_order)
}

/// Every case is replayed against the library on one side or both, or named as skipped.
#[test]
fn every_handshake_is_the_librarys() {
    let _guard = shared();
    let (fields, cases) = (Fields::load(), Case::all());
    assert_eq!(cases.len(), ALL);
    let is_usual = |case: &&Case| USUAL.contains(&case.name.as_str());
    let usual: Vec<Case> = cases.iter().filter(is_usual).cloned().collect();
    assert_eq!(usual.len(), USUAL.len());
    let (mut published, mut subscribed, mut skipped) = (0, 0, Vec::new());
    let mut wrong = Vec::new();
    for case in &cases {
        let mut note = |side: &str, found: Vec<String>| {
            let found = found
                .iter()
                .map(|what| format!("{} {side}: {what}", case.name));
            wrong.extend(found);
        };
        let (publishes, subscribes) = (library_publishes(case), library_subscribes(case, &usual));
        if publishes {
            note("library publishes", as_subscriber::replay(&fields, case));
            published += 1;
        }
        if subscribes {
            note("library subscribes", as_publisher::replay(&fields, case));
            subscribed += 1;
        }
        if !publishes && !subscribes {
            tell_skipped(&case.name, "the library is on neither side");
            skipped.push(case.name.as_str());
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(skipped, Vec::<&str>::new());
    assert_eq!((published, subscribed), (39, 11));
}

/// Negative control: a byte changed in any message that the library says is found, and named.
#[test]
fn a_changed_byte_is_found_and_named() {
    let _guard = shared();
    let (fields, cases) = (Fields::load(), Case::all());
    let named = |name: &str| {
        let found = cases.iter().find(|case| case.name == name);
        let mut changed = found.expect(name).clone();
        // The other test has its own key.
        changed.name = format!("changed_{name}");
        changed
    };

    let mut case = named("v1_publisher_v1_subscriber");
    let memory_kind = 8 + 32;
    case.steps[1].bytes[memory_kind] ^= 4;
    assert_eq!(
        as_subscriber::replay(&fields, &case),
        ["1: HELLO_RESP.memory_kind"]
    );

    let mut case = named("name_taken");
    let code = 8;
    case.steps[1].bytes[code] ^= 1;
    assert_eq!(as_subscriber::replay(&fields, &case), ["1: ERROR.code"]);

    let mut case = named("without_notify");
    case.steps[1].fds.push("NOTIFY".to_owned());
    assert_eq!(
        as_subscriber::replay(&fields, &case),
        ["1: 3 descriptors with HELLO_RESP"]
    );

    let mut case = named("v2_publisher_v2_subscriber");
    let packet_slot_count = 8 + 0x50;
    case.steps[1].bytes[packet_slot_count] ^= 1;
    assert_eq!(
        as_subscriber::replay(&fields, &case),
        ["1: HELLO_RESP.packet_slot_count"]
    );

    let mut case = named("reconfigured");
    let (last_epoch, index) = (8 + 72, 8);
    case.steps[4].bytes[last_epoch] ^= 1;
    case.steps[6].bytes[index] ^= 1;
    let found = as_publisher::replay(&fields, &case);
    assert_eq!(found, ["4: HELLO_REQ.last_epoch", "6: ATTACHED.index"]);
}
