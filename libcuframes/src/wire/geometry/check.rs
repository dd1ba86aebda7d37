//! The checks of a control header, in the order in which later ones rely on earlier ones.

use crate::wire::{
    CONTROL_SIZE, ControlHeader, Geometry, HEADER_SIZE, MAGIC, MAX_DIMENSION, MAX_PLANES,
    MAX_SLOTS, MIN_SLOTS, MemoryKind, PixelLayout, SLOT_SIZE, StreamState, SyncKind, WireError,
    header_flag,
};

/// CUDA IPC shares whole 2 MiB blocks; a pool that ends inside one would expose a neighbour.
const CUDA_IPC_BLOCK: u64 = 2 << 20;

/// Shortens the many refusals of one field.
const fn refuse(field: &'static str, value: u64, allowed: &'static str) -> WireError {
    WireError::Field {
        field,
        value,
        allowed,
    }
}

/// See [`ControlHeader::validate`].
pub fn check(
    header: &ControlHeader,
    agreed_version: u32,
    segment_size: u64,
) -> Result<Geometry, WireError> {
    check_identity(header, agreed_version, segment_size)?;
    check_ring(header)?;
    let memory = MemoryKind::from_u32(header.memory_kind)?;
    let sync = SyncKind::from_u32(header.sync_kind)?;
    if !memory.allows(sync) {
        return Err(refuse(
            "header.sync_kind",
            header.sync_kind.into(),
            "0 CPU for this memory kind",
        ));
    }
    if memory == MemoryKind::Dmabuf && header.modifier != 0 {
        return Err(WireError::Unsupported {
            what: "DRM format modifier",
            value: header.modifier,
        });
    }
    let pixels = check_picture(header)?;
    let flags = header.flags & header_flag::ALL;
    let (plane_offset, plane_pitch) = if flags & header_flag::PACKETS_ONLY != 0 {
        check_packets_only(header, memory, sync)?;
        ([0; MAX_PLANES], [0; MAX_PLANES])
    } else {
        check_pool(header, memory, flags)?;
        check_planes(header, &pixels)?
    };
    Ok(Geometry {
        version: agreed_version,
        header_size: header.header_size,
        slot_size: header.slot_size,
        slot_count: header.slot_count,
        memory,
        sync,
        flags,
        width: header.width,
        height: header.height,
        fourcc: header.format,
        plane_count: header.plane_count,
        plane_offset,
        plane_pitch,
        frame_size: header.frame_size,
        pool_size: header.pool_size,
        device_uuid: header.device_uuid,
        epoch: header.epoch,
        modifier: header.modifier,
        publisher_pid: header.publisher_pid,
        lib_version: header.lib_version,
        publisher_start: header.publisher_start,
        stream: header.stream_fields(),
    })
}

fn check_identity(header: &ControlHeader, agreed: u32, segment_size: u64) -> Result<(), WireError> {
    if segment_size != CONTROL_SIZE as u64 {
        return Err(WireError::Length {
            what: "the frame control segment",
            expected: "4096",
            actual: segment_size,
        });
    }
    if header.magic != MAGIC {
        return Err(WireError::Magic {
            what: "the frame control segment",
            found: header.magic,
            expected: MAGIC,
        });
    }
    if header.proto_version < agreed {
        return Err(refuse(
            "header.proto_version",
            header.proto_version.into(),
            "the version agreed in HELLO_RESP or a higher one",
        ));
    }
    StreamState::from_u32(header.state).map(|_| ())
}

fn check_ring(header: &ControlHeader) -> Result<(), WireError> {
    let (first, stride, count) = (header.header_size, header.slot_size, header.slot_count);
    if (first as usize) < HEADER_SIZE || !first.is_multiple_of(8) {
        return Err(refuse(
            "header.header_size",
            first.into(),
            "256 or more, a multiple of 8",
        ));
    }
    if (stride as usize) < SLOT_SIZE || !stride.is_multiple_of(8) {
        return Err(refuse(
            "header.slot_size",
            stride.into(),
            "192 or more, a multiple of 8",
        ));
    }
    if count < MIN_SLOTS || count as usize > MAX_SLOTS {
        return Err(refuse("header.slot_count", count.into(), "2 to 16"));
    }
    // At most 2^32 + 16 * 2^32: no overflow in u64.
    let end = u64::from(first) + u64::from(count) * u64::from(stride);
    if end > CONTROL_SIZE as u64 {
        return Err(refuse(
            "header_size + slot_count * slot_size",
            end,
            "at most 4096",
        ));
    }
    Ok(())
}

fn check_picture(header: &ControlHeader) -> Result<PixelLayout, WireError> {
    let pixels = PixelLayout::of(header.format)?;
    for (field, value) in [
        ("header.width", header.width),
        ("header.height", header.height),
    ] {
        if !(1..=MAX_DIMENSION).contains(&value) {
            return Err(refuse(field, value.into(), "1 to 32768"));
        }
    }
    Ok(pixels)
}

/// The rules of a publisher without frames; nothing of it may be read as a frame by mistake.
fn check_packets_only(
    header: &ControlHeader,
    memory: MemoryKind,
    sync: SyncKind,
) -> Result<(), WireError> {
    let rule = "2 slots, HOST, CPU, 1 plane, frame_size 0 and pool_size 0 for PACKETS_ONLY";
    let fields = [
        (
            "header.slot_count",
            u64::from(header.slot_count),
            header.slot_count == MIN_SLOTS,
        ),
        (
            "header.memory_kind",
            header.memory_kind.into(),
            memory == MemoryKind::Host,
        ),
        (
            "header.sync_kind",
            header.sync_kind.into(),
            sync == SyncKind::Cpu,
        ),
        (
            "header.plane_count",
            header.plane_count.into(),
            header.plane_count == 1,
        ),
        (
            "header.frame_size",
            header.frame_size,
            header.frame_size == 0,
        ),
        ("header.pool_size", header.pool_size, header.pool_size == 0),
        (
            "header.flags",
            header.flags.into(),
            header.flags & header_flag::EXTERNAL == 0,
        ),
    ];
    match fields.into_iter().find(|(.., fits)| !fits) {
        Some((field, value, _)) => Err(refuse(field, value, rule)),
        None => Ok(()),
    }
}

fn check_pool(header: &ControlHeader, memory: MemoryKind, flags: u32) -> Result<(), WireError> {
    if header.frame_size == 0 {
        return Err(refuse("header.frame_size", 0, "1 or more"));
    }
    if flags & header_flag::EXTERNAL != 0 {
        if memory != MemoryKind::CudaIpc {
            let rule = "1 CUDA_IPC where the buffers are EXTERNAL";
            return Err(refuse(
                "header.memory_kind",
                header.memory_kind.into(),
                rule,
            ));
        }
        if header.pool_size != 0 {
            return Err(refuse(
                "header.pool_size",
                header.pool_size,
                "0 where the buffers are EXTERNAL",
            ));
        }
        return Ok(());
    }
    if header.pool_size < header.frame_size {
        return Err(refuse(
            "header.pool_size",
            header.pool_size,
            "frame_size or more",
        ));
    }
    if memory == MemoryKind::CudaIpc && !header.pool_size.is_multiple_of(CUDA_IPC_BLOCK) {
        return Err(refuse(
            "header.pool_size",
            header.pool_size,
            "a multiple of 2 MiB for CUDA_IPC",
        ));
    }
    Ok(())
}

type PlaneNumbers = ([u32; MAX_PLANES], [u32; MAX_PLANES]);

fn check_planes(header: &ControlHeader, pixels: &PixelLayout) -> Result<PlaneNumbers, WireError> {
    if header.plane_count as usize != pixels.plane_count() {
        let rule = "the number of planes of the format";
        return Err(refuse(
            "header.plane_count",
            header.plane_count.into(),
            rule,
        ));
    }
    let (mut offsets, mut pitches) = ([0; MAX_PLANES], [0; MAX_PLANES]);
    let mut taken = [(0u64, 0u64); MAX_PLANES];
    let numbers = header.plane_offset.into_iter().zip(header.plane_pitch);
    for (plane, (offset, pitch)) in numbers.take(pixels.plane_count()).enumerate() {
        let wrong = |problem| WireError::Plane {
            plane,
            problem,
            offset,
            pitch,
            frame_size: header.frame_size,
        };
        let row_bytes = pixels.row_bytes(plane, header.width);
        if pitch < row_bytes {
            return Err(wrong("has a pitch below the bytes of one row"));
        }
        // u32 * u32 + u32 + u32 fits u64; rows is at least 1 because the height is.
        let rows = u64::from(pixels.rows(plane, header.height));
        let begin = u64::from(offset);
        let end = begin + u64::from(pitch) * (rows - 1) + u64::from(row_bytes);
        if end > header.frame_size {
            return Err(wrong("ends behind the frame"));
        }
        if taken
            .iter()
            .any(|&(first, last)| begin < last && first < end)
        {
            return Err(wrong("overlaps another plane"));
        }
        // Both indices are below plane_count, which is at most MAX_PLANES.
        taken[plane] = (begin, end);
        offsets[plane] = offset;
        pitches[plane] = pitch;
    }
    Ok((offsets, pitches))
}
