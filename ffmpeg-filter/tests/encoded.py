"""What tests of packets share: streams of every codec, a publisher of them, lists of packets."""

from __future__ import annotations

import functools
import json
import subprocess
from pathlib import Path
from typing import Any

from demux import FFPROBE, DemuxCase
from harness import REFERENCE, WATCHDOG, Process, inputs, program, reference

REFERENCE_PROBE = str(Path(REFERENCE).with_name("ffprobe"))
PACKETS = 75
FIELDS = ("pts", "dts", "duration", "size", "flags", "data_hash")
NS, US = 10**9, 10**6

H264 = ("-c:v", "libx264", "-g", "20", "-bf", "3")
SOURCES = {
    "h264.mp4": H264,
    "h264.ts": H264,
    "h264-open.mkv": (*H264, "-x264-params", "open-gop=1"),
    "hevc.mp4": ("-c:v", "libx265", "-x265-params", "log-level=error:keyint=20:bframes=3"),
    "hevc.ts": ("-c:v", "libx265", "-x265-params", "log-level=error:keyint=20:bframes=3"),
    "mjpeg.mkv": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"),
    "av1.mp4": ("-c:v", "libaom-av1", "-cpu-used", "8", "-g", "20", "-usage", "realtime"),
}
DECODED = [name for name in SOURCES if not name.startswith("av1")]  # by the FFmpeg under test


@functools.cache
def encoded(name: str, size: str = "128x96") -> Path:
    path = inputs() / f"{size}-{name}"
    reference("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", "-frames:v", str(PACKETS),
              "-pix_fmt", "yuv420p", *SOURCES[name], path)
    return path


def listed(program: str, url: str | Path, *options: str) -> dict[str, Any]:
    """Packets and streams, as an ffprobe sees them."""
    done = subprocess.run([program, "-v", "error", "-of", "json", "-show_packets", "-show_streams",
                           "-show_data_hash", "md5", *options, str(url)], capture_output=True,
                          text=True, timeout=WATCHDOG, check=True)
    return json.loads(done.stdout)


def rounded(value: int, num: int, den: int) -> int:
    """Half a tick away from zero."""
    size = (2 * abs(value) * num + den) // (2 * den)
    return size if value >= 0 else -size


def in_us(packet: dict[str, Any], base: str) -> tuple[Any, ...]:
    """The fields of a packet that are to be equal. Its times go through nanoseconds, in which they
    are published, and come in microseconds."""
    num, den = map(int, base.split("/"))

    def time(value: int | None) -> int | None:
        return None if value is None else rounded(rounded(value, num * NS, den), US, NS)

    return (*(time(packet.get(name)) for name in FIELDS[:3]), int(packet["size"]),
            packet["flags"][:1], packet["data_hash"])


class PacketCase(DemuxCase):
    """Published by a program that uses the C library."""

    scheme = "cuframes_packets"

    def publish(self, *files: Path, readers: int = 1) -> Process:
        writer = self.start(program("packets"), self.key, str(readers), *files,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(writer.stdin.close)
        self.addCleanup(writer.stdout.close)
        return writer

    def published(self, writer: Process) -> None:
        self.assertEqual(writer.stdout.readline(), b"published\n", writer.log.read_text())

    def go_on(self, writer: Process) -> None:
        """With the next file."""
        self.published(writer)
        writer.stdin.write(b"\n")
        writer.stdin.flush()

    def end(self, writer: Process) -> None:
        self.published(writer)
        writer.stdin.close()
        self.finish(writer)

    def keys(self, name: str) -> list[int]:
        """Which packets of a file are key packets."""
        packets = listed(REFERENCE_PROBE, encoded(name))["packets"]
        return [number for number, packet in enumerate(packets) if packet["flags"][0] == "K"]

    def copy(self, *options: str) -> Process:
        return self.read("read", *options, strict=False, output=("-c", "copy", "-f", "framemd5"))

    def list_live(self, *options: str) -> Process:
        """An ffprobe that lists what comes."""
        with open(self.path("listed"), "w") as output:
            return self.start(FFPROBE, "-v", "verbose", "-of", "json", "-show_packets",
                              "-show_streams", "-show_data_hash", "md5", *options, self.url(),
                              stdout=output)

    def listing(self) -> dict[str, Any]:
        return json.loads(self.path("listed").read_text())
