//! The error codes that processes tell each other, which are also those of the C API.

use core::fmt;

/// Why an operation failed, as a number that is the same on the wire, in C and in Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum ErrorCode {
    /// No error.
    Ok = 0,
    /// An argument is outside its documented range.
    InvalidArgument = -1,
    /// No publisher serves this key.
    NotFound = -2,
    /// The key or the consumer name is in use by somebody alive.
    AlreadyExists = -3,
    /// The time allowed by the caller is over.
    Timeout = -4,
    /// The other process is gone.
    Disconnected = -5,
    /// The other process broke the protocol or speaks another version.
    Protocol = -6,
    /// A call into the CUDA driver failed.
    Cuda = -7,
    /// Memory or space in `/dev/shm` ran out.
    NoMemory = -8,
    /// The user is not allowed to do this.
    Permission = -9,
    /// A system call failed.
    System = -10,
    /// There is nothing yet and the caller did not want to wait.
    WouldBlock = -11,
    /// The publisher took this subscriber's leases away.
    Evicted = -12,
    /// A valid request that this side cannot serve.
    Unsupported = -13,
    /// The publisher serves as many subscribers as it may.
    TooManySubscribers = -14,
    /// The stream changed its shape; join again.
    Reconfigured = -15,
    /// The publisher ended the stream.
    EndOfStream = -16,
    /// The frame's GPU work will never complete.
    Aborted = -17,
    /// The packet is larger than the ring accepts.
    PacketOversized = -20,
    /// The publisher has no packet ring.
    NoPacketRing = -21,
    /// The codec parameters are not known yet.
    NoCodecParams = -22,
    /// The packet ring went round before the reader came.
    PacketOverrun = -23,
}

impl ErrorCode {
    /// Every code, `Ok` first.
    pub const ALL: [ErrorCode; 22] = [
        ErrorCode::Ok,
        ErrorCode::InvalidArgument,
        ErrorCode::NotFound,
        ErrorCode::AlreadyExists,
        ErrorCode::Timeout,
        ErrorCode::Disconnected,
        ErrorCode::Protocol,
        ErrorCode::Cuda,
        ErrorCode::NoMemory,
        ErrorCode::Permission,
        ErrorCode::System,
        ErrorCode::WouldBlock,
        ErrorCode::Evicted,
        ErrorCode::Unsupported,
        ErrorCode::TooManySubscribers,
        ErrorCode::Reconfigured,
        ErrorCode::EndOfStream,
        ErrorCode::Aborted,
        ErrorCode::PacketOversized,
        ErrorCode::NoPacketRing,
        ErrorCode::NoCodecParams,
        ErrorCode::PacketOverrun,
    ];

    /// The number of the wire and of the C API.
    #[must_use]
    pub const fn as_i32(self) -> i32 {
        self as i32
    }

    /// The code of a number, or `None` for one that this version does not know.
    ///
    /// ```
    /// use cuframes::wire::ErrorCode;
    /// assert_eq!(ErrorCode::from_i32(-12), Some(ErrorCode::Evicted));
    /// assert_eq!(ErrorCode::from_i32(7), None);
    /// ```
    #[must_use]
    pub fn from_i32(number: i32) -> Option<ErrorCode> {
        Self::ALL.into_iter().find(|code| code.as_i32() == number)
    }

    /// The name as the protocol and the C header spell it, without prefix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            ErrorCode::Ok => "OK",
            ErrorCode::InvalidArgument => "INVALID_ARGUMENT",
            ErrorCode::NotFound => "NOT_FOUND",
            ErrorCode::AlreadyExists => "ALREADY_EXISTS",
            ErrorCode::Timeout => "TIMEOUT",
            ErrorCode::Disconnected => "DISCONNECTED",
            ErrorCode::Protocol => "PROTOCOL",
            ErrorCode::Cuda => "CUDA",
            ErrorCode::NoMemory => "NO_MEMORY",
            ErrorCode::Permission => "PERMISSION",
            ErrorCode::System => "SYSTEM",
            ErrorCode::WouldBlock => "WOULD_BLOCK",
            ErrorCode::Evicted => "EVICTED",
            ErrorCode::Unsupported => "UNSUPPORTED",
            ErrorCode::TooManySubscribers => "TOO_MANY_SUBSCRIBERS",
            ErrorCode::Reconfigured => "RECONFIGURED",
            ErrorCode::EndOfStream => "END_OF_STREAM",
            ErrorCode::Aborted => "ABORTED",
            ErrorCode::PacketOversized => "PACKET_OVERSIZED",
            ErrorCode::NoPacketRing => "NO_PACKET_RING",
            ErrorCode::NoCodecParams => "NO_CODEC_PARAMS",
            ErrorCode::PacketOverrun => "PACKET_OVERRUN",
        }
    }

    /// A short sentence for people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            ErrorCode::Ok => "no error",
            ErrorCode::InvalidArgument => "an argument is outside its documented range",
            ErrorCode::NotFound => "no publisher serves this key",
            ErrorCode::AlreadyExists => "the key or the consumer name is already in use",
            ErrorCode::Timeout => "the time allowed for this is over",
            ErrorCode::Disconnected => "the other process is gone",
            ErrorCode::Protocol => "the other process does not speak this protocol",
            ErrorCode::Cuda => "a call into the CUDA driver failed",
            ErrorCode::NoMemory => "memory or space in /dev/shm ran out",
            ErrorCode::Permission => "this user is not allowed to do this",
            ErrorCode::System => "a system call failed",
            ErrorCode::WouldBlock => "there is nothing yet; wait or ask again",
            ErrorCode::Evicted => "the publisher took this subscriber's leases away",
            ErrorCode::Unsupported => "this is not supported here",
            ErrorCode::TooManySubscribers => "the publisher serves as many subscribers as it may",
            ErrorCode::Reconfigured => "the stream changed its shape; join again",
            ErrorCode::EndOfStream => "the publisher ended the stream",
            ErrorCode::Aborted => "the frame's GPU work will never complete",
            ErrorCode::PacketOversized => "the packet is larger than the ring accepts",
            ErrorCode::NoPacketRing => "the publisher has no packet ring",
            ErrorCode::NoCodecParams => "the codec parameters are not known yet",
            ErrorCode::PacketOverrun => "the packet ring went round before the reader came",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_number_and_a_name_of_its_own() {
        let numbers: Vec<i32> = ErrorCode::ALL.iter().map(|code| code.as_i32()).collect();
        let expected: Vec<i32> = (0..=17).chain(20..=23).map(|n: i32| -n).collect();
        assert_eq!(numbers, expected);
        let mut names: Vec<_> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 22);
    }

    #[test]
    fn numbers_that_are_no_code_are_refused() {
        for number in [1, -18, -19, -24, i32::MIN, i32::MAX] {
            assert_eq!(ErrorCode::from_i32(number), None);
        }
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_i32(code.as_i32()), Some(code));
        }
    }
}
