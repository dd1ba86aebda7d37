//! Where the planes of a frame lie.

use super::{Format, FormatError};
use crate::wire::{
    Geometry, HEADER_SIZE, MAX_DIMENSION, MAX_PLANES, MemoryKind, PROTO_V1, SLOT_SIZE,
    StreamFields, SyncKind,
};

/// Bytes to which pitches and plane offsets are rounded up. It is what CUDA's pitched
/// copies and texture units ask for, and a multiple of every SIMD width and cache line.
pub const PITCH_ALIGNMENT: u32 = 256;

/// Where each plane of a frame lies and how long its rows are.
///
/// ```
/// use cuframes::format::{Format, FrameLayout};
/// let layout = FrameLayout::new(Format::Nv12, 1920, 1080)?;
/// assert_eq!(layout.frame_size, 3_317_760);
/// assert_eq!(layout.plane_pitch[..2], [2048, 2048]);
/// assert_eq!(layout.plane_offset[..2], [0, 2048 * 1080]);
/// # Ok::<(), cuframes::format::FormatError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FrameLayout {
    /// The pixel format.
    pub format: Format,
    /// Width in pixels, 1 to 32768.
    pub width: u32,
    /// Height in pixels, 1 to 32768.
    pub height: u32,
    /// Planes of the format, 1 to 3.
    pub plane_count: usize,
    /// First byte of each plane, from the frame's first byte; 0 for planes not in use.
    pub plane_offset: [u32; MAX_PLANES],
    /// Bytes from one row to the next of each plane; 0 for planes not in use.
    pub plane_pitch: [u32; MAX_PLANES],
    /// Bytes of the frame, padding included.
    pub frame_size: u64,
}

impl FrameLayout {
    /// The layout that this library gives its own pools: planes one behind the other,
    /// each pitch rounded up to [`PITCH_ALIGNMENT`], so that every row and plane begins
    /// at a multiple of it.
    pub fn new(format: Format, width: u32, height: u32) -> Result<FrameLayout, FormatError> {
        FrameLayout::with_room(format, width, height, (width, height))
    }

    /// As [`new`](FrameLayout::new), with room for a picture of `room` pixels in width and
    /// height in each plane, where that is more: decoders write whole blocks, and read a
    /// little beyond.
    ///
    /// ```
    /// use cuframes::format::{Format, FrameLayout};
    /// let layout = FrameLayout::with_room(Format::Nv12, 1920, 1080, (1920, 1088))?;
    /// assert_eq!((layout.width, layout.height), (1920, 1080));
    /// assert_eq!(layout.plane_offset[..2], [0, 2048 * 1088]);
    /// # Ok::<(), cuframes::format::FormatError>(())
    /// ```
    pub fn with_room(
        format: Format,
        width: u32,
        height: u32,
        room: (u32, u32),
    ) -> Result<FrameLayout, FormatError> {
        let possible = 1..=MAX_DIMENSION;
        let impossible = FormatError::Size { width, height };
        if !possible.contains(&width) || !possible.contains(&height) {
            return Err(impossible);
        }
        // A row of the highest picture takes a few bytes for each of 2^16 pixels: no overflow.
        let room_for = |size: u32, room: u32| room.clamp(size, 2 * MAX_DIMENSION);
        let (columns, lines) = (room_for(width, room.0), room_for(height, room.1));
        let pixels = format.pixels();
        let (mut plane_offset, mut plane_pitch) = ([0; MAX_PLANES], [0; MAX_PLANES]);
        let mut frame_size = 0u64;
        let places = plane_offset.iter_mut().zip(plane_pitch.iter_mut());
        for (plane, (offset, pitch)) in places.take(pixels.plane_count()).enumerate() {
            *pitch = pixels
                .row_bytes(plane, columns)
                .next_multiple_of(PITCH_ALIGNMENT);
            *offset = u32::try_from(frame_size).map_err(|_| impossible.clone())?;
            frame_size += u64::from(*pitch) * u64::from(pixels.rows(plane, lines));
        }
        Ok(FrameLayout {
            format,
            width,
            height,
            plane_count: pixels.plane_count(),
            plane_offset,
            plane_pitch,
            frame_size,
        })
    }

    /// The layout of a publisher that has packets only: what they decode to has this size, and
    /// there is nothing of it here, so that planes and frame have no bytes.
    pub fn without_frames(width: u32, height: u32) -> Result<FrameLayout, FormatError> {
        let layout = FrameLayout::new(Format::R8, width, height)?;
        Ok(FrameLayout {
            plane_pitch: [0; MAX_PLANES],
            frame_size: 0,
            ..layout
        })
    }

    /// The layout of another process's frames. The geometry is checked, so every plane
    /// lies inside `frame_size` bytes; a publisher that has packets only has planes of none.
    pub fn from_geometry(geometry: &Geometry) -> Result<FrameLayout, FormatError> {
        Ok(FrameLayout {
            format: Format::from_fourcc(geometry.fourcc)?,
            width: geometry.width,
            height: geometry.height,
            plane_count: geometry.plane_count as usize,
            plane_offset: geometry.plane_offset,
            plane_pitch: geometry.plane_pitch,
            frame_size: geometry.frame_size,
        })
    }

    /// What a publisher of host memory announces of a ring of such frames. Process,
    /// library version and stream description are the caller's to add.
    #[must_use]
    pub fn host_geometry(&self, slot_count: u32, pool_size: u64, epoch: u64) -> Geometry {
        Geometry {
            version: PROTO_V1,
            header_size: HEADER_SIZE as u32,
            slot_size: SLOT_SIZE as u32,
            slot_count,
            memory: MemoryKind::Host,
            sync: SyncKind::Cpu,
            flags: 0,
            width: self.width,
            height: self.height,
            fourcc: self.format.fourcc(),
            plane_count: self.plane_count as u32,
            plane_offset: self.plane_offset,
            plane_pitch: self.plane_pitch,
            frame_size: self.frame_size,
            pool_size,
            device_uuid: [0; 16],
            epoch,
            modifier: 0,
            publisher_pid: 0,
            lib_version: 0,
            publisher_start: 0,
            stream: StreamFields::default(),
        }
    }

    /// First byte of a plane, from the frame's first byte; 0 for a plane that is not there.
    #[must_use]
    pub fn offset(&self, plane: usize) -> usize {
        self.plane_offset
            .get(plane)
            .map_or(0, |&offset| offset as usize)
    }

    /// Bytes from one row of a plane to the next; 0 for a plane that is not there.
    #[must_use]
    pub fn pitch(&self, plane: usize) -> usize {
        self.plane_pitch
            .get(plane)
            .map_or(0, |&pitch| pitch as usize)
    }

    /// Rows of a plane; 0 for a plane that is not there.
    #[must_use]
    pub fn plane_rows(&self, plane: usize) -> u32 {
        self.format.plane_rows(plane, self.height)
    }

    /// Bytes of picture in one row of a plane; 0 for a plane that is not there.
    #[must_use]
    pub fn plane_row_bytes(&self, plane: usize) -> u32 {
        self.format.plane_row_bytes(plane, self.width)
    }

    /// Bytes from a plane's first byte to the last of its last row, the padding behind
    /// that row not included; 0 for a plane that is not there, as none is without frames.
    #[must_use]
    pub fn plane_bytes(&self, plane: usize) -> usize {
        if self.frame_size == 0 {
            return 0;
        }
        let whole_rows = self.plane_rows(plane).saturating_sub(1) as usize;
        self.pitch(plane).saturating_mul(whole_rows) + self.plane_row_bytes(plane) as usize
    }

    /// Bytes of the picture without any padding, see [`Format::packed_size`].
    #[must_use]
    pub fn packed_size(&self) -> u64 {
        self.format.packed_size(self.width, self.height)
    }
}
