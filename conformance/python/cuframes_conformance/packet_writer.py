"""A writer of packets, for segments that are vectors and for tests (protocol 10, "Writer").

Every store goes through ``store``, so that a vector can list the steps of a packet in their order.
"""

from __future__ import annotations

from typing import Any, Callable

from . import wire

_HEAD, _SLOT = wire.PACKET_HEADER, wire.PACKET_SLOT
_KEY, _NEW = wire.PACKET_FLAG["KEY"], wire.PACKET_FLAG["NEW_EXTRADATA"]
Store = Callable[[int, bytes], None]


class PacketWriter:
    """Publishes packets by stores of whole words."""

    def __init__(self, slot_count: int, data_size: int, store: Store) -> None:
        self._slots, self._bytes, self._store = slot_count, data_size, store
        self._data = wire.PACKET_SLOTS_AT + slot_count * _SLOT.size
        self.last = self._head = self._generation = self._futex = 0
        self._pending: tuple[int, bytes] | None = None

    def set_params(self, codec: int, extradata: bytes) -> None:
        """Takes effect with the next key packet."""
        self._pending = codec, extradata

    def publish(self, data: bytes, **values: Any) -> int:
        """A packet with the given slot fields; its sequence."""
        for _ in self.steps(data, **values):
            pass
        return self.last

    def steps(self, data: bytes, flags: int = 0, **values: Any) -> Any:
        """The same, stopping after each step that another process can tell from the next."""
        if flags & _KEY and self._pending is not None:
            yield from self._renew(*self._pending)
            self._pending, flags = None, flags | _NEW
        seq, pos = self.last + 1, self._head
        at = wire.PACKET_SLOTS_AT + seq % self._slots * _SLOT.size
        self._u64(at, wire.SEQ_WRITING)
        self._head += -(-len(data) // wire.PACKET_ALIGN) * wire.PACKET_ALIGN
        self._u64(_HEAD["data_head"].offset, self._head)
        yield "reserved"
        self._copy(pos % self._bytes, data)
        raw = _SLOT.pack({"seq": seq, "data_pos": pos, "size": len(data), "flags": flags,
                          "extradata_gen": self._generation, **values})
        self._store(at + 8, raw[8:])
        yield "written"
        self._u64(at, seq)
        if flags & _KEY:
            self._u64(_HEAD["last_keyframe_seq"].offset, seq)
        yield "stored"
        self.last = seq
        self._u64(_HEAD["head_seq"].offset, seq)
        self._futex += 1
        self._u32("packet_futex", self._futex)

    def close(self) -> None:
        """The end of the stream."""
        self._u32("state", wire.STATE["CLOSED"])
        self._futex += 1
        self._u32("packet_futex", self._futex)

    def _renew(self, codec: int, extradata: bytes) -> Any:
        self._u32("extradata_gen", self._generation + 1)
        yield "odd"
        self._u32("codec", codec)
        self._u32("extradata_size", len(extradata))
        self._words(wire.EXTRADATA_AT, extradata)
        self._generation += 2
        self._u32("extradata_gen", self._generation)
        yield "even"

    def _copy(self, at: int, data: bytes) -> None:
        first = min(len(data), self._bytes - at)
        self._words(self._data + at, data[:first])
        self._words(self._data, data[first:])

    def _words(self, offset: int, data: bytes) -> None:
        if data:
            self._store(offset, data.ljust(-(-len(data) // 8) * 8, b"\0"))

    def _u64(self, offset: int, value: int) -> None:
        self._store(offset, value.to_bytes(8, "little"))

    def _u32(self, name: str, value: int) -> None:
        self._store(_HEAD[name].offset, value.to_bytes(4, "little"))
