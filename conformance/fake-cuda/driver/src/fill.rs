//! Fills: a value written again and again, by streams.

use crate::abi::INVALID_VALUE;
use crate::memory::resolve;
use crate::stream;
use crate::world::Answer;

/// Rows of a value of `size` bytes.
#[derive(Clone, Copy)]
pub struct Fill {
    pub address: u64,
    pub pitch: usize,
    pub value: u32,
    pub size: usize,
    pub width: usize,
    pub height: usize,
}

impl Fill {
    fn run(self) -> Answer {
        let row = self.width * self.size;
        if row == 0 || self.height == 0 {
            return Ok(());
        }
        let bytes = (self.pitch * (self.height - 1) + row) as u64;
        let place = resolve(self.address, bytes, true)?;
        let value = self.value.to_le_bytes();
        for y in 0..self.height {
            for x in 0..row {
                // SAFETY: inside what was resolved.
                let byte = unsafe { place.first.add(y * self.pitch + x) };
                // SAFETY: as above.
                unsafe { byte.write(value[x % self.size]) };
            }
        }
        Ok(())
    }

    /// Gives it to a stream.
    pub fn give(self, stream: u64) -> Answer {
        resolve(self.address, 1, false).map_err(|_| INVALID_VALUE)?;
        stream::enqueue(stream, false, move |_| self.run()).map(|_| ())
    }

    /// Gives it to the default stream and waits for it.
    pub fn wait(self) -> Answer {
        self.give(0)?;
        crate::context::current()?.default_stream.drain();
        Ok(())
    }

    /// One row.
    pub fn linear(address: u64, value: u32, size: usize, width: usize) -> Fill {
        Fill {
            address,
            pitch: 0,
            value,
            size,
            width,
            height: 1,
        }
    }
}
