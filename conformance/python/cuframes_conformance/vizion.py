"""VizionStreamer's shared memory: headers in bytes and numbers, and what a reader makes of them."""

from __future__ import annotations

from typing import Any

from .layout import Struct

HEADER = Struct("vizn_header", "VizionStreamer", 128, """
    0 u32 magic
    4 u32 width
    8 u32 height
    c u32 format
    10 u32 data_size
    14 u32 reserved_gap
    18 u64 timestamp_ns
    20 u32 frame_sequence
    24 u32 write_sequence
    28 text[16] format_str
    38 text[4] tag
    3c u32 header_len
    40 u64 capacity
    48 u32 writer_pid
    4c u32 clock
    50 u64 writer_start
    58 u64 written_ns
    60 u64 dropped
    68 u64 began_ns
    70 u8[15] reserved
    7f u8 touched
""")
# Fields that are not aligned: what compilers for 32-bit x86 make of the same declaration.
PACKED = Struct("vizn_header_packed", "VizionStreamer", 124, """
    0 u32 magic
    4 u32 width
    8 u32 height
    c u32 format
    10 u32 data_size
    14 u64 timestamp_ns
    1c u32 frame_sequence
    20 u32 write_sequence
    24 text[16] format_str
    34 u8[72] reserved
""")
MAGIC = 0x56495A4E
TAG = "VZX1"
NUMBERS = {"YUY2": 1, "UYVY": 2, "NV12": 3, "MJPG": 4, "BGR": 7, "RGB": 9}
MOST_PIXELS = 1 << 16
JPEG = b"\xff\xd8"
# What differs from run to run in a header that a writer with the tag has written.
VARIES = ["writer_pid", "writer_start", "written_ns", "began_ns"]
_WIDTHS = {"u32": 4, "u64": 8}


class Failure(Exception):
    """A segment that no frame can be read from."""


def frame_size(format_str: str, width: int, height: int) -> int | None:
    """Bytes of a picture without padding; None for JPEG."""
    pairs, rows = (width + 1) // 2, (height + 1) // 2
    return {"YUY2": 4 * pairs * height, "UYVY": 4 * pairs * height,
            "NV12": width * height + 2 * pairs * rows, "MJPG": None,
            "BGR": 3 * width * height, "RGB": 3 * width * height}[format_str]


def swapped(header: Struct, raw: bytes) -> bytes:
    """The same header as a machine of the other byte order writes it."""
    turned = bytearray(raw)
    for field in header.fields:
        if field.base in _WIDTHS and field.count is None:
            turned[field.offset:field.offset + field.size] = \
                raw[field.offset:field.offset + field.size][::-1]
    return bytes(turned)


def detect(segment: bytes) -> tuple[Struct, bool]:
    """Which header it is, and whether its numbers are those of the other byte order."""
    magic = segment[:4]
    if magic not in (MAGIC.to_bytes(4, "little"), MAGIC.to_bytes(4, "big")):
        raise Failure
    is_swapped = magic == MAGIC.to_bytes(4, "big")

    def is_named(header: Struct) -> bool:
        field = header["format_str"]
        name = segment[field.offset:field.offset + 16].split(b"\0", 1)[0]
        return name.decode("latin-1") in NUMBERS

    is_packed = not is_named(HEADER) and is_named(PACKED)
    return (PACKED if is_packed else HEADER), is_swapped


def read(segment: bytes) -> dict[str, Any] | None:
    """The frame that a whole segment holds; None if there is none yet, Failure if it is none."""
    if len(segment) < HEADER.size:
        raise Failure
    if segment[:HEADER.size] == bytes(HEADER.size):
        return None
    header, is_swapped = detect(segment)
    raw = segment[:header.size]
    values = header.unpack(swapped(header, raw) if is_swapped else raw)
    size, width, height = values["data_size"], values["width"], values["height"]
    if size == 0:
        return None
    format_str = values["format_str"]
    if format_str == "":
        format_str = {number: name for name, number in NUMBERS.items()}.get(values["format"], "?")
    if format_str not in NUMBERS:
        raise Failure
    at = HEADER.size
    if header is PACKED and (format_str != "MJPG" or segment[124:126] == JPEG):
        at = PACKED.size
    needed = frame_size(format_str, width, height)
    if not (0 < width < MOST_PIXELS and 0 < height < MOST_PIXELS) or at + size > len(segment):
        raise Failure
    if needed is not None and size < needed:
        raise Failure
    return {"width": width, "height": height, "format": format_str, "data_size": size,
            "data_at": at, "timestamp_ns": values["timestamp_ns"],
            "frame_sequence": values["frame_sequence"], "data": segment[at:at + size].hex()}
