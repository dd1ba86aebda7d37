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

REQUESTS = {
    "plain": b'{"command":"get_status"}',
    "params": b'{"command":"set_exposure","params":{"mode":"manual","value":"100"}}',
    "extensions": b'{"command":"get_stats","keep_alive":true,"request_id":[1,"a"]}\n',
    "two": b'{"command":"start_stream"}{"command":"stop_stream"}',
    "nested": b'{"command":' + b'[{"a":' * 60,
    "not_text": b'{"command":"\xc3\x28"}',
}

RETURN = {
    "direction": "return", "stream_id": "cam1", "sequence": 12345, "width": 1920, "height": 1080,
    "inference_time": 15_600_000, "status": "success", "model_name": "squares.onnx",
    "timestamp": 1_737_072_000_016_212_345,
    "detections": [{"class_id": 0, "class_name": "red", "confidence": 0.95, "track": [1, "a"],
                    "bbox": {"x": 100, "y": -200.5, "width": 50, "height": 100}}],
    "frame_timestamp": 1_737_072_000_000_012_345, "error": {"code": "busy", "message": "too much"},
}
SEND = {
    "direction": "send", "stream_id": "cam1", "sequence": 12345, "width": 638, "height": 358,
    "format": "NV12", "timestamp": 1_737_072_000_000_012_345, "v": 1,
    "planes": [{"offset": 8192, "stride": 640, "size": 229_120},
               {"offset": 237_312, "stride": 640, "size": 114_560}],
    "size": 343_680, "fourcc": 842_094_158, "modifier": 0, "buffer_id": 3, "pts_ns": 411_200_000,
    "clock": "realtime", "deadline_ns": 1_737_072_000_200_012_345,
}
# The first byte says whether the consumer said hello before.
LENDING = {
    "lending_return": [
        b"\0" + json.dumps(RETURN).encode(),
        b"\1" + json.dumps({**RETURN, "status": "skipped"}).encode(),
        b"\0" + json.dumps({"direction": "hello", "v": 1, "name": "squares"}).encode(),
    ],
    "lending_send": [
        json.dumps(SEND).encode(),
        json.dumps(dict(list(SEND.items())[:7])).encode(),
        json.dumps({**SEND, "timestamp": 1.5e18}).encode(),
    ],
}


def vizn(layout: str, format: bytes, number: int, data: bytes) -> bytes:
    """A segment with one frame of 4x2, and steps that read it, and read it again after a new one."""
    byte_order, gap = layout[0], layout[1:]
    header = struct.pack(
        f"{byte_order}5I{gap}QII16s", 0x56495A4E, 4, 2, number, len(data), 1 << 40, 1, 2, format
    )
    segment = header.ljust(128 if gap else 124, b"\0") + data
    segment = segment.ljust(180, b"\0")[:180]
    at = 36 if gap else 32
    again = bytes([0, at - 4, 8]) + struct.pack(f"{byte_order}II", 2, 4)
    return bytes([90]) + segment + b"\6" + again + b"\6\5\0\4" + again


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
    for name, request in REQUESTS.items():
        write("vizion_control", name, request)
        count += 1
    for layout in ("<4x", "<", ">4x", ">"):
        for format, number, data in (
            (b"YUY2", 1, bytes(16)),
            (b"NV12", 3, bytes(12)),
            (b"MJPG", 4, b"\xff\xd8 jpeg \xff\xd9"),
            (b"", 9, bytes(24)),
        ):
            names = {"<4x": "natural", "<": "packed", ">4x": "swapped", ">": "packed_swapped"}
            name = f"{names[layout]}_{format.decode() or 'number'}"
            write("vizion_reader", name, vizn(layout, format, number, data))
            count += 1
    for target, messages in LENDING.items():
        for index, message in enumerate(messages):
            write(target, str(index), message)
            count += 1
    print(f"{count} seeds written")


if __name__ == "__main__":
    main()
