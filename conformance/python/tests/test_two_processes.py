"""Reader and writer at full speed on two CPUs: what is leased is whole."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import dataclass
from unittest import mock

from cuframes_conformance import wire
from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.ring import Ring
from cuframes_conformance.subscriber import Frame, Subscriber
from tests.live import WAIT

FRAMES = 3000
SLOTS = 3


@dataclass
class Outcome:
    """What a reader saw until the end of the stream."""

    frames: int = 0
    torn: int = 0
    first: int = 0


def read_all(subscriber: Subscriber) -> Outcome:
    """Hold every frame until the writer has gone round the ring, then look at its colour."""
    seen = Outcome()
    while True:
        try:
            with subscriber.next(WAIT) as frame:
                seen.first = seen.first or frame.seq
                seen.frames += 1
                await_round(subscriber, frame)
                pixels = frame.packed()
                seen.torn += pixels != bytes([frame.seq % 251]) * len(pixels)
        except CuframesError as problem:
            if problem.code is ErrorCode.END_OF_STREAM:
                return seen
            raise


def await_round(subscriber: Subscriber, frame: Frame) -> None:
    """Until as many frames were published as there are slots, or the stream has ended."""
    ring = subscriber.attachment.ring
    while ring.state() == wire.STATE["LIVE"] and ring.latest_seq() < frame.seq + SLOTS:
        time.sleep(0)


class FullSpeed(unittest.TestCase):
    """Three slots, and a writer that never waits."""

    def read(self, mode: str) -> Outcome:
        with tempfile.TemporaryDirectory() as run, \
                mock.patch.dict(os.environ, {"CUFRAMES_RUNTIME_DIR": run}), \
                subprocess.Popen([sys.executable, "-m", "tests.publish_fast", run, str(FRAMES)],
                                 stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            self.assertEqual(process.stdout.readline(), b"listening\n")
            with Subscriber("fast", "reader", mode, connect_timeout=WAIT) as subscriber:
                seen = read_all(subscriber)
            self.assertEqual(process.wait(WAIT), 0)
        self.assertEqual(subscriber.last_seq, FRAMES)
        self.assertEqual(seen.first - 1 + seen.frames + subscriber.missed, FRAMES)
        return seen

    def test_every_leased_frame_is_whole(self) -> None:
        for mode in ("STRICT_ORDER", "NEWEST_ONLY"):
            with self.subTest(mode=mode):
                seen = self.read(mode)
                self.assertGreater(seen.frames, 100)
                self.assertEqual(seen.torn, 0)

    def test_without_the_bit_they_are_torn(self) -> None:
        with mock.patch.object(Ring, "_set_held", lambda ring, slot: None):
            seen = self.read("NEWEST_ONLY")
        self.assertGreater(seen.torn, 100)


if __name__ == "__main__":
    unittest.main()
