"""What `cuframes publish` makes of a file or a camera, read back by FFmpeg: the same packets and
frames."""

from __future__ import annotations

import subprocess
import unittest

from demux import wanted
from encoded import DECODED, PACKETS, REFERENCE_PROBE, PacketCase, encoded, in_us, listed
from harness import CUFRAMES, ROOT, WATCHDOG, Process, hashes, lines

SERVER = ROOT / "cli/tests/cli/ingest/rtsp_server.py"
FILES = [name for name in DECODED if not name.endswith(".ts")]


class Ingest(PacketCase):
    """One process decodes and publishes both; who reads the packets decodes nothing."""

    def ingest(self, name: str, *options: str, readers: str = "1") -> Process:
        return self.start(CUFRAMES, "publish", "--key", self.key,
                          "--packet-slots", "1024",
                          "--wait-subscribers", readers, *options, encoded(name))

    def test_packets_are_those_of_the_file(self) -> None:
        for name in FILES:
            with self.subTest(name=name):
                source = listed(REFERENCE_PROBE, encoded(name))
                base = source["streams"][0]["time_base"]
                expected = [in_us(packet, base) for packet in source["packets"]]
                self.assertEqual(len(expected), PACKETS)
                reader = self.list_live("-timeout", str(WATCHDOG))
                self.finish(self.ingest(name))
                self.finish(reader)
                got = [in_us(packet, "1/1000000") for packet in self.listing()["packets"]]
                self.assertEqual([row[3:] for row in got], [row[3:] for row in expected])
                self.assertEqual([row[0] - got[0][0] for row in got],
                                 [row[0] - expected[0][0] for row in expected])

    def test_frames_are_those_of_the_file(self) -> None:
        for name in FILES:
            with self.subTest(name=name):
                expected = wanted(self.path("reference"), "-i", encoded(name))
                reader = self.start_frames()
                self.finish(self.ingest(name, "--policy", "strict_wait"))
                self.finish(reader)
                self.assertEqual(len(expected), PACKETS)
                self.assertEqual(hashes(self.path("read")), hashes(self.path("reference")))

    def camera(self) -> str:
        """The address of a camera that plays a file from its beginning for everyone."""
        server = self.start("/usr/bin/python3", SERVER, "0", "viewer", "word", encoded("h264.mp4"),
                            stdout=subprocess.PIPE)
        self.addCleanup(server.stdout.close)
        return f"rtsp://viewer:word@127.0.0.1:{int(server.stdout.readline())}/live"

    def test_packets_are_those_of_a_camera(self) -> None:
        address = self.camera()
        source = listed(REFERENCE_PROBE, address, "-rtsp_transport", "tcp")["packets"]
        reader = self.list_live("-timeout", str(WATCHDOG))
        self.finish(self.start(CUFRAMES, "publish", "--key", self.key, "--reconnect=false",
                               "--packet-slots", "1024", "--wait-subscribers", "1", address))
        self.finish(reader)
        got = self.listing()["packets"]
        self.assertEqual((len(source), len(got)), (PACKETS, PACKETS))
        for field in ("data_hash", "size"):
            self.assertEqual([packet[field] for packet in got],
                             [packet[field] for packet in source])
        self.assertEqual([packet["flags"][0] for packet in got],
                         [packet["flags"][0] for packet in source])

    def start_frames(self) -> Process:
        return self.ffmpeg("-strict", "1", "-timeout", str(WATCHDOG), "-output", "frame", "-i",
                           f"cuframes://{self.key}", "-f", "framemd5", self.path("read"))

    def test_recorded_and_decoded_at_once(self) -> None:
        # "Decode once, output twice": the packets go to a file, the frames to a filter.
        expected = wanted(self.path("reference"), "-i", encoded("h264.mp4"))
        frames = self.start_frames()
        recorder = self.read("copy.mkv", strict=False, output=("-c", "copy", "-f", "matroska"))
        self.finish(self.ingest("h264.mp4", "--policy", "strict_wait", readers="2"))
        self.finish(frames)
        self.finish(recorder)
        self.assertEqual(len(lines(self.path("read"))), PACKETS)
        wanted(self.path("decoded"), "-i", self.path("copy.mkv"))
        self.assertEqual(hashes(self.path("decoded")), [row.rsplit(",", 1)[1].strip()
                                                        for row in expected])
        self.assertEqual(hashes(self.path("read")), hashes(self.path("reference")))


if __name__ == "__main__":
    unittest.main()
