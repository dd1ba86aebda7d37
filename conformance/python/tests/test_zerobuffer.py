"""ZeroBuffer's model: against glibc, against a real buffer, and against what its rules say."""

from __future__ import annotations

import ctypes
import os
import threading
import time
import unittest
from pathlib import Path
from typing import Any

from cuframes_conformance import zerobuffer
from cuframes_conformance.samples import zerobuffer as samples
from cuframes_conformance.samples import zerobuffer_traces
from cuframes_conformance.samples.zerobuffer_scene import Scene
from cuframes_conformance.samples.zerobuffer_traces import a_real_buffer
from cuframes_conformance.zerobuffer import HEADER, OIEB, WRITING
from cuframes_conformance.zerobuffer_ring import Buffer

# Memory behind a reader and a writer in C++: metadata of 64 bytes, payload of 256; 100 times A
# read and given back, 60 times B read and held, 80 times C not read.
REAL = bytes.fromhex("""
    80000000 01000000 4000000000000000 2900000000000000 1700000000000000
    0001000000000000 1400000000000000 6000000000000000 c000000000000000
    0400000000000000 0200000000000000 2222000000000000 1111000000000000
""").ljust(128, b"\0") + (bytes.fromhex("0f00000000000000") + b'{"caps":"NV12"}').ljust(64, b"\0") \
    + bytes.fromhex("50000000000000000300000000000000") + b"C" * 80 + b"A" * 20 \
    + bytes.fromhex("3c000000000000000200000000000000") + b"B" * 60 + bytes(64)


def fields(step: dict[str, Any]) -> dict[str, Any]:
    """The first block after a step."""
    return OIEB.unpack(bytes.fromhex(step["segment"])[:OIEB.size])


def trace(name: str) -> list[dict[str, Any]]:
    """Its steps."""
    found = [entry for entry in zerobuffer_traces.traces() if entry["name"] == name]
    assert len(found) == 1, name
    return list(found[0]["steps"])


class Real(unittest.TestCase):
    """What other programs make is what the model makes."""

    def test_a_buffer_of_the_cpp_implementation(self) -> None:
        scene = a_real_buffer()
        self.assertEqual(len(REAL), 128 + 64 + 256)
        self.assertEqual(bytes(scene.buffer.raw).hex(), REAL.hex())

    def test_semaphores_of_glibc(self) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.sem_open.restype = ctypes.c_void_p
        name = f"cuframes-model-{os.getpid()}"
        made = libc.sem_open(name.encode(), os.O_CREAT | os.O_EXCL, 0o600, 0)
        self.assertNotIn(made, (None, 0), os.strerror(ctypes.get_errno()))
        semaphore = ctypes.c_void_p(made)
        path = Path(f"/dev/shm/sem.{name}")
        try:
            self.assertEqual(path.read_bytes(), zerobuffer.semaphore(0))
            for value in (1, 2, 3):
                self.assertEqual(libc.sem_post(semaphore), 0)
                self.assertEqual(path.read_bytes(), zerobuffer.semaphore(value))
            for _ in range(3):
                self.assertEqual(libc.sem_wait(semaphore), 0)
            self._waits(libc, semaphore, path)
            self.assertEqual(path.read_bytes(), zerobuffer.semaphore(0))
        finally:
            libc.sem_unlink(name.encode())
            libc.sem_close(semaphore)

    def _waits(self, libc: Any, semaphore: ctypes.c_void_p, path: Path) -> None:
        waiting = threading.Thread(target=libc.sem_wait, args=(semaphore,))
        waiting.start()
        deadline = time.monotonic() + 20
        seen = False
        while not seen and time.monotonic() < deadline:
            seen = path.read_bytes() == zerobuffer.semaphore(0, waiters=1)
        libc.sem_post(semaphore)
        waiting.join()
        self.assertTrue(seen)


class Refusals(unittest.TestCase):
    """The stated verdicts are the model's."""

    def test_first_blocks(self) -> None:
        entries = samples.first_blocks()
        self.assertEqual(len(entries), 37)
        self.assertEqual(sum(entry["error"] is None for entry in entries), 10)
        self.assertEqual(len({entry["name"] for entry in entries}), len(entries))
        for entry in entries:
            with self.subTest(block=entry["name"]):
                self.assertEqual(samples.verdict(entry), entry["error"])

    def test_a_reader_that_finds_one(self) -> None:
        said = [entry["reader"] for entry in samples.first_blocks()]
        counts = {what: said.count(what) for what in set(said)}
        self.assertEqual(counts, {"ReaderAlreadyConnected": 27, "Corrupt": 4, None: 6})

    def test_names(self) -> None:
        good = [entry["name"] for entry in samples.names() if "files" in entry]
        bad = [entry["name"] for entry in samples.names() if "error" in entry]
        self.assertEqual((len(good), len(bad)), (9, 10))
        for name in bad:
            with self.subTest(name=name), self.assertRaises(zerobuffer.Failure):
                zerobuffer.files(name)
        self.assertEqual(max(len(name.encode()) for name in good), 245)

    def test_sizes(self) -> None:
        refused = [entry for entry in samples.geometries() if "error" in entry]
        self.assertEqual(len(refused), 7)
        for entry in refused:
            with self.assertRaises(zerobuffer.Failure):
                zerobuffer.blocks(entry["metadata_size"], entry["payload_size"])
        self.assertEqual(zerobuffer.blocks(0, 1), (0, 64))
        self.assertEqual(zerobuffer.blocks(65, 256 << 20), (128, 256 << 20))


class Rules(unittest.TestCase):
    """Numbers that follow from the rules, worked out by hand."""

    def test_a_frame_takes_16_bytes_more(self) -> None:
        steps = Scene("-").connect().write(40).read().release(0).steps
        values = [(fields(step)["payload_free_bytes"], fields(step)["payload_write_pos"],
                   fields(step)["payload_read_pos"], step["frames"], step["space"])
                  for step in steps[2:]]
        self.assertEqual(values, [(136, 56, 0, 1, 0), (136, 56, 56, 0, 0), (192, 56, 56, 0, 1)])

    def test_a_tail_of_1_to_15_bytes_is_never_left(self) -> None:
        for first in range(1, 145):
            for second in range(1, 145):
                if 192 - first - HEADER < HEADER + second + 16:
                    continue
                scene = Scene("-").connect().pass_on(first, second)
                left = 192 - fields(scene.steps[-1])["payload_write_pos"]
                self.assertFalse(0 < left < HEADER, (first, second))

    def test_early_wrap(self) -> None:
        last = fields(trace("early_wrap")[7])
        self.assertEqual((last["payload_write_pos"], last["payload_read_pos"]), (68, 68))
        self.assertEqual((last["payload_written_count"], last["payload_read_count"]), (3, 3))

    def test_exact_fill(self) -> None:
        write, read = trace("exact_fill")[5:7]
        self.assertEqual(fields(write)["payload_write_pos"], 0)
        self.assertEqual(fields(read)["payload_read_pos"], 192)
        self.assertEqual(fields(trace("exact_fill")[-1])["payload_written_count"], 4)

    def test_out_of_order(self) -> None:
        free = [fields(step)["payload_free_bytes"]
                for step in trace("released_out_of_order")[-3:]]
        space = [step["space"] for step in trace("released_out_of_order")[-3:]]
        self.assertEqual((free, space), ([54, 54, 192], [0, 0, 3]))

    def test_a_tail_behind_a_held_frame(self) -> None:
        # 40 and 68 end at 140: 30 go to 0, and 52 bytes are left out. They come back, as does
        # what lies behind them, with the frame of 68.
        steps = trace("tail_behind_a_held_frame")
        released = [fields(step)["payload_free_bytes"] for step in steps if step["do"] == "release"]
        self.assertEqual(released, [192, 192 - 84 - 52 - 46, 192])

    def test_the_marker_is_taken_early(self) -> None:
        refused, nothing, written = trace("marker_taken_early")[5:8]
        self.assertEqual(refused["gives"], {"error": "BufferFull"})
        self.assertEqual((refused["frames"], refused["space"]), (0, 0))
        self.assertEqual(fields(refused)["payload_free_bytes"], 80)
        self.assertEqual((nothing["gives"], nothing["space"]), (None, 1))
        self.assertEqual(fields(nothing)["payload_free_bytes"], 192)
        self.assertEqual(written["gives"], 2)

    def test_while_the_first_frame_is_written(self) -> None:
        begun = bytes.fromhex(trace("made_in_place")[2]["begun"])
        self.assertEqual(int.from_bytes(begun[128:136], "little"), WRITING)
        self.assertEqual(int.from_bytes(begun[136:144], "little"), 1)

    def test_a_peer_leaves_a_tail(self) -> None:
        for name, counted in (("tail_of_8", 3), ("tail_of_8_counted", 4)):
            last = fields(trace(name)[-1])
            self.assertEqual(last["payload_written_count"], counted)
            self.assertEqual(last["payload_read_count"], 3)
            self.assertEqual(last["payload_free_bytes"], 192)

    def test_numbers_over_reconnects(self) -> None:
        for name in ("reconnect", "reconnect_behind_an_exact_fill", "reconnect_in_the_second_lap",
                     "reconnect_behind_a_marker"):
            told = [step["gives"] for step in trace(name) if step["do"] == "write"]
            self.assertEqual(told, list(range(1, len(told) + 1)), name)

    def test_a_dead_writer_left_a_frame_that_is_whole(self) -> None:
        killed = [entry["name"] for entry in zerobuffer_traces.traces() if "killed" in entry["name"]]
        self.assertEqual(len(killed), 16)
        read = {}
        for name in killed:
            gives = [step["gives"] for step in trace(name) if step["do"] == "read"]
            read[name] = [got["sequence"] for got in gives if "sequence" in got]
            self.assertIn({"error": "WriterDead"}, gives)
        for before, lies in (("position", False), ("space", True), ("count", True), ("post", True)):
            self.assertEqual(read[f"peer_killed_before_the_{before}"], [1, 2, 3][:2 + lies])
        for before in ("data", "space", "position", "count", "first_header", "post"):
            lies = before in ("count", "first_header", "post")
            self.assertEqual(read[f"killed_at_the_beginning_before_the_{before}"],
                             [1, 2, 3][:2 + lies])
            self.assertEqual(read[f"killed_behind_another_before_the_{before}"],
                             [1, 2, 3, 4][:3 + lies])

    def test_headers_are_at_any_byte(self) -> None:
        buffer = Buffer(0, 64)
        buffer.set_header(17, 3, 2)
        self.assertEqual(buffer.header(17), (3, 2))
        self.assertEqual(buffer.raw[128 + 17:128 + 34].hex(), "03" + "00" * 7 + "02" + "00" * 8)


class Traces(unittest.TestCase):
    """Every trace has what a replayer needs."""

    def test_steps(self) -> None:
        known = {"create", "connect", "close_writer", "close_reader", "set_metadata", "metadata",
                 "write", "lend", "give_up", "read", "release", "peer"}
        traces = zerobuffer_traces.traces()
        self.assertEqual(len({entry["name"] for entry in traces}), 68)
        steps = [step for entry in traces for step in entry["steps"]]
        self.assertEqual(len(steps), 852)
        self.assertEqual({step["do"] for step in steps}, known)
        for step in steps:
            self.assertLessEqual({"gives", "segment", "frames", "space"}, set(step))

    def test_nothing_is_lost_and_nothing_comes_twice(self) -> None:
        for entry in zerobuffer_traces.traces():
            if any(step["do"] == "peer" for step in entry["steps"]):
                continue
            written = [step["hex"] for step in entry["steps"]
                       if step["do"] in ("write", "lend") and isinstance(step["gives"], int)]
            read = [step["gives"]["hex"] for step in entry["steps"]
                    if step["do"] == "read" and "hex" in (step["gives"] or {})]
            self.assertEqual(read, written[:len(read)], entry["name"])


if __name__ == "__main__":
    unittest.main()
