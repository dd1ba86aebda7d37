"""cuframes_packets://KEY gives every packet as it was published, and FFmpeg makes of it what it
makes of the file."""

from __future__ import annotations

import functools
import json
import subprocess
import unittest
from pathlib import Path
from typing import Any

from demux import FFPROBE, DemuxCase, wanted
from harness import REFERENCE, WATCHDOG, Process, hashes, inputs, lines, program, reference, until
from test_demux import KEEP_SIZE

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

    def list_live(self, *options: str) -> Process:
        """An ffprobe that lists what comes."""
        with open(self.path("listed"), "w") as output:
            return self.start(FFPROBE, "-v", "verbose", "-of", "json", "-show_packets",
                              "-show_streams", "-show_data_hash", "md5", *options, self.url(),
                              stdout=output)

    def listing(self) -> dict[str, Any]:
        return json.loads(self.path("listed").read_text())


class Packets(PacketCase):
    """Compared with the file, as Debian's ffprobe reads it."""

    def equal(self, name: str) -> None:
        # Where packets have to be looked for in a stream, releases differ by a byte of padding.
        source = listed(FFPROBE if name.endswith(".ts") else REFERENCE_PROBE, encoded(name))
        base = source["streams"][0]["time_base"]
        expected = [in_us(packet, base) for packet in source["packets"]]
        self.assertEqual(len(expected), PACKETS)
        self.assertEqual(len({row[-1] for row in expected}), PACKETS, "packets repeat")
        reader = self.list_live("-timeout", str(WATCHDOG))
        self.end(self.publish(encoded(name)))
        said = self.finish(reader)
        got = self.listing()
        rows = [in_us(packet, f"1/{US}") for packet in got["packets"]]
        # Where the file has no dts, as in Matroska, FFmpeg makes up one.
        rows = [(row[0], wants[1] and row[1], *row[2:]) for row, wants in zip(rows, expected)]
        self.assertEqual(len(got["packets"]), PACKETS)
        self.assertEqual(rows, expected)
        self.assertIn(f"{PACKETS} packets, 0 missed", said)
        [stream], [wants] = got["streams"], source["streams"]
        for field in ("codec_name", "width", "height", "extradata_size", "pix_fmt"):
            if field != "pix_fmt" or name in DECODED:
                self.assertEqual(stream.get(field), wants.get(field), field)

    def test_every_codec_and_container(self) -> None:
        for name in SOURCES:
            with self.subTest(name=name):
                self.equal(name)

    def test_there_are_packets_out_of_order(self) -> None:
        # The comparison is worth something only if decoding is not showing.
        for name in ("h264.mp4", "hevc.mp4"):
            source = listed(REFERENCE_PROBE, encoded(name))["packets"]
            shown = [packet["pts"] for packet in source]
            self.assertNotEqual(shown, sorted(shown))

    def test_decoded_as_the_file_is(self) -> None:
        for name in DECODED:
            with self.subTest(name=name):
                expected = wanted(self.path("reference"), "-i", encoded(name), "-fps_mode",
                                  "passthrough")
                reader = self.read("read", strict=False, output=(
                    "-fps_mode", "passthrough", "-f", "framemd5"))
                self.end(self.publish(encoded(name)))
                self.finish(reader)
                self.assertEqual(len(expected), PACKETS)
                self.assertEqual(hashes(self.path("read")), hashes(self.path("reference")))

    def test_copied_into_a_file(self) -> None:
        for name in ("h264.mp4", "hevc.mp4", "mjpeg.mkv", "av1.mp4"):
            with self.subTest(name=name):
                reader = self.read("copy.mkv", strict=False,
                                   output=("-c", "copy", "-f", "matroska"))
                self.end(self.publish(encoded(name)))
                self.finish(reader)
                source = listed(REFERENCE_PROBE, encoded(name))["packets"]
                copy = listed(REFERENCE_PROBE, self.path("copy.mkv"))["packets"]
                self.assertEqual(len(copy), PACKETS)
                self.assertEqual([packet["data_hash"] for packet in copy],
                                 [packet["data_hash"] for packet in source])
                decoded = wanted(self.path("decoded"), "-i", self.path("copy.mkv"))
                self.assertEqual(len(decoded), PACKETS)


class Gaps(PacketCase):
    """A camera that was away for seconds."""

    def test_mp4_can_hold_one(self) -> None:
        path = inputs() / "gap.mp4"
        reference("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=25", "-frames:v", str(PACKETS),
                  "-vf", "setpts='if(lt(N,40),PTS,PTS+8/TB)'", "-fps_mode", "vfr", "-pix_fmt",
                  "yuv420p", "-c:v", "libx264", "-bf", "0", path)
        reader = self.read("copy.mp4", strict=False, output=("-c", "copy", "-f", "mp4"))
        self.end(self.publish(path))
        self.finish(reader)
        source, copy = (listed(REFERENCE_PROBE, file) for file in (path, self.path("copy.mp4")))
        rows = [[in_us(packet, one["streams"][0]["time_base"])[:2] for packet in one["packets"]]
                for one in (source, copy)]
        self.assertEqual(len(rows[0]), PACKETS)
        self.assertEqual(rows[0], rows[1])
        self.assertEqual(max(late[0] - soon[0] for soon, late in zip(rows[1], rows[1][1:])),
                         8_040_000)


class Joining(PacketCase):
    """When it begins, and what comes after a gap."""

    def keys(self, name: str) -> list[int]:
        """Which packets of a file are key packets."""
        packets = listed(REFERENCE_PROBE, encoded(name))["packets"]
        return [number for number, packet in enumerate(packets) if packet["flags"][0] == "K"]

    def test_a_late_reader_begins_with_the_newest_key_packet(self) -> None:
        writer = self.publish(encoded("h264.mp4"), readers=0)
        self.published(writer)
        reader = self.list_live("-timeout", str(WATCHDOG))
        until(lambda: (self.info() or {}).get("subscribers"), "joined")
        writer.stdin.close()
        self.finish(writer)
        self.finish(reader)
        source = listed(REFERENCE_PROBE, encoded("h264.mp4"))
        last = self.keys("h264.mp4")[-1]
        self.assertGreater(last, 0)
        got = self.listing()["packets"]
        self.assertEqual([packet["data_hash"] for packet in got],
                         [packet["data_hash"] for packet in source["packets"][last:]])

    def test_the_next_key_packet_can_be_asked_for(self) -> None:
        writer = self.publish(encoded("h264.mp4"), readers=0)
        self.published(writer)
        said = self.refused("-from", "next", "-timeout", "200ms", "-i", self.url())
        self.assertIn("the publisher gave no packet, and the time-out is over", said)
        self.assertIsNone(writer.poll())

    def test_new_extradata_in_the_middle(self) -> None:
        first, second = encoded("h264.mp4"), encoded("h264.mp4", "64x48")
        reader = self.read("read", strict=False, output=("-fps_mode", "passthrough", *KEEP_SIZE,
                                                         "-f", "framemd5"))
        writer = self.publish(first, second)
        self.go_on_when_read(writer, "read", PACKETS // 2)
        self.end(writer)
        self.finish(reader)
        expected = [line.split(",")[4:] for path in (first, second)
                    for line in wanted(self.path("reference"), "-i", path)]
        self.assertEqual(len(expected), 2 * PACKETS)
        self.assertEqual([line.split(",")[4:] for line in lines(self.path("read"))], expected)

    def go_on_when_read(self, writer: Process, name: str, count: int) -> None:
        """The parameters of packets that nobody has read yet go with the next ones."""
        self.reads_some(name, count)
        self.go_on(writer)

    def test_another_codec_in_the_middle(self) -> None:
        reader = self.copy()
        writer = self.publish(encoded("h264.mp4"), encoded("hevc.mp4"))
        self.go_on_when_read(writer, "read", PACKETS - 1)
        said = self.finish(reader, None)
        self.assertIn("the packets are hevc now; open the key again", said)
        self.assertEqual(len(lines(self.path("read"))), PACKETS)

    def copy(self, *options: str) -> Process:
        return self.read("read", *options, strict=False, output=("-c", "copy", "-f", "framemd5"))

    def test_a_publisher_that_is_killed_and_comes_back(self) -> None:
        reader = self.copy()
        writer = self.publish(encoded("h264.mp4"))
        self.reads_some("read", PACKETS - 1)
        writer.kill()
        until(lambda: "the publisher is gone" in reader.log.read_text(), "noticed")
        self.end(self.publish(encoded("h264.mp4")))
        self.assertIn("the key is published again", self.finish(reader))
        expected = wanted(self.path("reference"), "-i", encoded("h264.mp4"), "-c", "copy")
        self.assertEqual(len(expected), PACKETS)
        self.assertEqual(hashes(self.path("read")), 2 * hashes(self.path("reference")))

    def test_interrupted(self) -> None:
        reader = self.copy()
        writer = self.publish(encoded("h264.mp4"))
        self.published(writer)
        self.reads_some("read")
        self.interrupt(reader)
        self.assertIsNone(writer.poll())

    def test_a_publisher_without_packets(self) -> None:
        self.endless()
        self.live()
        said = self.refused("-timeout", "200ms", "-i", self.url())
        self.assertIn("cannot subscribe: ", said)
        self.assertIn("packet", said)

    def test_nobody_publishes(self) -> None:
        said = self.refused("-timeout", "200ms", "-i", self.url())
        self.assertRegex(said, f"cannot subscribe: .*{self.key}")

    def test_frames_of_a_publisher_that_has_only_packets(self) -> None:
        writer = self.publish(encoded("h264.mp4"), readers=0)
        self.published(writer)
        said = self.refused("-timeout", "200ms", "-i", f"cuframes://{self.key}")
        self.assertIn("cuframes", said)
        self.assertIsNone(writer.poll())

    def test_name(self) -> None:
        reader = self.copy("-name", "recorder")
        writer = self.publish(encoded("h264.mp4"))
        self.published(writer)
        [row] = self.live()["subscribers"]
        self.assertEqual(row["name"], "recorder")
        self.interrupt(reader)


if __name__ == "__main__":
    unittest.main()
