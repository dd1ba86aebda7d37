"""VizionStreamer's shared memory: segments that are read, that are refused, and what is written."""

from __future__ import annotations

from typing import Any

from .. import vizion
from ..vizion import HEADER, MAGIC, NUMBERS, PACKED, Failure

# Its halves differ, so that they are not confused.
TIMESTAMP = 0x18E0567112345678
PICTURE = b"\xff\xd8 jpeg \xff\xd9"
SIZE = 512


def vectors() -> dict[str, Any]:
    """The content of ``vizion.json``."""
    return {"layout": [HEADER.describe(), PACKED.describe()],
            "segments": [entry(name, raw) for name, raw in segments()],
            "written": written()}


def data_of(name: str, width: int = 5, height: int = 3) -> bytes:
    """Bytes of a small picture of odd sides."""
    size = vizion.frame_size(name, width, height)
    return PICTURE if size is None else bytes((7 * at + 3) % 256 for at in range(size))


def values(name: str, data: bytes) -> dict[str, Any]:
    """Fields of a header."""
    return {"magic": MAGIC, "width": 5, "height": 3, "format": NUMBERS[name],
            "data_size": len(data), "timestamp_ns": TIMESTAMP, "frame_sequence": 1,
            "write_sequence": 2, "format_str": name}


def segment(fields: dict[str, Any], data: bytes, packed: bool = False, gap: bytes = b"",
            other_order: bool = False) -> bytes:
    """A whole segment."""
    header = PACKED if packed else HEADER
    raw = header.pack(fields)
    raw = vizion.swapped(header, raw) if other_order else raw
    return (raw + gap + data).ljust(SIZE, b"\0")


def segments() -> list[tuple[str, bytes]]:
    """Segments by name."""
    found = []
    for name in NUMBERS:
        data = data_of(name)
        for packed in (False, True):
            for other_order in (False, True):
                kind = ("packed" if packed else "natural") + ("_swapped" if other_order else "")
                found.append((f"{name}/{kind}",
                              segment(values(name, data), data, packed, b"", other_order)))
        unnamed = {**values(name, data), "format_str": ""}
        found.append((f"{name}/by_number", segment(unnamed, data)))
    jpeg = values("MJPG", PICTURE)
    found.append(("MJPG/packed_at_128", segment(jpeg, PICTURE, True, bytes(4))))
    data = data_of("YUY2")
    good = values("YUY2", data)
    changed = {
        "first_number_0": {"frame_sequence": 0}, "last_number": {"frame_sequence": 0xFFFFFFFF},
        "no_frame_yet": {"data_size": 0, "format_str": "", "format": 0, "write_sequence": 0},
        "padded": {"data_size": len(data) + 9}, "to_the_end": {"data_size": SIZE - 128},
        "beyond_the_end": {"data_size": SIZE - 127}, "far_beyond": {"data_size": 0xFFFFFFFF},
        "too_few_bytes": {"data_size": len(data) - 1}, "no_width": {"width": 0},
        "no_height": {"height": 0}, "too_wide": {"width": 1 << 16},
        "too_large": {"width": 0xFFFFFFFF, "height": 0xFFFFFFFF},
        "unknown_format": {"format_str": "RGBA"}, "lower_case": {"format_str": "yuy2"},
        "unknown_number": {"format_str": "", "format": 5}, "other_magic": {"magic": MAGIC + 1},
    }
    found += [(name, segment({**good, **change}, data)) for name, change in changed.items()]
    found += [("blank", bytes(SIZE)), ("short", segment(good, data)[:127]), ("empty", b"")]
    return found


def entry(name: str, raw: bytes) -> dict[str, Any]:
    """A segment, and the frame in it, null for none; or that it is refused."""
    told = {"name": name, "hex": raw.rstrip(b"\0").hex(), "size": len(raw)}
    try:
        return {**told, "frame": vizion.read(raw)}
    except Failure:
        return {**told, "error": "Invalid"}


def written() -> list[dict[str, Any]]:
    """Frames that one writer writes one after the other into 256 bytes, and the header behind each."""
    found, counter, number, dropped = [], 0, 0, 0
    fields: dict[str, Any] = {"magic": MAGIC, "tag": vizion.TAG, "header_len": 128,
                              "capacity": 128}
    for name, width, height in (("YUY2", 5, 3), ("NV12", 5, 3), ("RGB", 9, 9), ("MJPG", 5, 3),
                                ("BGR", 2, 2)):
        data = data_of(name, width, height)
        counter += 2
        if len(data) > fields["capacity"]:
            dropped += 1
        else:
            number += 1
            fields |= {"width": width, "height": height, "format": NUMBERS[name],
                       "data_size": len(data), "timestamp_ns": TIMESTAMP + number,
                       "format_str": name}
        fields |= {"dropped": dropped, "frame_sequence": number, "write_sequence": counter,
                   "touched": number}
        found.append({"format": name, "width": width, "height": height,
                      "timestamp_ns": TIMESTAMP + number, "data": data.hex(),
                      "header": HEADER.pack(fields).hex(), "varies": vizion.VARIES})
    return found
