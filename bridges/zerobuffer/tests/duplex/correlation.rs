//! What stands in the headers of responses, in both ways to tell whose they are.

use zerobuffer::duplex::{Correlation, ProcessingMode, ServerConfig};
use zerobuffer::{Reader, SequenceCheck, Writer};
use zerobuffer_peer::PATIENCE;

use crate::channel::{Channel, config, patient, receive};

#[test]
fn by_order_responses_are_numbered_from_1_for_each_client() {
    let channel = Channel::new("by-order");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::SingleThread)
        .expect("it starts");
    for client_number in 0..3 {
        let client = channel.client();
        for index in 1..=4 {
            let sequence = client.send_request(b"x").expect("sent");
            assert_eq!(
                sequence,
                client_number * 4 + index,
                "requests go on: it is one buffer"
            );
            let response = receive(&client);
            assert_eq!(
                response.frame().sequence(),
                index,
                "as readers of others demand"
            );
            assert_eq!(response.sequence(), sequence, "as the user wants it");
        }
    }
}

#[test]
fn by_number_responses_carry_the_number_of_their_request() {
    let channel = Channel::new("by-number");
    let by_number = ServerConfig::from(config()).correlation(Correlation::Sequence);
    let server = channel.server_with(by_number);
    server
        .start(|r| r.to_vec(), ProcessingMode::ThreadPool(2))
        .expect("it starts");
    for client_number in 0..3 {
        let config = patient(config().into()).correlation(Correlation::Sequence);
        let client = channel.client_with(config);
        for index in 1..=4 {
            let sequence = client.send_request(b"x").expect("sent");
            assert_eq!(sequence, client_number * 4 + index);
            let response = receive(&client);
            assert_eq!(response.sequence(), sequence);
            assert_eq!(response.frame().sequence(), sequence, "it is in the header");
        }
    }
}

/// A client of two bare buffers, as others have it: it creates the responses before it connects to
/// the requests, or after, begins to count with 1, and sends without waiting for anything.
#[test]
fn a_client_may_make_its_ends_in_either_order() {
    for response_first in [true, false] {
        let channel = Channel::new("either-order");
        let server = channel.server();
        server
            .start(|r| r.to_vec(), ProcessingMode::SingleThread)
            .expect("it starts");
        for _ in 0..20 {
            let (request, response) = (
                format!("{}_request", &*channel),
                format!("{}_response", &*channel),
            );
            let connect = || Writer::connect(&request).expect("the server made it");
            let create = || Reader::create(&response, &config()).expect("nobody has it");
            let (mut reader, mut writer) = match response_first {
                true => {
                    let reader = create();
                    (reader, connect())
                }
                false => {
                    let writer = connect();
                    (create(), writer)
                }
            };
            for index in 1..=3_u64 {
                let mut request = writer.buffer(9).expect("there is space");
                request.copy_from(0, &[index as u8; 9]);
                request.set_sequence(index);
                request.commit();
                let frame = reader
                    .read(PATIENCE)
                    .expect("the server lives")
                    .expect("in time");
                assert_eq!(
                    (frame.sequence(), frame.to_vec()),
                    (index, vec![index as u8; 9])
                );
            }
            // Its ends go in either order, too.
            match response_first {
                true => {
                    drop(writer);
                    drop(reader);
                }
                false => {
                    drop(reader);
                    drop(writer);
                }
            }
        }
        assert!(server.is_running());
    }
}

/// It stops writing, and still gets everything.
#[test]
fn a_client_that_has_closed_its_requests_gets_all_responses() {
    let channel = Channel::new("half-closed");
    let server = channel.server();
    server
        .start(|r| r.to_vec(), ProcessingMode::ThreadPool(2))
        .expect("it starts");
    let (request, response) = (
        format!("{}_request", &*channel),
        format!("{}_response", &*channel),
    );
    let any = config().sequence(SequenceCheck::Continuous);
    let mut reader = Reader::create(&response, &any).expect("nobody has it");
    for round in 0..3_u64 {
        let mut writer = Writer::connect(&request).expect("the server made it");
        for index in 1..=5_u8 {
            writer.write(&[index; 10]).expect("written");
        }
        drop(writer);
        for index in 1..=5_u8 {
            let frame = reader
                .read(PATIENCE)
                .expect("the server lives")
                .expect("in time");
            assert_eq!(frame.sequence(), round * 5 + u64::from(index));
            assert_eq!(frame.to_vec(), [index; 10]);
        }
    }
}
