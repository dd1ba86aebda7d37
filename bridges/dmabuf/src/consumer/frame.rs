//! A frame that is lent.

use std::sync::Arc;
use std::time::Duration;

use crate::failpoint::{Point, reach};
use crate::memory::LentMap;
use crate::message::{Detection, ErrorInfo, PlanePlace, Return, Send, Status};

use super::ConsumerError;
use super::engine_link::{EngineLink, error_packet, nanoseconds, now};
use super::layout::Plane;

/// A frame, until it is returned.
#[derive(Debug)]
pub struct LentFrame {
    link: Arc<EngineLink>,
    send: Send,
    map: Arc<LentMap>,
    planes: Vec<Plane>,
    is_returned: bool,
}

/// A plane in the engine's own memory; see [`LentFrame::look`].
#[derive(Clone, Copy, Debug)]
pub struct PlaneView {
    /// Its first byte.
    pub pixels: *const u8,
    /// Bytes from one row to the next.
    pub stride: usize,
    /// Its rows.
    pub rows: usize,
    /// Bytes of pixels in each row.
    pub row_bytes: usize,
}

impl LentFrame {
    pub(super) fn new(
        link: Arc<EngineLink>,
        send: Send,
        map: Arc<LentMap>,
        planes: Vec<Plane>,
    ) -> LentFrame {
        LentFrame {
            link,
            send,
            map,
            planes,
            is_returned: false,
        }
    }

    /// What the engine says of it.
    #[must_use]
    pub fn send(&self) -> &Send {
        &self.send
    }

    /// Where its planes are in its memory.
    pub fn planes(&self) -> impl Iterator<Item = PlanePlace> + '_ {
        self.planes.iter().map(|plane| plane.place)
    }

    /// Whether its memory is a DMA-BUF.
    #[must_use]
    pub fn is_dma_buf(&self) -> bool {
        self.map.kind() == crate::memory::MemoryKind::DmaBuf
    }

    /// Copies the rows of a plane without the bytes between them, in place of what is in `to`.
    pub fn copy_plane(&self, index: usize, to: &mut Vec<u8>) -> Result<(), ConsumerError> {
        let count = self.planes.len();
        let plane = self.planes.get(index);
        let plane = plane.ok_or(ConsumerError::NoPlane { index, count })?;
        to.clear();
        to.resize(plane.packed_size(), 0);
        let reading = self.map.begin()?;
        self.copy_rows(plane, to)?;
        Ok(reading.end()?)
    }

    /// Copies all its planes, one behind the other, in place of what is in `to`.
    pub fn copy(&self, to: &mut Vec<u8>) -> Result<(), ConsumerError> {
        to.clear();
        to.resize(self.planes.iter().map(Plane::packed_size).sum(), 0);
        let reading = self.map.begin()?;
        let mut rest = to.as_mut_slice();
        for plane in &self.planes {
            let (part, after) = std::mem::take(&mut rest).split_at_mut(plane.packed_size());
            self.copy_rows(plane, part)?;
            rest = after;
        }
        Ok(reading.end()?)
    }

    fn copy_rows(&self, plane: &Plane, to: &mut [u8]) -> Result<(), ConsumerError> {
        let PlanePlace { offset, stride, .. } = plane.place;
        if stride == plane.row_bytes {
            return Ok(self.map.copy(offset, to)?);
        }
        let rows = to.chunks_exact_mut(plane.row_bytes.max(1) as usize);
        for (row, to) in (0u64..).zip(rows) {
            self.map.copy(offset + row * u64::from(stride), to)?;
        }
        Ok(())
    }

    /// Lends the planes where they are to `look`, which gives them to a library that reads memory by
    /// its address. The memory is mapped as long as the frame is not returned, and its engine writes
    /// it only afterwards, or after the frame's time is over.
    pub fn look<T>(&self, look: impl FnOnce(&[PlaneView]) -> T) -> Result<T, ConsumerError> {
        let view = |plane: &Plane| PlaneView {
            // Planes are inside of the map, whose size is an address's.
            pixels: self.map.as_ptr().wrapping_add(plane.place.offset as usize),
            stride: plane.place.stride as usize,
            rows: plane.rows as usize,
            row_bytes: plane.row_bytes as usize,
        };
        let views: Vec<PlaneView> = self.planes.iter().map(view).collect();
        let reading = self.map.begin()?;
        let seen = look(&views);
        reading.end()?;
        Ok(seen)
    }

    /// Returns it with what was found in it. What is not as it has to be is an error here, and the
    /// engine gets the frame back as an error, too.
    pub fn return_success(
        mut self,
        model_name: &str,
        inference_time: Duration,
        detections: Vec<Detection>,
    ) -> Result<(), ConsumerError> {
        let mut returned = self.to_return(Status::Success);
        returned.model_name = model_name.to_owned();
        returned.inference_time = nanoseconds(inference_time);
        returned.detections = Some(detections);
        match self.link.packet(&returned) {
            Ok(packet) => self.say(&packet),
            Err(error) => {
                self.say_error(error.code(), &error.to_string())?;
                Err(ConsumerError::Invalid(error))
            }
        }
    }

    /// Returns it as an error: a short name of the reason, and the reason in words.
    pub fn return_error(mut self, code: &str, message: &str) -> Result<(), ConsumerError> {
        self.say_error(code, message)
    }

    fn say_error(&mut self, code: &str, message: &str) -> Result<(), ConsumerError> {
        let packet = self.error(code, message);
        self.say(&packet)
    }

    fn say(&mut self, packet: &[u8]) -> Result<(), ConsumerError> {
        self.is_returned = true;
        reach(Point::ReturnBuilt);
        self.link.say(packet)?;
        reach(Point::ReturnSent);
        Ok(())
    }

    fn error(&self, code: &str, message: &str) -> Vec<u8> {
        // Short enough for a packet, however each of its characters is written.
        let cut = |text: &str| text.chars().take(1000).collect();
        let mut returned = self.to_return(Status::Error);
        returned.error = Some(ErrorInfo {
            code: cut(code),
            message: cut(message),
        });
        error_packet(returned)
    }

    fn to_return(&self, status: Status) -> Return {
        let is_extended = self.send.extras.is_some();
        Return {
            stream_id: self.send.stream_id.clone(),
            sequence: self.send.sequence,
            width: Some(self.send.width),
            height: Some(self.send.height),
            inference_time: 0,
            status,
            model_name: String::new(),
            timestamp: now(),
            detections: None,
            frame_timestamp: is_extended.then_some(self.send.timestamp),
            error: None,
        }
    }
}

impl Drop for LentFrame {
    fn drop(&mut self) {
        if !self.is_returned {
            let packet = self.error("unreturned", "the consumer dropped the frame");
            // An engine that does not read has the frame time out.
            let _ = self.link.say_now(&packet);
        }
    }
}
