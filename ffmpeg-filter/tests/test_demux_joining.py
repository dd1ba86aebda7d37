"""Where reading of cuframes_packets://KEY begins, and what follows when its publisher changes."""

from __future__ import annotations

import unittest

from demux import wanted
from encoded import PACKETS, REFERENCE_PROBE, PacketCase, encoded, listed
from harness import WATCHDOG, Process, hashes, lines, until
from test_demux import KEEP_SIZE


class Joining(PacketCase):
    """When it begins, and what comes after a gap."""

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
