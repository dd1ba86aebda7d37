"""cuframes_packets://KEY gives every packet as it was published, and FFmpeg makes of it what it
makes of the file."""

from __future__ import annotations

import os
import signal
import unittest
from pathlib import Path

from demux import FFPROBE, wanted
from encoded import (DECODED, PACKETS, REFERENCE_PROBE, SOURCES, US, PacketCase, encoded, in_us,
                     listed)
from harness import WATCHDOG, Process, hashes, inputs, reference, until


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
    """A camera that was away for seconds, and a reader that was."""

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

    def test_a_reader_that_slept_is_told_and_goes_on_with_a_key_packet(self) -> None:
        rounds = 20  # more packets than the ring holds
        reader = self.copy()
        writer = self.publish(*[encoded("h264.mp4")] * rounds)
        self.reads_some("read", PACKETS - 1)
        os.kill(reader.pid, signal.SIGSTOP)
        until(lambda: self.stands_still(reader), "stopped")
        for _ in range(rounds - 1):
            self.go_on(writer)
        self.published(writer)
        os.kill(reader.pid, signal.SIGCONT)
        writer.stdin.close()
        self.finish(writer)
        self.assertEqual(self.finish(reader).count("overwritten"), 1)
        wanted(self.path("reference"), "-i", encoded("h264.mp4"), "-c", "copy")
        once, got = hashes(self.path("reference")), hashes(self.path("read"))
        self.assertTrue(PACKETS < len(got) < rounds * PACKETS, len(got))
        keys = [once[number] for number in self.keys("h264.mp4")]
        self.assertEqual(got[:PACKETS], once)
        self.assertIn(got[PACKETS], keys)
        self.assertEqual(got[PACKETS:], (once * rounds)[PACKETS * rounds - len(got) + PACKETS:])

    @staticmethod
    def stands_still(process: Process) -> bool:
        """Whether each of its threads is stopped."""
        states = [task.read_text().rsplit(")", 1)[1].split()[0]
                  for task in Path(f"/proc/{process.pid}/task").glob("*/stat")]
        return set(states) == {"T"}


if __name__ == "__main__":
    unittest.main()
