"""An input of cuframes:// when publishers come, go, die and change, and when its user ends it."""

from __future__ import annotations

import os
import signal
import unittest

from demux import DemuxCase, wanted
from harness import FRAMES, Process, hashes, lines, raw, until

SHORT = ("-timeout", "200ms")


class Publishers(DemuxCase):
    """They come and go."""

    def dies(self, *options: str) -> Process:
        """A reader whose publisher was killed while it read."""
        self.path("read").unlink(missing_ok=True)
        reader = self.read("read", *options,
                           output=("-fps_mode", "passthrough", "-f", "framemd5"))
        writer = self.endless(wait_subscribers=1)
        # ffmpeg takes a tenth of a second back for jitter, and more for a new beginning.
        self.reads_some("read", 20)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        until(lambda: "the publisher is gone" in reader.log.read_text(), "noticed")
        return reader

    def test_one_that_comes_late(self) -> None:
        reader = self.read("read")
        until(lambda: reader.log.exists(), "started")
        self.finish(self.write(*raw("nv12")))
        self.finish(reader)
        self.assertEqual(lines(self.path("read")), wanted(self.path("reference"), *raw("nv12")))

    def test_one_that_is_killed_and_comes_back(self) -> None:
        for output in ("rawvideo", "frame"):
            with self.subTest(output=output):
                source = raw("yuv420p", "64x64")
                reader = self.dies("-output", output)
                before = len(hashes(self.path("read")))
                self.finish(self.write(*source))
                self.assertIn("the key is published again", self.finish(reader))
                got = [line.split(",") for line in lines(self.path("read"))]
                wanted(self.path("reference"), *source)
                expected = hashes(self.path("reference"))
                self.assertGreater(len(got), before)
                self.assertEqual([row[-1].strip() for row in got][-FRAMES:], expected)
                times = [int(row[2]) for row in got]
                self.assertEqual(times, sorted(set(times)), "times run on")

    def test_one_that_does_not_come_back(self) -> None:
        reader = self.dies(*SHORT)
        said = self.finish(reader, None)
        self.assertRegex(said, "cannot read a frame: .*" + self.key)

    def test_one_that_comes_back_with_another_format(self) -> None:
        reader = self.dies()
        writer = self.write(*raw("rgb24", "64x64"))
        said = self.finish(reader, None)
        self.assertIn("the frames are rgb24 now, which raw video cannot tell", said)
        writer.terminate()
        self.finish(writer, None)

    def test_frames_follow_another_format(self) -> None:
        reader = self.dies("-output", "frame")
        source = raw("rgb24", "64x64")
        self.finish(self.write(*source))
        self.finish(reader)
        self.assertGreater(len(lines(self.path("read"))), FRAMES)


class Held(DemuxCase):
    """A filter that keeps the first frames for longer than the publisher lends them."""

    COLLECT = ("-vf", "loop=loop=1:size=100", "-f", "framemd5")

    def collect(self, *options: str) -> Process:
        reader = self.read("read", "-output", "frame", *options, output=self.COLLECT)
        self.endless(wait_subscribers=1, lease_timeout="100ms")
        return reader

    def test_it_goes_on_with_copies(self) -> None:
        reader = self.collect()
        until(lambda: "frames are copied from now on" in reader.log.read_text(), "evicted")
        self.reads_some("read", 100)
        self.interrupt(reader)
        self.assertEqual(reader.log.read_text().count("frames are copied from now on"), 1)

    def test_copies_are_held_for_as_long_as_one_likes(self) -> None:
        reader = self.collect("-leases", "0")
        self.reads_some("read", 100)
        self.interrupt(reader)
        self.assertNotIn("frames are copied from now on", reader.log.read_text())


class Seeking(DemuxCase):
    """There is nothing to seek in."""

    def test_it_is_told_and_left_alone(self) -> None:
        reader = self.read("read", "-ss", "1", output=("-frames:v", "5", "-f", "framemd5"))
        self.endless()
        self.assertIn("could not seek", self.finish(reader))
        self.assertEqual(len(lines(self.path("read"))), 5)


class User(DemuxCase):
    """Ctrl-C ends ffmpeg whatever it waits for."""

    def test_while_nobody_publishes(self) -> None:
        for timeout in ("0", "1000"):
            reader = self.ffmpeg("-timeout", timeout, "-i", self.url(), "-f", "null", "-")
            until(lambda: self.listens(reader), "a handler for the signal")
            self.interrupt(reader)

    def test_before_the_first_frame(self) -> None:
        self.write(*raw("gray"), wait_subscribers=2)
        self.live()
        reader = self.ffmpeg("-timeout", "0", "-i", self.url(), "-f", "null", "-")
        until(lambda: (self.info() or {}).get("subscribers"), "joined")
        self.interrupt(reader)

    def test_in_the_middle(self) -> None:
        reader = self.read("read")
        writer = self.endless(wait_subscribers=1)
        self.reads_some("read")
        os.kill(writer.pid, signal.SIGSTOP)
        self.interrupt(reader)

    def test_while_the_publisher_is_away(self) -> None:
        reader = self.read("read", "-timeout", "0")
        writer = self.endless(wait_subscribers=1)
        self.reads_some("read")
        writer.kill()
        until(lambda: "the publisher is gone" in reader.log.read_text(), "noticed")
        self.interrupt(reader)

    @staticmethod
    def listens(process: Process) -> bool:
        """Whether it has a handler for SIGINT."""
        with open(f"/proc/{process.pid}/status") as status:
            caught = next(line for line in status if line.startswith("SigCgt"))
        return bool(int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1)


class Refused(DemuxCase):
    """What cannot be opened is told with the key and what to do."""

    def test_nobody_publishes(self) -> None:
        said = self.refused(*SHORT, "-i", self.url())
        self.assertRegex(said, f"cannot subscribe: .*'?{self.key}")

    def test_a_key_that_is_none(self) -> None:
        said = self.refused(*SHORT, "-i", "cuframes://no/such")
        self.assertRegex(said, "cannot subscribe: .*no/such")

    def test_a_publisher_without_frames(self) -> None:
        self.write(*raw("gray"), wait_subscribers=2)
        self.live()
        said = self.refused(*SHORT, "-i", self.url())
        self.assertIn("the publisher gave no frame, and the time-out is over", said)

    def test_another_prefix(self) -> None:
        self.endless()
        self.live()
        said = self.refused("-i", f"cuframe://{self.key}")
        self.assertIn("Protocol not found", said)

    def test_a_name_that_is_in_use(self) -> None:
        self.endless(wait_subscribers=1)
        first = self.read("read", "-name", "recorder")
        self.reads_some("read")
        [row] = self.live()["subscribers"]
        self.assertEqual(row["name"], "recorder")
        said = self.refused(*SHORT, "-name", "recorder", "-i", self.url())
        self.assertRegex(said, "cannot subscribe: .*recorder")
        self.assertIsNone(first.poll())

    def test_a_gpu_that_is_not_there(self) -> None:
        self.endless()
        self.live()
        said = self.refused("-output", "cuda", "-i", self.url())
        self.assertIn("output=cuda: there is no GPU 0 to be used here", said)


if __name__ == "__main__":
    unittest.main()
