#!/usr/bin/env python3
"""Makes the first inputs of the fuzzers out of the conformance vectors.

Random bytes hardly ever form a header with the right magic and sizes; the golden segments
and messages are where the interesting neighbourhood begins.
"""
import json
import pathlib
import struct

FUZZ = pathlib.Path(__file__).resolve().parent
VECTORS = FUZZ.parent / "conformance" / "vectors"


def entries(file: str) -> list[dict]:
    return json.loads((VECTORS / file).read_text())


def padded(entry: dict) -> bytes:
    data = bytes.fromhex(entry["hex"])
    return data.ljust(int(entry.get("size", len(data))), b"\0")


def write(target: str, name: str, data: bytes) -> None:
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def main() -> None:
    count = 0
    for entry in entries("control_segment.json"):
        segment = padded(entry)
        # Header, then the meta of the first slot, is what the target takes.
        write("control_segment", entry["name"].replace("/", "_"), segment[:320])
        count += 1
    for entry in entries("messages.json"):
        message = bytes.fromhex(entry["header"]["hex"]) + padded(entry)
        write("messages", entry["name"].replace("/", "_"), message)
        count += 1
    for slots, data in ((8, 4096), (64, 8 << 20), (4096, 1 << 32)):
        segment = struct.pack("<4I Q", 0xCC7C1DCD, 2, slots, 0, data) + bytes(0x24)
        segment += struct.pack("<I", 1) + bytes(64)
        # The segment's length, then its header, is what the target takes.
        length = struct.pack("<Q", 0x1040 + 64 * slots + data)
        write("packet_segment", f"{slots}_slots", length + segment)
        count += 1
    for text in ("cam1", "a.b_c-1", "NV12", "yuv420p", "cam1-packets", ".hidden"):
        write("names", text.strip("."), text.encode())
        count += 1
    print(f"{count} seeds written")


if __name__ == "__main__":
    main()
