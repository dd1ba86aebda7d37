//! What a consumer says.

use super::Lease;
use super::answer::answer;
use super::consumer::{Consumer, Gone, real_time};
use super::lender::Loan;
use crate::failpoint::{Point, reach};
use crate::ledger::{FrameId, Returned};
use crate::message::{
    DetectionMessage, ErrorInfo, FromConsumer, Hello, MAX_PACKET, MessageError, Return, Status,
    Text, VERSION, parse_in_place,
};
use crate::socket::{Packet, Received};

impl<L: Lease> Consumer<L> {
    /// Takes the next message, if there is one.
    pub(super) fn take_message(&mut self) -> Result<(), Gone> {
        match self.connection.receive(&mut self.packet) {
            Ok(Received::Nothing) => Ok(()),
            Ok(Received::Closed) => Err(Gone),
            Ok(Received::Packet(packet)) => {
                self.take_packet(packet);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(consumer = self.row.name, %error, "a consumer is not heard");
                Err(Gone)
            }
        }
    }

    fn take_packet(&mut self, packet: Packet) {
        if !packet.fds.is_empty() || packet.lost_fds {
            // They are closed with the packet. Such a message is refused as a whole: whoever sends
            // descriptors here does not know what it says.
            let why = "a message with descriptors; consumers send none".to_owned();
            return self.refuse("descriptors", why);
        }
        if packet.is_cut {
            let (size, limit) = (packet.len, MAX_PACKET);
            let error = MessageError::TooLarge { size, limit };
            return self.refuse(error.code(), error.to_string());
        }
        // What is read stays where it is until it was taken.
        let bytes = std::mem::take(&mut self.packet);
        match parse_in_place(&bytes[..packet.len], self.row.version >= 1) {
            Ok(FromConsumer::Hello(hello)) => self.greet(hello),
            Ok(FromConsumer::Return(returned)) => self.take_return(returned),
            Err(error) => self.refuse(error.code(), error.to_string()),
        }
        self.packet = bytes;
    }

    fn refuse(&mut self, code: &str, why: String) {
        tracing::debug!(consumer = self.row.name, code, why, "a message is refused");
        self.row.tally.malformed += 1;
        self.answer(&answer(code, why, real_time()));
    }

    /// Frames that it has stay as they are.
    fn greet(&mut self, hello: Hello) {
        self.row.version = hello.v.min(VERSION);
        if let Some(name) = hello.name {
            // As much as a table has room for.
            self.row.name = name.chars().take(64).collect();
        }
        self.introduce();
    }

    fn take_return(&mut self, returned: Return<Text<'_>>) {
        reach(Point::ReturnRead);
        let streams = &self.shared.streams;
        // A stream of no number has no frames: such a return is counted as unknown.
        let stream = streams
            .iter()
            .position(|name| **name == *returned.stream_id);
        let id = FrameId {
            stream: stream.unwrap_or(usize::MAX),
            sequence: returned.sequence,
        };
        let (loan, is_late) = match self.ledger.give_back(id, returned.status != Status::Error) {
            Returned::InTime(loan) => (loan, false),
            Returned::Late(loan) => (loan, true),
            Returned::Unknown => return,
        };
        self.count();
        reach(Point::ReturnCounted);
        let message = self.detections(returned, &loan);
        self.give_back(loan);
        self.shared.options.observer.returned(&message, is_late);
        self.texts = [message.stream_id, message.model_name, message.consumer];
    }

    /// What was found, its texts written where those of the message before were.
    fn detections(&mut self, mut returned: Return<Text<'_>>, loan: &Loan<L>) -> DetectionMessage {
        let frame = &loan.frame;
        if let Err(error) = loan.check() {
            tracing::warn!(consumer = self.row.name, %error, "what it found is of no one frame");
            returned.status = Status::Error;
            returned.detections = None;
            returned.error = Some(ErrorInfo {
                code: "overwritten".to_owned(),
                message: error.to_string(),
            });
        }
        let [mut stream_id, mut model_name, mut consumer] = std::mem::take(&mut self.texts);
        returned.stream_id.clone_into(&mut stream_id);
        returned.model_name.clone_into(&mut model_name);
        self.row.name.clone_into(&mut consumer);
        DetectionMessage {
            v: VERSION,
            stream_id,
            sequence: returned.sequence,
            width: frame.width,
            height: frame.height,
            frame_timestamp: frame.timestamp,
            timestamp: returned.timestamp,
            inference_time: returned.inference_time,
            status: returned.status,
            model_name,
            detections: returned.detections.unwrap_or_default(),
            error: returned.error,
            consumer,
            lost: 0,
        }
    }
}
