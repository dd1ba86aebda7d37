//! The small enumerations of the header and of HELLO.

use super::{WireError, capability};

/// Where the pixels of a ring live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum MemoryKind {
    /// A CUDA allocation shared by its IPC handle.
    CudaIpc = 1,
    /// CUDA virtual memory shared by a descriptor.
    CudaVmm = 2,
    /// A sealed memfd.
    Host = 3,
    /// A linear dma-buf.
    Dmabuf = 4,
}

impl MemoryKind {
    /// The kind of a header's number. 0 is none; others may come with a later version
    /// and are UNSUPPORTED.
    pub fn from_u32(number: u32) -> Result<MemoryKind, WireError> {
        match number {
            0 => Err(WireError::Field {
                field: "memory_kind",
                value: 0,
                allowed: "1 CUDA_IPC, 2 CUDA_VMM, 3 HOST, 4 DMABUF",
            }),
            1 => Ok(MemoryKind::CudaIpc),
            2 => Ok(MemoryKind::CudaVmm),
            3 => Ok(MemoryKind::Host),
            4 => Ok(MemoryKind::Dmabuf),
            _ => Err(WireError::Unsupported {
                what: "memory kind",
                value: number.into(),
            }),
        }
    }

    /// The capability bit that a subscriber of this kind has.
    #[must_use]
    pub const fn capability(self) -> u32 {
        match self {
            MemoryKind::CudaIpc => capability::CUDA_IPC,
            MemoryKind::CudaVmm => capability::CUDA_VMM,
            MemoryKind::Host => capability::HOST,
            MemoryKind::Dmabuf => capability::DMABUF,
        }
    }

    /// What to tell a subscriber without that capability.
    pub(super) const fn missing(self) -> &'static str {
        match self {
            MemoryKind::CudaIpc => "the frames are in CUDA IPC memory, which it cannot import",
            MemoryKind::CudaVmm => "the frames are in CUDA VMM memory, which it cannot import",
            MemoryKind::Host => "the frames are in host memory, which it did not ask for",
            MemoryKind::Dmabuf => "the frames are in a dma-buf, which it cannot import",
        }
    }

    /// Whether a ring of this kind may use that GPU order.
    #[must_use]
    pub const fn allows(self, sync: SyncKind) -> bool {
        match self {
            MemoryKind::CudaIpc | MemoryKind::CudaVmm => true,
            MemoryKind::Host | MemoryKind::Dmabuf => matches!(sync, SyncKind::Cpu),
        }
    }
}

/// When the pixels of a published frame are complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum SyncKind {
    /// As soon as the sequence is visible.
    Cpu = 0,
    /// When the slot's interprocess event is done.
    CudaEvent = 1,
    /// When the slot's ready word has reached the sequence.
    CudaTimeline = 2,
}

impl SyncKind {
    /// The kind of a header's number; others are UNSUPPORTED.
    pub fn from_u32(number: u32) -> Result<SyncKind, WireError> {
        match number {
            0 => Ok(SyncKind::Cpu),
            1 => Ok(SyncKind::CudaEvent),
            2 => Ok(SyncKind::CudaTimeline),
            _ => Err(WireError::Unsupported {
                what: "sync kind",
                value: number.into(),
            }),
        }
    }

    /// The capability bit that goes with it, 0 for CPU.
    #[must_use]
    pub const fn capability(self) -> u32 {
        match self {
            SyncKind::Cpu => 0,
            SyncKind::CudaEvent => capability::CUDA_EVENT,
            SyncKind::CudaTimeline => capability::CUDA_TIMELINE,
        }
    }
}

/// The `state` word of a control segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum StreamState {
    /// Frames come.
    Live = 1,
    /// The stream ended; what is in the ring stays readable.
    Closed = 2,
    /// A newer epoch has taken over; join again.
    Reconfigured = 3,
}

impl StreamState {
    /// The state of a live word; others are a broken segment.
    pub fn from_u32(number: u32) -> Result<StreamState, WireError> {
        match number {
            1 => Ok(StreamState::Live),
            2 => Ok(StreamState::Closed),
            3 => Ok(StreamState::Reconfigured),
            _ => Err(WireError::Field {
                field: "header.state",
                value: number.into(),
                allowed: "1 LIVE, 2 CLOSED, 3 RECONFIGURED",
            }),
        }
    }
}

/// Which frames a subscriber is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u32)]
pub enum Mode {
    /// Always the newest frame; those in between are passed over.
    #[default]
    NewestOnly = 1,
    /// Every frame in order, as far as the ring still has it.
    StrictOrder = 2,
}

impl Mode {
    /// The mode of HELLO_REQ's number.
    pub fn from_u32(number: u32) -> Result<Mode, WireError> {
        match number {
            1 => Ok(Mode::NewestOnly),
            2 => Ok(Mode::StrictOrder),
            mode => Err(WireError::Mode { mode }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ErrorCode;

    #[test]
    fn known_numbers_come_back_and_others_are_refused() {
        for number in 0..8 {
            assert_eq!(
                MemoryKind::from_u32(number).is_ok(),
                (1..=4).contains(&number)
            );
            assert_eq!(SyncKind::from_u32(number).is_ok(), number <= 2);
            assert_eq!(
                StreamState::from_u32(number).is_ok(),
                (1..=3).contains(&number)
            );
            assert_eq!(Mode::from_u32(number).is_ok(), (1..=2).contains(&number));
        }
        assert_eq!(
            MemoryKind::from_u32(5).map_err(|e| e.code()),
            Err(ErrorCode::Unsupported)
        );
        assert_eq!(
            Mode::from_u32(0).map_err(|e| e.code()),
            Err(ErrorCode::InvalidArgument)
        );
        assert_eq!(
            MemoryKind::from_u32(0).map_err(|e| e.code()),
            Err(ErrorCode::Protocol)
        );
        assert_eq!(MemoryKind::from_u32(3).map(|kind| kind as u32), Ok(3));
    }

    #[test]
    fn only_gpu_memory_has_gpu_order() {
        for sync in [SyncKind::Cpu, SyncKind::CudaEvent, SyncKind::CudaTimeline] {
            assert!(MemoryKind::CudaIpc.allows(sync) && MemoryKind::CudaVmm.allows(sync));
            assert_eq!(MemoryKind::Host.allows(sync), sync == SyncKind::Cpu);
            assert_eq!(MemoryKind::Dmabuf.allows(sync), sync == SyncKind::Cpu);
        }
    }
}
