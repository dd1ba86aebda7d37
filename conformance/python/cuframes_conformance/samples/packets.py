"""Packet segments and traces of the packet ring (protocol 10)."""

from __future__ import annotations

from typing import Any, Callable

from .. import wire
from ..packet_writer import PacketWriter
from .base import EPOCH, hex_of, packet_segment_fields, struct_vector

SLOTS, BYTES = 8, 4096
SIZE = wire.PACKET_SLOTS_AT + SLOTS * wire.PACKET_SLOT.size + BYTES
KEY, DISCONTINUITY = wire.PACKET_FLAG["KEY"], wire.PACKET_FLAG["DISCONTINUITY"]
NEW = wire.PACKET_FLAG["NEW_EXTRADATA"]
H264 = wire.CODEC["H264"]
FIRST, SECOND = bytes.fromhex("014d401fffe1"), bytes.fromhex("0164001fffe10004")


def header(**changes: Any) -> dict[str, Any]:
    """The header of the smallest ring there is, before the first packet."""
    return {"magic": wire.PACKET_MAGIC, "version": wire.PACKET_VERSION, "slot_count": SLOTS,
            "data_size": BYTES, "state": wire.STATE["LIVE"], "epoch": EPOCH,
            "publisher_start": 123456789, "publisher_pid": 4711, **changes}


def content(seq: int, size: int) -> bytes:
    """Bytes that no other packet has at the same place."""
    return bytes((seq * 31 + index) % 256 for index in range(size))


class Scene:
    """A segment, its writer, and what a reader of it finds, step by step."""

    def __init__(self, name: str, note: str = "") -> None:
        self.raw = bytearray(SIZE)
        self.raw[:wire.PACKET_HEADER.size] = wire.PACKET_HEADER.pack(header())
        self.writer = PacketWriter(SLOTS, BYTES, self.store)
        self._stores: list[dict[str, Any]] = []
        self._trace = {"name": name, "slot_count": SLOTS, "data_size": BYTES, "note": note}
        self._steps: list[dict[str, Any]] = []

    def store(self, at: int, data: bytes) -> None:
        """One copy of whole words, or one word."""
        self.raw[at:at + len(data)] = data
        self._stores.append({"at": at, "hex": data.hex()})

    def patch(self, seq: int, field: str, value: int) -> Scene:
        """What no honest writer stores: a field of the slot of ``seq``."""
        place = wire.PACKET_SLOT[field]
        at = wire.PACKET_SLOTS_AT + seq % SLOTS * wire.PACKET_SLOT.size + place.offset
        self.store(at, place.encode(value))
        return self

    def packets(self, count: int, size: int = 24, flags: int = 0) -> Scene:
        """So many packets, each published as a whole."""
        for _ in range(count):
            seq = self.writer.last + 1
            self.writer.publish(content(seq, size), flags=flags, pts_ns=seq * 40_000_000,
                                dts_ns=(seq - 1) * 40_000_000, duration_ns=40_000_000,
                                publish_ns=4_000_000_000 + seq)
        return self

    def part(self, until: str, size: int = 24, flags: int = 0) -> Callable[[], Scene]:
        """A packet up to the step ``until``; the result publishes the rest of it."""
        steps = self.writer.steps(content(self.writer.last + 1, size), flags=flags)
        for step in steps:
            if step == until:
                break

        def rest() -> Scene:
            for _ in steps:
                pass
            return self
        return rest

    def params(self, extradata: bytes) -> Scene:
        """Codec parameters that wait for the next key packet."""
        self.writer.set_params(H264, extradata)
        return self

    def end(self) -> Scene:
        """The end of the stream."""
        self.writer.close()
        return self

    def _step(self, step: dict[str, Any]) -> Scene:
        if self._stores:
            self._steps.append({"store": self._stores})
            self._stores = []
        self._steps.append(step)
        return self

    def join(self, initial: int) -> Scene:
        """A reader begins, with the packet that HELLO_RESP told it."""
        return self._step({"join": initial})

    def gives(self, seq: int, flags: int = 0, generation: int = 0, size: int = 24) -> Scene:
        """The reader gets this packet."""
        return self._step({"packet": {"seq": seq, "flags": flags, "extradata_gen": generation,
                                      "hex": content(seq, size).hex()}})

    def overrun(self, seq: int) -> Scene:
        """The reader is told that it lost this packet."""
        return self._step({"overrun": seq})

    def finds(self, what: str) -> Scene:
        """``nothing``, ``ended`` or ``unsettled``."""
        return self._step({what: True})

    def trace(self) -> dict[str, Any]:
        """The vector."""
        return {**self._trace, "steps": self._steps}


def segments() -> list[dict[str, Any]]:
    """Segments that a reader must accept."""
    def vector(scene: Scene, note: str) -> dict[str, Any]:
        raw = bytes(scene.raw)
        return {"name": scene.trace()["name"], "struct": "packet_segment", **hex_of(raw),
                "fields": packet_segment_fields(raw), "note": note}

    writing = Scene("writing").packets(8, flags=KEY)
    writing.part("reserved")
    odd = Scene("extradata_half_written").params(FIRST).packets(1, flags=KEY).params(SECOND)
    odd.part("odd", flags=KEY)
    return [
        vector(Scene("empty"), "a publisher just started"),
        vector(Scene("three_packets").params(FIRST).packets(1, 100, KEY).packets(2),
               "codec parameters of generation 2, and a key packet that brings them"),
        vector(Scene("full").packets(12, flags=KEY), "each slot was used, four of them twice"),
        vector(Scene("wrapped").packets(4, 960, KEY).packets(1, 1024),
               "packet 5 begins at 3840 and goes on at 0"),
        vector(writing, "packet 9 is being written: slot 1 has no packet"),
        vector(odd, "extradata_gen is odd"),
        vector(Scene("closed").packets(2, flags=KEY).end(), "the packets stay readable"),
    ]


def slots() -> list[dict[str, Any]]:
    """Slots, the extreme values included."""
    plain = {"seq": 5, "data_pos": 4096, "size": 1000, "flags": KEY, "pts_ns": 40_000_000,
             "dts_ns": 0, "duration_ns": 40_000_000, "publish_ns": 4_000_000_000,
             "extradata_gen": 2}
    odd = {"seq": (1 << 63) - 2, "data_pos": (1 << 64) - 64, "size": (1 << 32) - 1,
           "flags": sum(wire.PACKET_FLAG.values()), "pts_ns": -1, "dts_ns": wire.NO_PTS,
           "extradata_gen": (1 << 32) - 2, "stream_index": 3}
    return [
        struct_vector("empty", wire.PACKET_SLOT, {}),
        struct_vector("plain", wire.PACKET_SLOT, plain),
        struct_vector("extremes", wire.PACKET_SLOT, odd, "the position wraps at 2^64"),
        struct_vector("writing", wire.PACKET_SLOT, {"seq": wire.SEQ_WRITING}),
    ]


def traces() -> list[dict[str, Any]]:
    """What a reader must find, step by step."""
    return [scene.trace() for scene in (*_joins(), *_losses(), *_between(), *_extradata(), *_lies())]


def _joins() -> list[Scene]:
    return [
        Scene("from_a_key_packet").packets(1, flags=KEY).packets(2).join(1)
        .gives(1, KEY).gives(2).gives(3).finds("nothing").packets(1).gives(4),
        Scene("from_the_next_key_packet").packets(2, flags=KEY).join(0).finds("nothing")
        .packets(2).finds("nothing").packets(1, flags=KEY).packets(1).gives(5, KEY).gives(6),
        Scene("before_the_first_packet").join(0).finds("nothing").packets(1, flags=KEY)
        .gives(1, KEY),
        Scene("to_the_end", "what is in the ring comes before the end")
        .packets(3, flags=KEY).end().join(2).gives(2, KEY).gives(3, KEY).finds("ended")
        .finds("ended"),
        Scene("over_the_end_of_the_data").packets(4, 960, KEY).packets(1, 1024).join(4)
        .gives(4, KEY, size=960).gives(5, size=1024),
        Scene("every_size_up_to_the_largest").packets(1, 1, KEY).packets(1, 63).packets(1, 64)
        .packets(1, 65).packets(1, 1024).join(1).gives(1, KEY, size=1).gives(2, size=63)
        .gives(3, size=64).gives(4, size=65).gives(5, size=1024),
    ]


def _losses() -> list[Scene]:
    lost = KEY | DISCONTINUITY
    return [
        Scene("slots_overrun").packets(1, flags=KEY).join(1).gives(1, KEY).packets(8)
        .packets(1, flags=KEY).packets(2).overrun(2).gives(10, lost).gives(11).gives(12),
        Scene("overrun_waits_for_a_key_packet").packets(1, flags=KEY).join(1).gives(1, KEY)
        .packets(10).overrun(2).finds("nothing").packets(1).finds("nothing")
        .packets(1, flags=KEY).gives(13, lost),
        Scene("data_overrun", "the slot of packet 1 is intact, its bytes are not")
        .packets(1, 1024, KEY).join(1).packets(4, 1024).overrun(1).finds("nothing")
        .packets(1, flags=KEY).gives(6, lost),
        Scene("data_not_yet_overrun", "four packets of 1024 bytes fill the data, and no more")
        .packets(1, 1024, KEY).join(1).packets(3, 1024).gives(1, KEY, size=1024)
        .gives(2, size=1024),
        Scene("overrun_twice").packets(1, flags=KEY).join(1).gives(1, KEY).packets(9)
        .overrun(2).packets(1, flags=KEY).gives(11, lost).packets(9, flags=KEY).overrun(12)
        .gives(20, lost),
        Scene("a_lost_key_packet_on_the_way_is_not_told").packets(1, flags=KEY).join(1)
        .gives(1, KEY).packets(9).overrun(2).packets(1, flags=KEY).packets(8).finds("nothing")
        .packets(1, flags=KEY).gives(20, lost),
        Scene("end_after_an_overrun").packets(1, flags=KEY).join(1).gives(1, KEY).packets(9)
        .end().overrun(2).finds("ended"),
    ]


def _between() -> list[Scene]:
    reserved = Scene("room_is_taken_before_it_is_written",
                     "packet 9 will have the slot of packet 1")
    reserved.packets(8, flags=KEY).join(1)
    write = reserved.part("reserved")
    reserved.overrun(1)
    write().gives(8, KEY | DISCONTINUITY).gives(9)
    stored = Scene("stored_but_not_told", "nothing beyond head_seq is looked at")
    stored.packets(1, flags=KEY).join(1).gives(1, KEY)
    tell = stored.part("stored")
    stored.finds("nothing")
    tell().gives(2)
    key = Scene("key_packet_stored_but_not_told", "last_keyframe_seq is ahead of head_seq")
    key.packets(1, flags=KEY).join(0)
    tell_key = key.part("stored", flags=KEY)
    key.finds("nothing")
    tell_key().gives(2, KEY)
    return [reserved, stored, key]


def _extradata() -> list[Scene]:
    odd = Scene("extradata_half_written").params(FIRST).packets(1, flags=KEY).join(1)
    odd.params(SECOND)
    go_on = odd.part("odd", flags=KEY)
    odd.finds("unsettled")
    go_on().overrun(1).gives(2, KEY | NEW | DISCONTINUITY, 4)
    held = Scene("extradata_in_hand", "of generation 2: the header is not looked at again")
    held.params(FIRST).packets(1, flags=KEY).packets(1).join(1).gives(1, KEY | NEW, 2)
    held.params(SECOND).packets(1, flags=KEY).gives(2, 0, 2).gives(3, KEY | NEW, 4)
    return [
        Scene("extradata_waits_for_a_key_packet").params(FIRST).packets(1, flags=KEY).join(1)
        .gives(1, KEY | NEW, 2).params(SECOND).packets(1).gives(2, 0, 2).packets(1, flags=KEY)
        .gives(3, KEY | NEW, 4),
        Scene("extradata_gone", "the packet is whole, the extradata is another one's")
        .params(FIRST).packets(1, flags=KEY).join(1).params(SECOND).packets(1, flags=KEY)
        .overrun(1).gives(2, KEY | NEW | DISCONTINUITY, 4),
        odd, held,
    ]


def _lies() -> list[Scene]:
    """A publisher that lies is borne as one that was faster."""
    def lie(name: str, field: str, value: int) -> Scene:
        return Scene(name).packets(1, flags=KEY).patch(1, field, value).join(1).overrun(1) \
            .finds("nothing").packets(1, flags=KEY).gives(2, KEY | DISCONTINUITY)
    return [
        lie("size_zero", "size", 0),
        lie("size_over_a_quarter_of_the_data", "size", 1025),
        lie("size_beyond_the_segment", "size", (1 << 32) - 1),
        lie("position_not_aligned", "data_pos", 8),
        lie("position_not_reserved", "data_pos", 64 * 3),
        lie("position_long_gone", "data_pos", (1 << 64) - 4096),
        lie("begins_inside", "flags", 0),
    ]
