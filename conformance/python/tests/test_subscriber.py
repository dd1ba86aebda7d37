"""A LIVE subscriber against a simulated publisher: frames, ends, a new epoch, the program."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import unittest
from unittest import mock

import subscribe
from cuframes_conformance import wire
from cuframes_conformance.errors import ErrorCode
from cuframes_conformance.subscriber import Subscriber
from tests.live import WAIT, Live
from tests.simulated import Segment


class Reading(Live):
    """protocol 5.1, next()."""

    def test_strict_reads_every_frame_whole(self) -> None:
        subscriber = self.join()
        seen = []
        for _ in range(100):
            self.segment.publish()
            seen.append(self.read(subscriber))
        self.assertEqual(seen, [(seq, bytes([seq % 251]) * 32) for seq in range(1, 101)])
        self.assertEqual((subscriber.received, subscriber.missed), (100, 0))

    def test_strict_counts_what_was_overwritten(self) -> None:
        subscriber = self.join()
        self.segment.publish()
        self.read(subscriber)
        for _ in range(9):
            self.segment.publish()
        self.assertEqual(self.read(subscriber)[0], 7)
        self.assertEqual(subscriber.missed, 5)
        page = wire.SUBSCRIBER_SLOT.unpack(self.segment.pages[0].words(0, 128))
        self.assertEqual((page["received"], page["missed"]), (2, 5))

    def test_the_first_find_misses_nothing(self) -> None:
        for _ in range(6):
            self.segment.publish()
        subscriber = self.join()
        for _ in range(6):
            self.segment.publish()
        self.assertEqual(self.read(subscriber)[0], 9)
        self.assertEqual(subscriber.missed, 0)

    def test_newest_skips_to_the_newest(self) -> None:
        subscriber = self.join("NEWEST_ONLY")
        self.segment.publish()
        self.read(subscriber)
        for _ in range(3):
            self.segment.publish()
        self.assertEqual(self.read(subscriber)[0], 4)
        self.assertEqual(subscriber.missed, 2)

    def test_nothing_newer(self) -> None:
        subscriber = self.join()
        with self.fails(ErrorCode.WOULD_BLOCK):
            subscriber.next(0)
        with self.fails(ErrorCode.TIMEOUT):
            subscriber.next(0.01)

    def test_a_held_frame_outlives_the_writer(self) -> None:
        subscriber = self.join()
        self.segment.publish()
        frame = subscriber.next(WAIT)
        for _ in range(20):
            self.segment.publish()
        self.assertEqual(frame.packed(), bytes([1]) * 32)
        frame.release()
        frame.release()

    def test_more_frames_than_max_leases(self) -> None:
        subscriber = self.join()
        for _ in range(3):
            self.segment.publish()
        held = [subscriber.next(WAIT), subscriber.next(WAIT)]
        with self.fails(ErrorCode.WOULD_BLOCK):
            subscriber.next(WAIT)
        held[0].release()
        self.assertEqual(self.read(subscriber)[0], 3)
        held[1].release()

    def test_a_frame_outside_the_pool(self) -> None:
        subscriber = self.join()
        self.segment.publish(data_offset=2**64 - 1)
        with self.fails(ErrorCode.PROTOCOL):
            subscriber.next(WAIT)
        self.assertEqual(self.segment.pages[0].load_u32(0x40), 0)

    def test_a_frame_without_pts(self) -> None:
        subscriber = self.join()
        self.segment.publish(pts=wire.NO_PTS)
        with subscriber.next(WAIT) as frame:
            self.assertIsNone(frame.pts)


class Ending(Live):
    """protocol 5.1: whole frames first, END_OF_STREAM before DISCONNECTED."""

    def two_frames(self) -> Subscriber:
        subscriber = self.join()
        self.segment.publish()
        self.segment.publish()
        self.publisher.await_message("ATTACHED")
        return subscriber

    def drained(self, subscriber: Subscriber, code: ErrorCode) -> None:
        self.assertEqual([self.read(subscriber)[0] for _ in range(2)], [1, 2])
        with self.fails(code):
            subscriber.next(WAIT)

    def test_end_of_stream(self) -> None:
        subscriber = self.two_frames()
        self.segment.set_state("CLOSED")
        self.publisher.say_close("END_OF_STREAM")
        self.drained(subscriber, ErrorCode.END_OF_STREAM)

    def test_end_of_stream_wins_over_hup(self) -> None:
        subscriber = self.two_frames()
        self.segment.set_state("CLOSED")
        self.publisher.hang_up()
        self.drained(subscriber, ErrorCode.END_OF_STREAM)

    def test_shutdown(self) -> None:
        subscriber = self.two_frames()
        self.publisher.say_close("SHUTDOWN")
        self.drained(subscriber, ErrorCode.DISCONNECTED)

    def test_death(self) -> None:
        subscriber = self.two_frames()
        self.publisher.hang_up()
        self.drained(subscriber, ErrorCode.DISCONNECTED)

    def test_close_evicted(self) -> None:
        subscriber = self.two_frames()
        self.publisher.say_close("EVICTED")
        self.drained(subscriber, ErrorCode.EVICTED)

    def test_evicted_comes_before_the_frames(self) -> None:
        subscriber = self.two_frames()
        self.segment.evict(self.segment.pages[0], int(ErrorCode.EVICTED))
        with self.fails(ErrorCode.EVICTED):
            subscriber.next(WAIT)

    def test_a_frame_read_while_evicted_may_be_torn(self) -> None:
        subscriber = self.two_frames()
        frame = subscriber.next(WAIT)
        self.segment.evict(self.segment.pages[0], int(ErrorCode.EVICTED))
        with self.fails(ErrorCode.EVICTED):
            frame.release()


class Reconfiguring(Live):
    """protocol 4, "Reconfiguration"."""

    def test_a_new_epoch_while_a_frame_is_held(self) -> None:
        subscriber = self.join()
        for _ in range(3):
            self.segment.publish()
        held = subscriber.next(WAIT)
        larger = Segment(epoch=2, width=16, height=8, seq=3)
        self.addCleanup(larger.close)
        self.publisher.segment = larger
        self.segment.set_state("RECONFIGURED")
        self.publisher.send(wire.message("RECONFIGURE", wire.RECONFIGURE.pack({"epoch": 2})))
        larger.publish()
        old = subscriber.next(WAIT)
        self.assertEqual((old.seq, old.geometry.width), (2, 8))
        old.release()
        self.assertEqual(self.read(subscriber), (3, bytes([3]) * 32))
        with subscriber.next(WAIT) as new:
            self.assertEqual((new.seq, new.geometry.width, new.packed()), (4, 16, bytes([4]) * 128))
            self.assertTrue(new.meta["flags"] & wire.FRAME_FLAG["DISCONTINUITY"])
        larger.publish()
        with subscriber.next(WAIT) as after:
            self.assertEqual((after.seq, after.meta["flags"]), (5, 0))
        self.assertEqual(held.packed(), bytes([1]) * 32)
        held.release()
        payloads = self.publisher.await_message("HELLO_REQ", 2)
        hellos = [wire.HELLO_REQ.unpack(raw) for raw in payloads]
        self.assertEqual([hello["last_epoch"] for hello in hellos], [0, 1])
        self.assertEqual((subscriber.missed, subscriber.rejoined), (0, 1))


class Program(Live):
    """subscribe.py as a whole."""

    def run_program(self, *arguments: str) -> tuple[int, str]:
        out = io.StringIO()
        with mock.patch("sys.argv", ["subscribe.py", "cam", *arguments]), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            return subscribe.main(), out.getvalue()

    def test_framemd5_to_the_end_of_the_stream(self) -> None:
        for _ in range(2):
            self.segment.publish()
        self.segment.set_state("CLOSED")
        code, text = self.run_program("--strict", "--framemd5", "--time-base", "1/1000000")
        lines = text.splitlines()
        self.assertEqual((code, len(lines)), (0, 10))
        self.assertEqual(lines[3], "#tb 0: 1/1000000")
        md5 = hashlib.md5(bytes([2]) * 32).hexdigest()
        self.assertEqual(lines[9], f"0,          2,          2,        1,       32, {md5}")

    def test_summary_as_json(self) -> None:
        self.segment.publish()
        code, text = self.run_program("--frames", "1", "--json")
        summary = json.loads(text)
        self.assertEqual((code, summary["frames"], summary["missed"], summary["ended"]),
                         (0, 1, 0, "frames"))

    def test_exit_codes(self) -> None:
        self.assertEqual(self.run_program("--timeout", "0.01")[0], 6)
        self.publisher.refusals = [(-13, "no")]
        self.assertEqual(self.run_program()[0], 4)
        self.publisher.resp = {"magic": 0}
        self.assertEqual(self.run_program()[0], 8)


if __name__ == "__main__":
    unittest.main()
