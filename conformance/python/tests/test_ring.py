"""The ring rules against a simulated segment, with broken variants as negative controls."""

from __future__ import annotations

import json
import os
import threading
import unittest
from typing import Any, Callable
from unittest import mock

import make_vectors
from cuframes_conformance import shm, wire
from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.ring import Ring
from cuframes_conformance.samples.base import jsonable
from cuframes_conformance.shm import Mapping
from tests.simulated import Segment, memfd

HELD_MASK = 0x40


class World(unittest.TestCase):
    """A segment, one page and a ring on them."""

    def setUp(self) -> None:
        self.segment = Segment()
        self.addCleanup(self.segment.close)
        self.page = self.add_page(self.segment)
        self.ring = self.make_ring()

    def add_page(self, segment: Segment) -> Mapping:
        fd, page = memfd(4096, 0)
        self.addCleanup(os.close, fd)
        segment.pages.append(page)
        return page

    def make_ring(self, cls: type[Ring] = Ring, max_leases: int = 2,
                  fence: Callable[[], None] = shm.fence) -> Ring:
        return cls(self.segment.control, self.page, self.segment.values, max_leases, fence)

    def publish(self, count: int) -> None:
        for _ in range(count):
            self.assertIsNotNone(self.segment.publish())


class Finding(World):
    """protocol 5.1, "Finding"."""

    def test_hint_leads_to_the_sequence(self) -> None:
        self.publish(3)
        self.assertEqual([self.ring.find(n) for n in (1, 2, 3)], [(0, 1), (1, 2), (2, 3)])

    def test_a_wrong_hint_is_only_a_hint(self) -> None:
        self.publish(3)
        for hint in (0, 2, 4, 255):
            self.segment.control.store_u32(0xE0, hint << 16 | hint << 24 | 255 << 8)
            self.assertEqual(self.ring.find(2), (1, 2), hint)

    def test_the_smallest_not_below_is_found(self) -> None:
        self.publish(7)  # 4 slots hold 4 to 7
        self.assertEqual(self.ring.find(1), (3, 4))
        self.assertEqual(self.ring.find(6), (1, 6))

    def test_nothing_is_searched_above_latest_seq(self) -> None:
        self.publish(2)
        self.segment.store_seq(2, 3)  # stored, but latest_seq is still 2
        self.assertIsNone(self.ring.find(3))

    def test_slots_without_a_frame_are_no_frames(self) -> None:
        self.publish(4)
        self.segment.store_seq(0, wire.SEQ_WRITING)
        self.segment.store_seq(1, wire.SEQ_CLAIMED)
        self.segment.store_seq(2, 0)
        self.assertEqual(self.ring.find(1), (3, 4))
        self.segment.store_seq(3, wire.SEQ_WRITING)
        self.assertIsNone(self.ring.find(1))

    def test_a_claimed_slot_that_is_put_back_is_found(self) -> None:
        self.publish(2)
        self.segment.store_seq(0, wire.SEQ_CLAIMED)
        turns = iter([wire.SEQ_CLAIMED] * 5)
        real = self.ring.seq

        def seq(slot: int) -> int:
            if slot == 0 and next(turns, None) is None:
                self.segment.store_seq(0, 1)
            return real(slot)

        with mock.patch.object(self.ring, "seq", seq):
            self.assertEqual(self.ring.find(1), (0, 1))


class Vectors(unittest.TestCase):
    """vectors/finding.json."""

    def test_each_is_found(self) -> None:
        vectors = json.loads((make_vectors.VECTORS / "finding.json").read_text("utf-8"))
        self.assertEqual(len(vectors), 21)
        for vector in vectors:
            with self.subTest(vector=vector["name"]):
                self.assertEqual(self.find(vector), vector["found"])

    def find(self, vector: dict[str, Any]) -> dict[str, str | int] | None:
        segment = Segment(slots=len(vector["slots"]))
        self.addCleanup(segment.close)
        for slot, seq in enumerate(vector["slots"]):
            segment.store_seq(slot, int(seq))
        for at in range(0, 16, 4):
            word = int.from_bytes(bytes(vector["slot_of"][at:at + 4]), "little")
            segment.control.store_u32(wire.CONTROL_HEADER["slot_of"].offset + at, word)
        latest = wire.CONTROL_HEADER["latest_seq"].offset
        segment.control.store_u64(latest, int(vector["latest_seq"]))
        found = Ring(segment.control, segment.control, segment.values, 1).find(
            int(vector["wanted"]))
        return None if found is None else {"slot": found[0], "seq": jsonable(found[1])}


class Leasing(World):
    """protocol 5.1, "Reader" and "Release"."""

    def test_a_lease_sets_bit_and_lease_seq_and_release_clears_the_bit(self) -> None:
        self.publish(3)
        self.assertTrue(self.ring.lease(1, 2))
        self.assertEqual(self.page.load_u32(HELD_MASK), 1 << 1)
        self.assertEqual(self.page.load_u64(0x500 + 8), 2)
        self.assertTrue(self.ring.release(1))
        self.assertEqual(self.page.load_u32(HELD_MASK), 0)
        self.assertEqual(self.page.load_u64(0x500 + 8), 2)

    def test_a_lost_lease_leaves_nothing_behind(self) -> None:
        self.publish(4)
        ring = self.make_ring(fence=lambda: self.segment.store_seq(0, wire.SEQ_WRITING))
        self.assertFalse(ring.lease(0, 1))
        self.assertEqual(self.page.load_u32(HELD_MASK), 0)
        self.assertEqual(self.page.load_u64(0x500), 0)
        self.assertEqual(ring.counter("received"), 0)

    def test_a_slot_that_stays_claimed_is_given_up(self) -> None:
        self.publish(4)
        ring = self.make_ring(fence=lambda: self.segment.store_seq(0, wire.SEQ_CLAIMED))
        self.assertFalse(ring.lease(0, 1))
        self.assertEqual(self.page.load_u32(HELD_MASK), 0)

    def test_max_leases_and_one_lease_a_slot(self) -> None:
        self.publish(4)
        self.assertTrue(self.ring.lease(0, 1))
        self.assertFalse(self.ring.lease(0, 1))
        self.assertTrue(self.ring.lease(1, 2))
        self.assertFalse(self.ring.lease(2, 3))
        self.assertTrue(self.ring.release(0))
        self.assertTrue(self.ring.lease(2, 3))

    def test_a_leased_slot_is_passed_over_by_the_writer(self) -> None:
        self.publish(4)
        self.assertTrue(self.ring.lease(0, 1))
        self.publish(20)
        self.assertEqual(self.segment.slot_seq(0), 1)
        self.ring.release(0)
        self.publish(1)
        self.assertEqual(self.segment.slot_seq(0), 25)

    def test_release_says_that_the_page_was_evicted(self) -> None:
        self.publish(4)
        self.assertTrue(self.ring.lease(0, 1))
        self.segment.evict(self.page, int(ErrorCode.EVICTED))
        self.assertEqual(self.ring.evicted(), ErrorCode.EVICTED)
        self.assertFalse(self.ring.release(0))
        self.segment.pages.append(self.page)

    def test_consumed_seq_waits_for_the_oldest_lease_and_never_falls(self) -> None:
        def consumed() -> int:
            return self.page.load_u64(0x48)

        self.publish(4)
        self.ring.prepare(1, 2, 2)
        self.assertEqual(consumed(), 1)
        self.assertTrue(self.ring.lease(1, 2))
        self.assertEqual(consumed(), 1)
        self.assertTrue(self.ring.lease(2, 3))
        self.assertEqual(consumed(), 1)
        self.ring.release(2)
        self.assertEqual(consumed(), 1)
        self.ring.release(1)
        self.assertEqual(consumed(), 3)
        late = self.make_ring()
        late.prepare(1, 2, 0)
        self.assertEqual(consumed(), 0)


class Sleeping(World):
    """protocol 5.1, "Sleep"."""

    def test_no_sleep_when_the_word_has_moved(self) -> None:
        seen = self.ring.futex_word()
        self.publish(1)
        with mock.patch.object(shm, "futex_wait") as wait:
            self.ring.sleep(seen, 10**9)
        wait.assert_not_called()
        self.assertEqual(self.page.load_u32(0x44), 0)

    def test_at_most_100_ms_and_counted_while_asleep(self) -> None:
        counted = []

        def wait(address: int, expected: int, limit: int) -> None:
            counted.append((address - self.segment.control.address, expected, limit,
                            self.page.load_u32(0x44)))

        with mock.patch.object(shm, "futex_wait", wait):
            self.ring.sleep(0, 10**12)
            self.ring.sleep(0, 5)
        self.assertEqual(counted, [(0xC8, 0, 100_000_000, 1), (0xC8, 0, 5, 1)])
        self.assertEqual(self.page.load_u32(0x44), 0)

    def test_a_publish_wakes_a_sleeper(self) -> None:
        woken: list[int] = []
        address = self.segment.control.address + 0xC8

        def sleeper() -> None:
            shm.futex_wait(address, 0, 10**10)
            woken.append(self.segment.control.load_u32(0xC8))

        thread = threading.Thread(target=sleeper)
        thread.start()
        self.publish(1)
        thread.join(10)
        self.assertEqual(woken, [1])


class Machine(unittest.TestCase):
    """What the reasoning in shm.py needs."""

    def test_fence_runs(self) -> None:
        shm.fence()
        self.assertIn(shm.fence.command, (1, 2))

    def test_another_machine_is_refused(self) -> None:
        with mock.patch("platform.machine", return_value="aarch64"):
            with self.assertRaises(CuframesError) as caught:
                shm.require_tso()
        self.assertIs(caught.exception.code, ErrorCode.UNSUPPORTED)

    def test_unaligned_and_outside_are_refused(self) -> None:
        fd, mapping = memfd(4096, 0)
        self.addCleanup(os.close, fd)
        self.addCleanup(mapping.close)
        for access in (lambda: mapping.load_u64(4), lambda: mapping.load_u32(2),
                       lambda: mapping.view(4090, 7), lambda: mapping.view(-1, 1),
                       lambda: mapping.load_u64(-8)):
            self.assertRaises(ValueError, access)
        self.assertRaises(IndexError, mapping.load_u64, 4096)


if __name__ == "__main__":
    unittest.main()
