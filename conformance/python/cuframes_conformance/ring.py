"""The frame ring of one epoch: finding, leasing, releasing, sleeping (protocol 5.1)."""

from __future__ import annotations

import time
from typing import Any, Callable

from . import shm, wire
from .shm import Mapping

CLAIMED_TURNS = 1000
SLEEP_LIMIT_NS = 100_000_000

_HEAD = wire.CONTROL_HEADER
_SLOT = wire.SUBSCRIBER_SLOT
_LATEST, _FUTEX, _STATE = (_HEAD[n].offset for n in ("latest_seq", "publish_futex", "state"))
_SLOT_OF = _HEAD["slot_of"].offset
_HELD, _WAITING = _SLOT["held_mask"].offset, _SLOT["waiting"].offset
_CONSUMED, _EVICTED = _SLOT["consumed_seq"].offset, _SLOT["evicted"].offset
_LEASE_SEQ = wire.SUBSCRIBER_PAGE["lease_seq"].offset


class Ring:
    """A subscriber's view of the control segment and its own page. One thread uses it.

    ``fence`` is the SeqCst fence; a test puts the other side's steps into it.
    """

    def __init__(self, control: Mapping, page: Mapping, header: dict[str, Any], max_leases: int,
                 fence: Callable[[], None] = shm.fence) -> None:
        self._control, self._page, self._fence = control, page, fence
        self._first: int = header["header_size"]
        self._stride: int = header["slot_size"]
        self.slot_count: int = header["slot_count"]
        self.max_leases = max_leases
        self.leases: dict[int, int] = {}
        self._passed = 0
        self._consumed = 0

    def prepare(self, pid: int, mode: int, latest_seq: int) -> None:
        """The subscriber's own fields, before ATTACHED (protocol 2.3)."""
        self._page.store_u32(_SLOT["pid"].offset, pid)
        self._page.store_u32(_SLOT["mode"].offset, mode)
        self._consumed = max(0, latest_seq - 1)
        self._page.store_u64(_CONSUMED, self._consumed)

    def latest_seq(self) -> int:
        """Newest published sequence, 0 = none yet (acquire)."""
        return self._control.load_u64(_LATEST)

    def state(self) -> int:
        """LIVE, CLOSED or RECONFIGURED (acquire)."""
        return self._control.load_u32(_STATE)

    def evicted(self) -> int:
        """0, or the code for which this page was evicted (acquire)."""
        return self._page.load_i32(_EVICTED)

    def _descriptor(self, slot: int) -> int:
        return self._first + slot * self._stride

    def seq(self, slot: int) -> int:
        """slot.seq (acquire)."""
        return self._control.load_u64(self._descriptor(slot))

    def _settled_seq(self, slot: int) -> int:
        """slot.seq; a CLAIMED slot is read again, for it may get its sequence back."""
        for _ in range(CLAIMED_TURNS):
            seq = self.seq(slot)
            if seq != wire.SEQ_CLAIMED:
                return seq
        return wire.SEQ_CLAIMED

    def find(self, wanted: int) -> tuple[int, int] | None:
        """Slot and sequence of the first sequence >= ``wanted`` ("Finding")."""
        if self.latest_seq() < wanted:
            return None
        hint = self._control.load_u8(_SLOT_OF + wanted % 16)
        if hint < self.slot_count and self.seq(hint) == wanted:
            return hint, wanted
        found = ((self._settled_seq(slot), slot) for slot in range(self.slot_count))
        newer = [(seq, slot) for seq, slot in found if wanted <= seq < wire.SEQ_LIMIT]
        if not newer:
            return None
        seq, slot = min(newer)
        return slot, seq

    def full(self) -> bool:
        """Every lease that max_leases allows is out."""
        return len(self.leases) >= self.max_leases

    def lease(self, slot: int, seq: int) -> bool:
        """Steps 1 to 3 of "Reader"; False: the writer was faster."""
        if self.full() or slot in self.leases or self.seq(slot) != seq:
            return False
        self._store_lease_seq(slot, seq)
        self._set_held(slot)
        self._fence()
        if not self._leased(slot, seq):
            self._store_lease_seq(slot, 0)
            self._clear_held(slot)
            return False
        self.leases[slot] = seq
        self._count(seq)
        return True

    def _leased(self, slot: int, seq: int) -> bool:
        """Step 3: seq is read again with the bit set."""
        return self._settled_seq(slot) == seq

    def _store_lease_seq(self, slot: int, seq: int) -> None:
        self._page.store_u64(_LEASE_SEQ + 8 * slot, seq)

    def _set_held(self, slot: int) -> None:
        self._page.store_u32(_HELD, self._page.load_u32(_HELD) | 1 << slot)

    def _clear_held(self, slot: int) -> None:
        self._page.store_u32(_HELD, self._page.load_u32(_HELD) & ~(1 << slot))

    def _count(self, seq: int) -> None:
        """Statistics of a lease, and what it says about older sequences."""
        self.add("received", 1)
        self._page.store_u64(_SLOT["last_active_ns"].offset, time.monotonic_ns())
        self._passed = seq
        self._store_consumed()

    def add(self, counter: str, amount: int) -> None:
        """Add to ``received`` or ``missed`` in the page."""
        offset = _SLOT[counter].offset
        self._page.store_u64(offset, self._page.load_u64(offset) + amount)

    def counter(self, name: str) -> int:
        """``received`` or ``missed`` as they stand in the page."""
        return self._page.load_u64(_SLOT[name].offset)

    def _store_consumed(self) -> None:
        """consumed_seq: all up to it is released or skipped; it never decreases."""
        done = min(self.leases.values(), default=self._passed + 1) - 1
        self._consumed = max(self._consumed, done)
        self._page.store_u64(_CONSUMED, self._consumed)

    def meta(self, slot: int) -> dict[str, Any]:
        """The frame meta of a leased slot."""
        return wire.FRAME_META.unpack(
            self._control.words(self._descriptor(slot), wire.FRAME_META.size))

    def release(self, slot: int) -> bool:
        """Give a lease back; False: the page was evicted, what was read may be torn.

        ``evicted`` is read after the last read of the frame ("Eviction").
        """
        whole = self.evicted() == 0
        del self.leases[slot]
        self._clear_held(slot)
        self._store_consumed()
        return whole

    def futex_word(self) -> int:
        """publish_futex (acquire), read before one looks for a frame ("Sleep")."""
        return self._control.load_u32(_FUTEX)

    def sleep(self, seen: int, limit_ns: int) -> None:
        """Sleep until publish_futex is no longer ``seen``, 100 ms at most."""
        self._wait_count(+1)
        self._fence()
        if self.futex_word() == seen:
            shm.futex_wait(self._control.address + _FUTEX, seen, min(limit_ns, SLEEP_LIMIT_NS))
        self._wait_count(-1)

    def _wait_count(self, change: int) -> None:
        waiting = self._page.load_u32(_WAITING)
        self._page.store_u32(_WAITING, (waiting + change) & 0xFFFFFFFF)

    def close(self) -> None:
        """Unmap both."""
        self._control.close()
        self._page.close()
