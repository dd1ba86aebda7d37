"""When ffmpeg changes the picture, ends, is told to end, or dies."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import unittest
from pathlib import Path

from cuframes_conformance import wire
from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.subscriber import Subscriber
from harness import CUFRAMES, WATCHDOG, Case, Process, hashes, inputs, reference, until

PART = 30  # frames of each size
ENDED, DISCONNECTED = 0, 5  # exit codes of the command line


def two_sizes() -> Path:
    """A stream whose pictures change from 320x240 to 200x120 in the middle."""
    path = inputs() / "two-sizes.nut"
    if path.exists():
        return path
    parts = []
    for number, size in enumerate(("320x240", "200x120")):
        parts.append(inputs() / f"part-{number}.mjpeg")
        reference("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", "-frames:v", str(PART),
                  "-pix_fmt", "yuvj420p", "-q:v", "2", "-f", "mjpeg", parts[-1])
    both = inputs() / "both.mjpeg"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    reference("-f", "mjpeg", "-framerate", "25", "-i", both, "-c", "copy", path)
    return path


class SizeChange(Case):
    """In the middle of an input, with ffmpeg's default options."""

    def publish(self) -> Process:
        return self.ffmpeg("-i", two_sizes(), "-vf", self.strict(), "-f", "null", "-")

    def wanted(self) -> list[str]:
        """The checksums, from Debian's ffmpeg, which must not scale one size to the other."""
        path = self.path("reference")
        reference("-i", two_sizes(), "-autoscale", "0", "-f", "framemd5", path)
        return hashes(path)

    def read(self, reader: Subscriber) -> list[tuple[int, int, int, int, str]]:
        """Number, shape, flags and checksum of every frame. The last but one before the change is
        held to the end; an older one would keep its slot, and strict_wait waits for it."""
        frames, held = [], None
        while True:
            try:
                frame = reader.next(WATCHDOG)
            except CuframesError as problem:
                self.assertEqual(problem.code, ErrorCode.END_OF_STREAM)
                break
            shape = frame.geometry
            digest = hashlib.md5(frame.packed()).hexdigest()
            frames.append((frame.seq, shape.width, shape.height, frame.meta["flags"], digest))
            if frame.seq == PART - 1:
                held = frame
            else:
                frame.release()
        assert held is not None
        self.assertEqual(hashlib.md5(held.packed()).hexdigest(), frames[PART - 2][4])
        held.release()  # raises if the picture may have been written since
        reader.close()  # the publisher gives its readers time to read the last frames
        return frames

    def test_every_frame_arrives_in_its_own_shape(self) -> None:
        writer = self.publish()
        reader = self.join()
        epoch = reader.attachment.epoch
        frames = self.read(reader)
        said = self.finish(writer)
        self.assertEqual(len(frames), 2 * PART)
        self.assertEqual([frame[0] for frame in frames], list(range(1, 2 * PART + 1)))
        self.assertEqual([frame[1:3] for frame in frames], [(320, 240)] * PART + [(200, 120)] * PART)
        broken = [frame[0] for frame in frames if frame[3] & wire.FRAME_FLAG["DISCONTINUITY"]]
        self.assertEqual(broken, [PART + 1])
        self.assertEqual([frame[4] for frame in frames], self.wanted())
        self.assertEqual((reader.missed, reader.rejoined), (0, 1))
        self.assertNotEqual(reader.attachment.epoch, epoch)
        self.assertIn(f"{2 * PART} published, 0 dropped", said)

    def test_the_tool_is_told(self) -> None:
        reader = self.start(CUFRAMES, "sub", self.key, "--strict", "--framemd5", "--stats",
                            "--json", "-o", self.path("read"))
        self.finish(self.publish())
        said = self.finish(reader, ENDED)
        self.assertIn("from here on 200x120", said)
        self.assertEqual(hashes(self.path("read")), self.wanted())


class End(Case):
    """The end of the input is the end of the stream; nothing else is."""

    def endless(self, **options: object) -> Process:
        return self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=100", "-vf",
                           "realtime," + self.filter(**{"wait_subscribers": 1} | options),
                           "-f", "null", "-")

    def reader(self) -> Process:
        return self.start(CUFRAMES, "sub", self.key, "--no-reattach", "--stats", "--json")

    def reading(self) -> tuple[Process, Process]:
        """A publisher and a reader that has frames from it."""
        writer, reader = self.endless(), self.reader()
        until(lambda: any(row["received"] > 3 for row in (self.info() or {}).get("subscribers", [])),
              "read a frame")
        return writer, reader

    def ended(self, reader: Process, code: int, word: str) -> None:
        said = self.finish(reader, code)
        report = json.loads(said[said.index("{"):said.rindex("}") + 1])
        self.assertEqual(report["ended"], word)

    def collect(self, *more: str) -> list[str]:
        done = subprocess.run([CUFRAMES, "gc", "--json", *more], capture_output=True, text=True,
                              timeout=WATCHDOG, check=True)
        return [path for path in json.loads(done.stdout)["removed"] if self.key in path]

    def test_enough_frames(self) -> None:
        writer = self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-vf",
                             self.strict(), "-frames:v", "50", "-f", "null", "-")
        self.ended(self.reader(), ENDED, "end_of_stream")
        self.finish(writer)
        self.assertEqual(self.shared_names(), [])
        self.assertFalse(self.socket.exists())

    def test_the_command_end(self) -> None:
        # At the tenth frame; the others pass on, and nobody is there to read them.
        writer = self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-vf",
                             f"sendcmd=c='0.4 cuframes_out end',{self.strict()}", "-frames:v", "50",
                             "-f", "framemd5", self.path("passed"))
        reader = self.join()
        numbers = []
        with self.assertRaises(CuframesError) as caught:
            while True:
                with reader.next(WATCHDOG) as frame:
                    numbers.append(frame.seq)
        self.assertEqual(caught.exception.code, ErrorCode.END_OF_STREAM)
        self.assertEqual((numbers, reader.missed), (list(range(1, 11)), 0))
        reader.close()
        self.assertIn("10 published, 0 dropped", self.finish(writer))
        self.assertEqual(len(hashes(self.path("passed"))), 50)

    def test_an_unknown_command_changes_nothing(self) -> None:
        writer = self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-vf",
                             f"sendcmd=c='0.4 cuframes_out stop',{self.strict()}", "-frames:v", "50",
                             "-f", "null", "-")
        self.ended(self.reader(), ENDED, "end_of_stream")
        self.assertIn("50 published, 0 dropped", self.finish(writer))

    def test_signals_are_not_the_end_of_the_stream(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                writer, reader = self.reading()
                writer.send_signal(number)
                self.finish(writer, 255)
                self.ended(reader, DISCONNECTED, "disconnected")
                self.assertEqual(self.shared_names(), [])
                self.assertFalse(self.socket.exists())

    def test_a_signal_ends_the_wait_for_subscribers(self) -> None:
        writer = self.endless()
        self.live()
        writer.send_signal(signal.SIGTERM)
        self.finish(writer, None)
        self.assertNotEqual(writer.returncode, 0)
        self.assertEqual(self.shared_names(), [])

    def test_a_kill_is_seen_and_cleaned_up_behind(self) -> None:
        writer, reader = self.reading()
        writer.send_signal(signal.SIGKILL)
        self.finish(writer, -signal.SIGKILL)
        self.ended(reader, DISCONNECTED, "disconnected")
        self.assertEqual(len(self.shared_names()), 1)
        wanted = {f"/dev/shm/cuframes-{self.key}", str(self.socket)}
        self.assertEqual(set(self.collect("--dry-run")), wanted)
        self.assertEqual(set(self.collect()), wanted)
        self.assertEqual(self.shared_names(), [])
        self.assertFalse(os.path.exists(self.socket))

    def test_a_reader_finds_the_next_ffmpeg(self) -> None:
        first = self.endless()
        reader = self.start(CUFRAMES, "sub", self.key, "--stats", "--json", "--connect-timeout",
                            "never")
        until(lambda: (self.info() or {}).get("latest_seq"), "published")
        first.send_signal(signal.SIGTERM)
        self.finish(first, 255)
        second = self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-vf",
                             self.strict(), "-frames:v", "20", "-f", "null", "-")
        self.finish(second)
        said = self.finish(reader, ENDED)
        self.assertIn("published again", said)


if __name__ == "__main__":
    unittest.main()
