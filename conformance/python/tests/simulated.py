"""The publisher's side of shared memory, small enough to be read."""

from __future__ import annotations

import fcntl
import os
import time
from typing import Callable

from cuframes_conformance import shm, wire
from cuframes_conformance.shm import Mapping

F_ADD_SEALS = 1033
SHRINK_GROW = 2 | 4
SEAL, FUTURE_WRITE = 1, 16
HEADER = wire.CONTROL_HEADER


def memfd(size: int, seals: int) -> tuple[int, Mapping]:
    """A memfd, mapped writable before it is sealed."""
    fd = os.memfd_create("cuframes-test", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    mapping = Mapping(fd, size, writable=True)
    if seals:
        fcntl.fcntl(fd, F_ADD_SEALS, seals)
    return fd, mapping


class Segment:
    """One epoch: control segment, pool and pages; its writer claims and publishes (5.1)."""

    def __init__(self, epoch: int = 1, slots: int = 4, width: int = 8, height: int = 4,
                 seq: int = 0) -> None:
        pitch, stride = 256, 4096
        self.slots, self.stride, self.seq = slots, stride, seq
        self.control_fd, self.control = memfd(4096, SHRINK_GROW | SEAL | FUTURE_WRITE)
        self.pool_fd, self.pool = memfd(slots * stride, SHRINK_GROW | SEAL | FUTURE_WRITE)
        self.pages: list[Mapping] = []
        self.fence: Callable[[], None] = shm.fence
        self.values = {
            "magic": wire.MAGIC, "proto_version": 1, "header_size": 256, "slot_size": 192,
            "slot_count": slots, "memory_kind": 3, "width": width, "height": height,
            "format": 0x20203852, "plane_count": 1, "frame_size": pitch * height,
            "plane_pitch": [pitch, 0, 0, 0], "epoch": epoch, "pool_size": slots * stride,
            "state": wire.STATE["LIVE"], "slot_of": [255] * 16, "sar_num": 1, "sar_den": 1}
        raw = HEADER.pack(self.values)
        for at in range(0, len(raw), 8):
            self.control.store_u64(at, int.from_bytes(raw[at:at + 8], "little"))

    def close(self) -> None:
        """Unmap and close."""
        for mapping in (self.control, self.pool, *self.pages):
            mapping.close()
        os.close(self.control_fd)
        os.close(self.pool_fd)

    def slot_seq(self, slot: int) -> int:
        """slot.seq."""
        return self.control.load_u64(256 + 192 * slot)

    def store_seq(self, slot: int, seq: int) -> None:
        """slot.seq = seq."""
        self.control.store_u64(256 + 192 * slot, seq)

    def held(self, slot: int) -> bool:
        """Some page has the bit of the slot."""
        return any(page.load_u32(0x40) >> slot & 1 for page in self.pages)

    def held_after_claim(self, slot: int) -> bool:
        """Step 3: every page is asked again."""
        return self.held(slot)

    def _candidates(self) -> list[tuple[int, int]]:
        seqs = [(self.slot_seq(slot), slot) for slot in range(self.slots)]
        return sorted((seq, slot) for seq, slot in seqs
                      if seq < wire.SEQ_LIMIT and (seq == 0 or seq != self.seq)
                      and not self.held(slot))

    def claim(self) -> int | None:
        """Steps 1 to 4 of "Writer" up to WRITING."""
        for old, slot in self._candidates():
            self.store_seq(slot, wire.SEQ_CLAIMED)
            self.fence()
            if not self.held_after_claim(slot):
                self.store_seq(slot, wire.SEQ_WRITING)
                return slot
            self.store_seq(slot, old)
        return None

    def publish(self, pts: int | None = None, data_offset: int | None = None) -> int | None:
        """A frame whose bytes all are its sequence; None: dropped."""
        slot = self.claim()
        if slot is None:
            self.control.store_u64(HEADER["dropped"].offset,
                                   self.control.load_u64(HEADER["dropped"].offset) + 1)
            return None
        seq = self.seq + 1
        for word in range(slot * self.stride, (slot + 1) * self.stride, 8):
            self.pool.store_u64(word, int.from_bytes(bytes([seq % 251]) * 8, "little"))
        meta = wire.FRAME_META.pack({
            "pts_ns": seq * 1000 if pts is None else pts, "duration_ns": 1000,
            "publish_ns": time.monotonic_ns(),
            "data_offset": slot * self.stride if data_offset is None else data_offset})
        for at in range(8, 64, 8):
            self.control.store_u64(256 + 192 * slot + at, int.from_bytes(meta[at:at + 8], "little"))
        self.store_seq(slot, seq)
        word = HEADER["slot_of"].offset + seq % 16 // 4 * 4
        shift = seq % 4 * 8
        hints = self.control.load_u32(word) & ~(0xFF << shift)
        self.control.store_u32(word, hints | slot << shift)
        self.seq = seq
        self.control.store_u64(HEADER["latest_seq"].offset, seq)
        self.wake()
        return seq

    def wake(self) -> None:
        """publish_futex += 1, then everybody."""
        at = HEADER["publish_futex"].offset
        self.control.store_u32(at, self.control.load_u32(at) + 1)
        self.fence()
        shm.futex_wake(self.control.address + at)

    def set_state(self, name: str) -> None:
        """A state change, with its wake."""
        self.control.store_u32(HEADER["state"].offset, wire.STATE[name])
        self.wake()

    def evict(self, page: Mapping, code: int) -> None:
        """evicted = code; wake; only then the page leaves the list."""
        page.store_u32(0x0C, code & 0xFFFFFFFF)
        self.wake()
        self.pages.remove(page)
