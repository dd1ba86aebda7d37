"""The packet ring: the committed traces, and a writer in the middle of a copy."""

from __future__ import annotations

import os
import unittest
from typing import Any, Callable
from unittest import mock

from cuframes_conformance import shm, validate, wire
from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.packet_ring import Overrun, Packet, PacketRing
from cuframes_conformance.samples import packets
from cuframes_conformance.samples.base import bytes_of, jsonable
from cuframes_conformance.samples.packets import BYTES, KEY, SIZE, SLOTS, Scene, content
from tests.test_vectors import load

TRACES = 27


def memory(raw: bytes) -> shm.Mapping:
    """Shared memory with these bytes."""
    fd = os.memfd_create("packets")
    try:
        os.write(fd, raw)
        return shm.Mapping(fd, len(raw), writable=True)
    finally:
        os.close(fd)


def store(segment: shm.Mapping, at: int, data: bytes) -> None:
    """Whole words, or one u32."""
    if len(data) == 4:
        segment.store_u32(at, int.from_bytes(data, "little"))
        return
    for offset in range(0, len(data), 8):
        segment.store_u64(at + offset, int.from_bytes(data[offset:offset + 8], "little"))


def found(ring: PacketRing) -> dict[str, Any]:
    """What one look finds, as a trace says it."""
    try:
        what = ring.next()
    except CuframesError as problem:
        names = {ErrorCode.END_OF_STREAM: "ended", ErrorCode.NO_CODEC_PARAMS: "unsettled"}
        if problem.code not in names:
            raise
        return {names[ErrorCode(problem.code)]: True}
    if isinstance(what, Packet):
        return {"packet": {"seq": what.seq, "flags": what.flags,
                           "extradata_gen": what.params.generation, "hex": what.data.hex()}}
    return {"overrun": what.seq} if isinstance(what, Overrun) else {"nothing": True}


def replay(trace: dict[str, Any]) -> list[str]:
    """The steps of a trace in which something else was found."""
    raw = bytearray(SIZE)
    raw[:wire.PACKET_HEADER.size] = wire.PACKET_HEADER.pack(packets.header())
    segment = memory(bytes(raw))
    head = validate.packet_header(segment.words(0, wire.PACKET_HEADER.size), SIZE, None)
    ring, wrong = PacketRing(segment, head, 0), []
    for number, step in enumerate(trace["steps"]):
        if "store" in step:
            for entry in step["store"]:
                store(segment, entry["at"], bytes.fromhex(entry["hex"]))
        elif "join" in step:
            ring = PacketRing(segment, head, step["join"])
        elif (got := found(ring)) != step:
            wrong.append(f"{number}: {got}")
    return wrong


class Traces(unittest.TestCase):
    """The vectors."""

    def test_each_trace_is_found(self) -> None:
        traces = load("packet_ring.json")
        self.assertEqual(len(traces), TRACES)
        for trace in traces:
            with self.subTest(trace=trace["name"]):
                self.assertEqual(trace["slot_count"], SLOTS)
                self.assertEqual(trace["data_size"], BYTES)
                self.assertEqual(replay(trace), [])

    def test_a_trace_that_expects_something_else_is_seen(self) -> None:
        trace = load("packet_ring.json")[0]
        trace["steps"][-1]["packet"]["flags"] ^= 1
        self.assertEqual(len(replay(trace)), 1)

    def test_golden_segments_are_accepted(self) -> None:
        for vector in load("packet_segment.json"):
            raw = bytes_of(vector)
            head = validate.packet_header(raw[:wire.PACKET_HEADER.size], len(raw), None)
            self.assertEqual(jsonable(head), vector["fields"]["header"])


class Interrupted(unittest.TestCase):
    """The writer goes on between a reader's copy and its last look."""

    def look(self, sizes: int, during: int) -> Packet | Overrun | None:
        """Read packet 1 while ``during`` packets of ``sizes`` bytes are published."""
        scene = Scene("interrupted").packets(1, sizes, KEY)
        segment = memory(bytes(scene.raw))
        head = validate.packet_header(segment.words(0, wire.PACKET_HEADER.size), SIZE, None)

        def go_on() -> None:
            scene.writer._store = lambda at, data: store(segment, at, data)
            scene.packets(during, sizes)
        once: list[Callable[[], None]] = [go_on]
        return PacketRing(segment, head, 1, lambda: once.pop()() if once else None).next()

    def test_a_packet_that_stays_is_delivered(self) -> None:
        for sizes, during in ((24, 7), (1024, 3)):
            got = self.look(sizes, during)
            assert isinstance(got, Packet)
            self.assertEqual(got.data, content(1, sizes))

    def test_one_whose_slot_or_data_goes_is_not(self) -> None:
        for sizes, during in ((24, 8), (1024, 4)):
            self.assertEqual(self.look(sizes, during), Overrun(1))

    def test_without_the_last_looks_it_is(self) -> None:
        with mock.patch.object(PacketRing, "_is_whole", lambda *_: True):
            for sizes, during in ((24, 8), (1024, 4)):
                self.assertIsInstance(self.look(sizes, during), Packet)


if __name__ == "__main__":
    unittest.main()
