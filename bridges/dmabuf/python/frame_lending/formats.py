"""How the bytes of a picture are arranged, by the name of its format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plane:
    """Where a plane is in its memory."""

    offset: int
    stride: int
    size: int


@dataclass(frozen=True)
class PlaneShape:
    """A plane's pixels: `channels` numbers of `bytes` bytes for each `across` x `down` pixels."""

    channels: int
    bytes: int = 1
    across: int = 1
    down: int = 1

    def columns(self, width: int) -> int:
        return -(-width // self.across)

    def rows(self, height: int) -> int:
        return -(-height // self.down)

    def row_bytes(self, width: int) -> int:
        """Bytes of picture in a row; chroma is rounded up."""
        return self.columns(width) * self.channels * self.bytes


@dataclass(frozen=True)
class Format:
    """A pixel format."""

    name: str
    planes: tuple[PlaneShape, ...]


_Y = PlaneShape(1)
_CHROMA = PlaneShape(1, across=2, down=2)
_NV12 = (_Y, PlaneShape(2, across=2, down=2))
_P010 = (PlaneShape(1, bytes=2), PlaneShape(2, bytes=2, across=2, down=2))
_YUV420P = (_Y, _CHROMA, _CHROMA)
_YUV422 = (PlaneShape(4, across=2),)

# Names of the protocol, then what FFmpeg, GStreamer, V4L2 and DRM call the same bytes.
_NAMES = {
    "NV12": (_NV12, ()),
    "P010": (_P010, ("P010LE", "P010_10LE")),
    "YUV420P": (_YUV420P, ("I420", "YU12")),
    "YUYV": (_YUV422, ("YUYV422", "YUY2")),
    "UYVY": (_YUV422, ("UYVY422",)),
    "BGR24": ((PlaneShape(3),), ("BGR", "BGR3", "RG24")),
    "RGB24": ((PlaneShape(3),), ("RGB", "RGB3", "BG24")),
    "BGRA": ((PlaneShape(4),), ("AR24",)),
    "RGBA": ((PlaneShape(4),), ("AB24",)),
    "BGR0": ((PlaneShape(4),), ("BGRX", "XR24")),
    "RGB0": ((PlaneShape(4),), ("RGBX", "XB24")),
    "GRAY8": ((_Y,), ("GRAY", "GREY", "R8")),
}
_FORMATS = {
    alias: Format(name, planes)
    for name, (planes, aliases) in _NAMES.items()
    for alias in (name, *aliases)
}


def find_format(name: str) -> Format | None:
    """The format that has this name, in upper or lower case."""
    return _FORMATS.get(name.upper())


def tight_planes(format: Format, width: int, height: int) -> tuple[Plane, ...]:
    """The planes of a picture whose rows and planes follow each other without padding."""
    planes, offset = [], 0
    for shape in format.planes:
        stride = shape.row_bytes(width)
        size = stride * shape.rows(height)
        planes.append(Plane(offset, stride, size))
        offset += size
    return tuple(planes)


def last_byte(shape: PlaneShape, plane: Plane, width: int, height: int) -> int:
    """Bytes from a plane's first byte to the last of its last row."""
    return plane.stride * (shape.rows(height) - 1) + shape.row_bytes(width)
