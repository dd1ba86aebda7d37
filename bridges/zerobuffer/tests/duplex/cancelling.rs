//! Requests that nobody waits for any more.

use std::sync::Arc;

use zerobuffer::Frame;
use zerobuffer::duplex::{Correlation, ProcessingMode, ServerConfig};

use crate::channel::{Channel, NOW, ask, config, patient, receive};
use crate::ordering::Gate;

#[test]
fn the_response_to_a_cancelled_request_is_dropped_and_the_others_keep_theirs() {
    for correlation in [Correlation::ByOrder, Correlation::Sequence] {
        let channel = Channel::new("cancel");
        let gate = Arc::new(Gate::default());
        let opened = Arc::clone(&gate);
        let handler = move |r: &Frame| {
            opened.wait();
            r.to_vec()
        };
        let server = channel.server_with(ServerConfig::from(config()).correlation(correlation));
        server
            .start(handler, ProcessingMode::SingleThread)
            .expect("it starts");
        let client = channel.client_with(patient(config().into()).correlation(correlation));
        for index in 1..=6_u8 {
            assert_eq!(
                client.send_request(&[index; 3]).expect("sent"),
                u64::from(index)
            );
        }
        for cancelled in [1, 3, 4, 6] {
            assert!(client.cancel(cancelled));
            assert!(!client.cancel(cancelled), "it is already");
        }
        assert!(!client.cancel(7), "it was never sent");
        assert_eq!(client.pending(), 2);
        gate.open();
        for sequence in [2, 5_u8] {
            let response = receive(&client);
            assert_eq!(response.sequence(), u64::from(sequence));
            assert_eq!(response.to_vec(), [sequence; 3]);
        }
        assert!(!client.cancel(2), "it has its response");
        assert_eq!(ask(&client, b"next"), b"next", "the sixth is passed over");
        assert!(
            client
                .receive_response(NOW)
                .expect("the server lives")
                .is_none()
        );
        assert_eq!(client.pending(), 0);
    }
}
