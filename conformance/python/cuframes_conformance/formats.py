"""Pixel formats in memory (protocol 2.0, field ``format``) and the geometry of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PlaneShape:
    """One plane: bytes per sample group, and how many pixels share it each way."""

    bytes: int
    across: int = 1
    down: int = 1

    def row_bytes(self, width: int) -> int:
        """Bytes of picture in one row; a chroma group cut by the edge is stored whole."""
        return -(-width // self.across) * self.bytes

    def rows(self, height: int) -> int:
        """Rows of the plane, rounded up as the width is."""
        return -(-height // self.down)


@dataclass(frozen=True)
class Format:
    """A fourcc, FFmpeg's name for the same bytes, and the planes."""

    name: str
    ffmpeg: str
    planes: tuple[PlaneShape, ...]

    @property
    def fourcc(self) -> int:
        """The DRM fourcc as a little-endian u32."""
        return int.from_bytes(self.name.encode("ascii"), "little")


_LUMA, _LUMA16 = PlaneShape(1), PlaneShape(2)
FORMATS = [
    Format("NV12", "nv12", (_LUMA, PlaneShape(2, 2, 2))),
    Format("P010", "p010le", (_LUMA16, PlaneShape(4, 2, 2))),
    Format("YU12", "yuv420p", (_LUMA, PlaneShape(1, 2, 2), PlaneShape(1, 2, 2))),
    Format("YUYV", "yuyv422", (PlaneShape(4, 2),)),
    Format("UYVY", "uyvy422", (PlaneShape(4, 2),)),
    Format("RG24", "bgr24", (PlaneShape(3),)),
    Format("BG24", "rgb24", (PlaneShape(3),)),
    Format("AR24", "bgra", (PlaneShape(4),)),
    Format("AB24", "rgba", (PlaneShape(4),)),
    Format("XR24", "bgr0", (PlaneShape(4),)),
    Format("XB24", "rgb0", (PlaneShape(4),)),
    Format("R8  ", "gray", (PlaneShape(1),)),
]
BY_FOURCC = {entry.fourcc: entry for entry in FORMATS}


@dataclass(frozen=True)
class Plane:
    """One plane of a frame, checked: every row lies inside the frame."""

    offset: int
    pitch: int
    row_bytes: int
    rows: int


@dataclass(frozen=True)
class Geometry:
    """The shape of every frame of an epoch, read once and validated (protocol, Conventions)."""

    format: Format
    width: int
    height: int
    planes: tuple[Plane, ...]
    frame_size: int
    pool_size: int

    @property
    def packed_size(self) -> int:
        """Bytes of the picture without padding."""
        return sum(plane.row_bytes * plane.rows for plane in self.planes)


def geometry_problem(header: dict[str, Any]) -> str | None:
    """Why the header's geometry cannot be used, or None."""
    fmt = BY_FOURCC.get(header["format"])
    if fmt is None:
        return f"format {header['format']:#010x} is unknown"
    if header["width"] < 1 or header["height"] < 1:
        return f"size {header['width']}x{header['height']}"
    if header["plane_count"] != len(fmt.planes):
        return f"{fmt.name} has {len(fmt.planes)} planes, not {header['plane_count']}"
    if not 0 < header["frame_size"] <= header["pool_size"]:
        return f"a frame of {header['frame_size']} in a pool of {header['pool_size']}"
    for index, shape in enumerate(fmt.planes):
        pitch, offset = header["plane_pitch"][index], header["plane_offset"][index]
        row, rows = shape.row_bytes(header["width"]), shape.rows(header["height"])
        if pitch < row:
            return f"plane {index}: pitch {pitch} is less than a row of {row}"
        if offset + pitch * (rows - 1) + row > header["frame_size"]:
            return f"plane {index} ends behind the frame"
    return None


def geometry(header: dict[str, Any]) -> Geometry:
    """The geometry of a header in which `geometry_problem` found nothing."""
    fmt = BY_FOURCC[header["format"]]
    width, height = header["width"], header["height"]
    planes = tuple(
        Plane(header["plane_offset"][i], header["plane_pitch"][i],
              shape.row_bytes(width), shape.rows(height))
        for i, shape in enumerate(fmt.planes))
    return Geometry(fmt, width, height, planes, header["frame_size"], header["pool_size"])
