//! Exit codes of the errors of libraries.

use std::io;

use cuframes::{Error, ErrorCode};
use frame_lending::buffers::BufferError;
use frame_lending::camera::CameraError;
use frame_lending::engine::EngineError;
use frame_lending::gateway::GatewayError;
use frame_lending::socket::SocketError;
use vizion::ShmError;
use zerobuffer::ErrorKind;

/// Of what the library says.
pub(super) fn code_of(error: &Error) -> i32 {
    // A refusal is one whatever its reason, and a run directory that is not there says nothing
    // about publishers.
    match error {
        Error::Refused { .. } => return 4,
        Error::RunDir { .. } => return 1,
        _ => {}
    }
    match error.code() {
        ErrorCode::Ok | ErrorCode::EndOfStream => 0,
        ErrorCode::InvalidArgument => 2,
        ErrorCode::NotFound => 3,
        ErrorCode::Permission | ErrorCode::TooManySubscribers => 4,
        ErrorCode::Disconnected => 5,
        ErrorCode::Timeout => 6,
        ErrorCode::Evicted => 7,
        ErrorCode::Protocol => 8,
        ErrorCode::AlreadyExists => 9,
        ErrorCode::NoMemory => 11,
        ErrorCode::Aborted => 12,
        ErrorCode::Cuda => 13,
        ErrorCode::Unsupported => 14,
        _ => 1,
    }
}

/// Of what a ZeroBuffer says.
pub(super) fn code_of_buffer(error: &zerobuffer::Error) -> i32 {
    match error {
        zerobuffer::Error::System { source, .. }
            if source.kind() == io::ErrorKind::PermissionDenied =>
        {
            return 4;
        }
        _ => {}
    }
    match error.kind() {
        ErrorKind::InvalidName | ErrorKind::InvalidConfig => 2,
        ErrorKind::BufferNotFound | ErrorKind::NotReady => 3,
        ErrorKind::ReaderDead | ErrorKind::WriterDead => 5,
        ErrorKind::BufferFull => 6,
        ErrorKind::SequenceGap | ErrorKind::Corrupt | ErrorKind::Version => 8,
        ErrorKind::WriterAlreadyConnected | ErrorKind::ReaderAlreadyConnected => 9,
        ErrorKind::NoSpace
        | ErrorKind::FrameTooLarge
        | ErrorKind::FrameUnplaceable
        | ErrorKind::MetadataTooLarge => 11,
        _ => 1,
    }
}

/// Of what shared memory with VIZN frames says.
pub(super) fn code_of_shared_memory(error: &ShmError) -> i32 {
    match error {
        ShmError::Name { .. } => 2,
        ShmError::NotFound { .. } => 3,
        ShmError::System { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => 4,
        ShmError::WriterDead { .. } | ShmError::WriterClosed { .. } => 5,
        ShmError::WriterStalled { .. } => 6,
        ShmError::Invalid { .. } => 8,
        ShmError::Busy { .. } | ShmError::Foreign { .. } => 9,
        ShmError::Size { .. } => 11,
        _ => 1,
    }
}

/// Of what an engine that lends frames says.
pub(super) fn code_of_engine(error: &EngineError) -> i32 {
    match error {
        EngineError::Socket(error) => code_of_socket(error),
        EngineError::Option(_) | EngineError::Buffers(BufferError::Name { .. }) => 2,
        EngineError::Buffers(BufferError::Denied { .. }) => 4,
        EngineError::Buffers(
            BufferError::Missing { .. } | BufferError::Device { .. } | BufferError::TooLarge { .. },
        ) => 14,
        _ => 1,
    }
}

/// Of what a camera says that cannot be lent.
pub(super) fn code_of_camera(error: &CameraError) -> i32 {
    match error {
        CameraError::Spec { .. } => 2,
        CameraError::Missing { .. } => 3,
        CameraError::Denied { .. } => 4,
        CameraError::Lost { .. } => 5,
        CameraError::Busy { .. } => 9,
        CameraError::NoCamera { .. } | CameraError::Format { .. } | CameraError::Export { .. } => {
            14
        }
        _ => 1,
    }
}

/// Of what a gateway for detections says.
pub(super) fn code_of_gateway(error: &GatewayError) -> i32 {
    match error {
        GatewayError::Socket(error) => code_of_socket(error),
        GatewayError::Foreign { .. } => 4,
        GatewayError::Closed => 5,
        GatewayError::Message(_) => 8,
        _ => 1,
    }
}

/// The kind of its errors, in one word.
pub(super) fn name_of_shared_memory(error: &ShmError) -> &'static str {
    match error {
        ShmError::Name { .. } => "name",
        ShmError::NotFound { .. } => "not_found",
        ShmError::WriterDead { .. } => "writer_dead",
        ShmError::WriterClosed { .. } => "writer_closed",
        ShmError::WriterStalled { .. } => "writer_stalled",
        ShmError::Invalid { .. } => "invalid",
        ShmError::Busy { .. } => "busy",
        ShmError::Foreign { .. } => "foreign",
        ShmError::Size { .. } => "size",
        _ => "shared_memory",
    }
}

/// Of what stands in the way of a socket.
fn code_of_socket(error: &SocketError) -> i32 {
    match error {
        SocketError::Path { .. } | SocketError::NotASocket { .. } => 2,
        SocketError::Nobody { .. } => 3,
        SocketError::InUse { .. } => 9,
        SocketError::System { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => 4,
        _ => 1,
    }
}

/// The kind of a ZeroBuffer's error, written as this program writes names.
pub(super) fn name_of_buffer(error: &zerobuffer::Error) -> String {
    let mut name = String::new();
    for letter in error.kind().to_string().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffers_error_has_a_name_and_a_code() {
        let full = zerobuffer::Error::MetadataAlreadyWritten {
            name: String::new(),
        };
        assert_eq!(name_of_buffer(&full), "metadata_already_written");
        assert_eq!(code_of_buffer(&full), 1);
        let missing = zerobuffer::Error::BufferNotFound {
            name: String::new(),
        };
        assert_eq!(code_of_buffer(&missing), 3);
    }
}
