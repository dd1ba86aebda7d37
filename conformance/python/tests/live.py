"""The frame of a test with a live, simulated publisher."""

from __future__ import annotations

import contextlib
import os
import tempfile
import unittest
from typing import Any, Iterator
from unittest import mock

from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.subscriber import Subscriber
from tests.peer import Publisher
from tests.simulated import Segment

WAIT = 10.0


class Live(unittest.TestCase):
    """A publisher of key ``cam`` in a run directory of its own."""

    def setUp(self) -> None:
        run = tempfile.TemporaryDirectory()
        self.addCleanup(run.cleanup)
        env = mock.patch.dict(os.environ, {"CUFRAMES_RUNTIME_DIR": run.name})
        env.start()
        self.addCleanup(env.stop)
        self.segment = Segment()
        self.addCleanup(self.segment.close)
        self.publisher = Publisher(run.name, "cam", self.segment)
        self.addCleanup(self.publisher.close)

    def join(self, mode: str = "STRICT_ORDER", **more: Any) -> Subscriber:
        subscriber = Subscriber("cam", "reader", mode, connect_timeout=WAIT, **more)
        self.addCleanup(subscriber.close)
        return subscriber

    @contextlib.contextmanager
    def fails(self, code: ErrorCode, refused: bool = False) -> Iterator[None]:
        with self.assertRaises(CuframesError) as caught:
            yield
        self.assertEqual((caught.exception.code, caught.exception.refused), (code, refused))

    def read(self, subscriber: Subscriber) -> tuple[int, bytes]:
        with subscriber.next(WAIT) as frame:
            return frame.seq, frame.packed()
