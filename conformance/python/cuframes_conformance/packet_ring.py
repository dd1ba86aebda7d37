"""The packet ring: reading, overrun and the way back, extradata (protocol 10)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Callable, Protocol

from . import shm, validate, wire
from .errors import CuframesError, ErrorCode

SLEEP_LIMIT_NS = 100_000_000
_SETTLE_NS = 10_000_000
_SETTLE_TURN_S = 0.000_1
_U64 = (1 << 64) - 1
_KEY, _DISCONTINUITY = wire.PACKET_FLAG["KEY"], wire.PACKET_FLAG["DISCONTINUITY"]

_HEAD = wire.PACKET_HEADER
_HEAD_SEQ, _KEYFRAME, _DATA_HEAD = (
    _HEAD[name].offset for name in ("head_seq", "last_keyframe_seq", "data_head"))
_FUTEX, _STATE = _HEAD["packet_futex"].offset, _HEAD["state"].offset
_CODEC, _SIZE, _GEN = (
    _HEAD[name].offset for name in ("codec", "extradata_size", "extradata_gen"))
_WAITING = wire.SUBSCRIBER_SLOT["packet_waiting"].offset


class Words(Protocol):
    """What a reader needs of shared memory; `shm.Mapping` has it."""

    address: int

    def load_u64(self, offset: int) -> int: ...
    def load_u32(self, offset: int) -> int: ...
    def words(self, offset: int, size: int) -> bytes: ...


@dataclass(frozen=True)
class Params:
    """A codec and its extradata."""

    codec: int
    extradata: bytes
    generation: int


@dataclass(frozen=True)
class Packet:
    """A whole copy of a packet."""

    seq: int
    data: bytes
    flags: int
    fields: dict[str, Any] = field(repr=False)
    params: Params = field(repr=False)

    @property
    def is_key(self) -> bool:
        """It decodes without those before it."""
        return bool(self.flags & _KEY)


@dataclass(frozen=True)
class Overrun:
    """Packet ``seq`` was overwritten before it was read. Told once."""

    seq: int


class _Lost(Exception):
    """The packet looked at is not to be had."""


class PacketRing:
    """A reader's view of a packet segment. One thread uses it.

    ``fence`` is the fence of the last look; a test puts the writer's steps into it.
    """

    def __init__(self, segment: Words, header: dict[str, Any], initial: int,
                 fence: Callable[[], None] = lambda: None) -> None:
        self._segment, self._fence = segment, fence
        self._slots: int = header["slot_count"]
        self._bytes: int = header["data_size"]
        self._data = wire.PACKET_SLOTS_AT + self._slots * wire.PACKET_SLOT.size
        self.params: Params | None = None
        self.last = 0
        self._next = initial or self.head() + 1
        # Packets on the way to a key packet are passed over, and losses of them not told.
        self._seeking = initial == 0
        self._interrupted = False

    def head(self) -> int:
        """The newest packet, 0 none (acquire)."""
        head = self._segment.load_u64(_HEAD_SEQ)
        validate.require(head < wire.SEQ_LIMIT - 1, f"head_seq {head}")
        return head

    def state(self) -> int:
        """LIVE or CLOSED (acquire)."""
        state = self._segment.load_u32(_STATE)
        validate.require(state in (wire.STATE["LIVE"], wire.STATE["CLOSED"]), f"state {state}")
        return state

    def interrupt(self) -> None:
        """What comes next does not follow what came before."""
        self._interrupted = True

    def next(self) -> Packet | Overrun | None:
        """The next packet, what was lost before it, or None. END_OF_STREAM at the end."""
        state = self.state()
        head = self.head()
        while self._next <= head:
            try:
                packet = self._copy(self._next, head)
            except _Lost:
                lost, self._next = self._next, self._behind(self._next, head)
                if not self._seeking:
                    self._seeking = self._interrupted = True
                    return Overrun(lost)
                continue
            if packet.is_key or not self._seeking:
                return self._deliver(packet)
            self._next += 1
        if state == wire.STATE["CLOSED"]:
            raise CuframesError(ErrorCode.END_OF_STREAM, "the last packet was read")
        return None

    def _behind(self, lost: int, head: int) -> int:
        """Where to look for a key packet after ``lost`` ("Overrun")."""
        key = self._segment.load_u64(_KEYFRAME)
        return key if lost < key < wire.SEQ_LIMIT else max(lost, head) + 1

    def _deliver(self, packet: Packet) -> Packet:
        flags = packet.flags | (_DISCONTINUITY if self._interrupted else 0)
        self.params, self.last, self._next = packet.params, packet.seq, packet.seq + 1
        self._seeking = self._interrupted = False
        return Packet(packet.seq, packet.data, flags, packet.fields, packet.params)

    def _reserved(self, pos: int) -> bool:
        """The bytes from ``pos`` on were not given to a later packet."""
        return (self._segment.load_u64(_DATA_HEAD) - pos) & _U64 <= self._bytes

    def _copy(self, seq: int, head: int) -> Packet:
        """Packet ``seq``, looked at again after the copy."""
        at = wire.PACKET_SLOTS_AT + seq % self._slots * wire.PACKET_SLOT.size
        if head - seq >= self._slots or self._segment.load_u64(at) != seq:
            raise _Lost
        fields = wire.PACKET_SLOT.unpack(self._segment.words(at, wire.PACKET_SLOT.size))
        size, pos = fields["size"], fields["data_pos"]
        possible = 0 < size <= self._bytes // 4 and pos % wire.PACKET_ALIGN == 0
        begins = fields["flags"] & _KEY or self._seeking or self.last
        if not possible or not begins or not self._reserved(pos):
            raise _Lost
        params = self._params_of(fields["extradata_gen"])
        data = self._bytes_at(pos % self._bytes, size)
        self._fence()
        if not self._is_whole(at, seq, pos):
            raise _Lost
        return Packet(seq, data, fields["flags"], {**fields, "seq": seq}, params)

    def _is_whole(self, at: int, seq: int, pos: int) -> bool:
        """The looks behind the copy: the slot and the data."""
        return self._segment.load_u64(at) == seq and self._reserved(pos)

    def _bytes_at(self, at: int, size: int) -> bytes:
        """Bytes of the data ring, which has an end."""
        first = min(size, self._bytes - at)
        raw = self._words(self._data + at, first)
        return raw + self._words(self._data, size - first)

    def _words(self, offset: int, size: int) -> bytes:
        return self._segment.words(offset, -(-size // 8) * 8)[:size]

    def _params_of(self, generation: int) -> Params:
        """The extradata of a packet's own generation, or the packet is lost."""
        if self.params is not None and self.params.generation == generation:
            return self.params
        params = self.read_params()
        if params.generation != generation:
            raise _Lost
        return params

    def read_params(self) -> Params:
        """What the header has now ("Extradata")."""
        deadline = time.monotonic_ns() + _SETTLE_NS
        while True:
            before = self._segment.load_u32(_GEN)
            codec, size = self._segment.load_u32(_CODEC), self._segment.load_u32(_SIZE)
            extradata = self._words(wire.EXTRADATA_AT, min(size, wire.MAX_EXTRADATA))
            if before % 2 == 0 and self._segment.load_u32(_GEN) == before:
                break
            if time.monotonic_ns() >= deadline:
                raise CuframesError(ErrorCode.NO_CODEC_PARAMS, "extradata is half written")
            time.sleep(_SETTLE_TURN_S)
        validate.require(size <= wire.MAX_EXTRADATA, f"extradata_size {size}")
        return Params(codec, extradata, before)

    def futex_word(self) -> int:
        """packet_futex (acquire), read before one looks for a packet."""
        return self._segment.load_u32(_FUTEX)

    def sleep(self, page: shm.Mapping, seen: int, limit_ns: int) -> None:
        """Sleep until packet_futex is no longer ``seen``, 100 ms at most."""
        page.store_u32(_WAITING, page.load_u32(_WAITING) + 1)
        shm.fence()
        if self.futex_word() == seen:
            limit = min(limit_ns, SLEEP_LIMIT_NS)
            shm.futex_wait(self._segment.address + _FUTEX, seen, limit)
        page.store_u32(_WAITING, page.load_u32(_WAITING) - 1)
