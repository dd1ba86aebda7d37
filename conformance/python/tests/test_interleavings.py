"""Reader and writer against each other: one side runs whole before the other's k-th access.

The shipped ``Ring`` and the simulated writer meet at every access of either, 1 to all. This
sees orders of steps, not the CPU's store buffer: the fence is argued in ``shm.py`` and modelled
in the library's own tests. Each rule taken away is a variant that must fail.
"""

from __future__ import annotations

import os
import unittest
from typing import Callable, cast

from cuframes_conformance import wire
from cuframes_conformance.ring import Ring
from cuframes_conformance.shm import Mapping
from tests.simulated import Segment, memfd

TOO_MANY = 3000
OLDEST = 1


def no_fence() -> None:
    """Python runs one thread here; there is nothing to order."""


class Door:
    """Opens before the k-th access of the side whose mappings it wraps, and lets the other in."""

    def __init__(self, before: int, let_in: Callable[[], None]) -> None:
        self._left, self._let_in = before, let_in

    @property
    def opened(self) -> bool:
        """There was a k-th access."""
        return self._left <= 0

    def step(self) -> None:
        """One access."""
        self._left -= 1
        if self._left == 0:
            self._let_in()

    def wrap(self, mapping: Mapping) -> Mapping:
        """The same mapping, counted."""
        return cast(Mapping, Counted(mapping, self))


class Counted:
    """A mapping whose loads and stores pass a door."""

    def __init__(self, mapping: Mapping, door: Door) -> None:
        self._mapping, self._door = mapping, door

    def __getattr__(self, name: str) -> object:
        if name.startswith(("load_", "store_")):
            self._door.step()
        return getattr(self._mapping, name)


class RingWithoutSecondLook(Ring):
    """Step 3 of "Reader" left out."""

    def _leased(self, slot: int, seq: int) -> bool:
        return True


class RingWithoutBit(Ring):
    """Step 2 of "Reader" left out."""

    def _set_held(self, slot: int) -> None:
        return


class SegmentWithoutSecondQuestion(Segment):
    """Step 3 of "Writer" left out."""

    def held_after_claim(self, slot: int) -> bool:
        return False


class SegmentWithoutClaim(Segment):
    """Steps 2 and 3 of "Writer" left out: WRITING at once."""

    def claim(self) -> int | None:
        for _, slot in self._candidates():
            self.store_seq(slot, wire.SEQ_WRITING)
            return slot
        return None


class Meeting:
    """One world: three slots full, the reader wants sequence 1, the writer its slot."""

    def __init__(self, segment: type[Segment], ring: type[Ring]) -> None:
        self.segment = segment(slots=3)
        self.segment.fence = no_fence
        self._page_fd, self.page = memfd(4096, 0)
        self.segment.pages.append(self.page)
        for _ in range(3):
            self.segment.publish()
        self.ring = ring(self.segment.control, self.page, self.segment.values, 1, no_fence)
        self.held: tuple[int, int] | None = None

    def read(self) -> None:
        """Find and lease sequence 1."""
        found = self.ring.find(OLDEST)
        if found is not None and self.ring.lease(*found):
            self.held = found

    def overwrite(self) -> None:
        """Publish until every slot that may be written has been."""
        for _ in range(4):
            self.segment.publish()

    def verdict(self) -> str:
        """After both are done and the writer has gone round: is a held frame whole?"""
        self.overwrite()
        mask = self.page.load_u32(0x40)
        if self.held is None:
            return "lost" if mask == 0 else "leaked bit"
        slot, seq = self.held
        pixel = self.segment.pool.load_u8(slot * self.segment.stride)
        return "leased" if (self.segment.slot_seq(slot), pixel) == (seq, seq) else "torn"

    def close(self) -> None:
        """Unmap everything."""
        self.segment.close()
        os.close(self._page_fd)


def verdicts(segment: type[Segment], ring: type[Ring]) -> dict[str, int]:
    """Outcomes of the writer at every access of the reader, and the other way round."""
    counts: dict[str, int] = {}
    for reader_outside in (True, False):
        for before in range(1, TOO_MANY):
            meeting = Meeting(segment, ring)
            intruded = play(meeting, before, reader_outside)
            outcome = meeting.verdict()
            meeting.close()
            if not intruded:
                break
            counts[outcome] = counts.get(outcome, 0) + 1
        else:
            raise AssertionError("the accesses never end")
    return counts


def play(meeting: Meeting, before: int, reader_outside: bool) -> bool:
    """Run one side with the other inside; False: there is no such access."""
    control, page = meeting.segment.control, meeting.page
    door = Door(before, meeting.overwrite if reader_outside else meeting.read)
    if reader_outside:
        meeting.ring._control, meeting.ring._page = door.wrap(control), door.wrap(page)
        meeting.read()
        meeting.ring._control, meeting.ring._page = control, page
    else:
        meeting.segment.control, meeting.segment.pages = door.wrap(control), [door.wrap(page)]
        meeting.segment.publish()
        meeting.segment.control, meeting.segment.pages = control, [page]
    return door.opened


class Rules(unittest.TestCase):
    """The rules hold, and without any one of them they do not."""

    def test_no_interleaving_tears_or_leaks(self) -> None:
        counts = verdicts(Segment, Ring)
        self.assertEqual(set(counts), {"leased", "lost"})
        self.assertGreater(counts["leased"], 10)
        self.assertGreater(counts["lost"], 0)

    def test_broken_variants_are_seen(self) -> None:
        for segment, ring in ((Segment, RingWithoutSecondLook), (Segment, RingWithoutBit),
                              (SegmentWithoutSecondQuestion, Ring), (SegmentWithoutClaim, Ring)):
            with self.subTest(segment=segment.__name__, ring=ring.__name__):
                self.assertGreater(verdicts(segment, ring).get("torn", 0), 0)


if __name__ == "__main__":
    unittest.main()
