"""Frames on a GPU that stand in our slots are published without a copy, and nobody behind the
filter draws into them: proven by address, by the driver's calls, and by what is read."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import unittest

from harness import FRAMES, WATCHDOG, Process, hashes, interposer, program, raw, reference, until
from simulated import GpuCase, h264

COPY = "cuMemcpy2DAsync_v2"
PLANES = 2  # of nv12; each is copied by a call of its own
DECODED = ("-hwaccel", "cuda", "-hwaccel_output_format", "cuda")
PART = 30
DRAWN = 8

Call = tuple[str, ...]


def source() -> tuple[str, ...]:
    return raw("nv12", "320x240")


class Copies(GpuCase):
    """What is counted here is what the interposer and the driver saw."""

    def calls(self, graph: str, given: tuple[str, ...] | None = None) -> list[Call]:
        """Run a graph over 60 frames with nobody reading: (call, address, where) in order, without
        the downloads behind the filter. How many copies the driver made is in self.copied, and in
        self.probed how many of them before there was a publisher."""
        addresses, log = self.path("addresses"), self.path("driver")
        env = os.environ | {"LD_PRELOAD": str(interposer()), "ADDRESSES": str(addresses),
                            "FAKE_CUDA_LOG": str(log)}
        writer = self.ffmpeg(*(given or source()), "-an", "-vf", graph, "-f", "framemd5",
                             self.path("passed"), env=env, level="debug")
        self.said = self.finish(writer)
        begun, *every = [tuple(line.split()) for line in addresses.read_text().splitlines()]
        self.assertEqual(begun[0], "begun")
        self.copied = self.copies_in(log.read_text())
        self.probed = self.copies_in(log.read_text()[:int(begun[1])])
        log.unlink()
        addresses.unlink()
        return [call for call in every if call[2] != "elsewhere"]

    @staticmethod
    def copies_in(log: str) -> int:
        return sum(line.split()[2] == COPY for line in log.splitlines())

    def pool_size(self, memory: str) -> int:
        """As the publisher tells everybody."""
        writer = self.ffmpeg(*source(), "-vf",
                             f"hwupload_cuda,{self.filter(memory=memory, wait_subscribers=1)}",
                             "-f", "null", "-")
        size = self.live()["pool_size"]
        writer.send_signal(signal.SIGTERM)
        self.finish(writer, None)
        return int(size)

    def in_place(self, memory: str) -> None:
        pool = self.pool_size(memory)
        calls = self.calls(f"hwupload_cuda,{self.filter(memory=memory)},hwdownload,format=nv12")
        self.assertEqual([call[0] for call in calls], ["filled", "slot"] * FRAMES)
        self.assertEqual([call[1] for call in calls[::2]], [call[1] for call in calls[1::2]])
        # By the driver's word all of them lie in one allocation, and that is the pool.
        where, = {call[2] for call in calls}
        base, size = (int(word, 0) for word in where.split("+"))
        self.assertEqual(size, pool)
        for call in calls:
            self.assertTrue(base <= int(call[1], 16) < base + size)
        self.assertEqual(len({call[1] for call in calls}), 8)
        # And these are the addresses that the filter itself tells.
        told = re.findall(r"seq:(\d+) pts:\d+ data:0x(\w+) in place", self.said)
        self.assertEqual(told, [(str(number), call[1].removeprefix("0x"))
                                for number, call in enumerate(calls[1::2], 1)])
        self.assertIn(f"{FRAMES} published, 0 dropped, 0 copies", self.said)
        # Up and down again, and nothing in between.
        self.assertEqual(self.copied - self.probed, 2 * PLANES * FRAMES)

    def test_uploads_into_a_pool_of_descriptors(self) -> None:
        self.in_place("cuda_vmm")

    def test_uploads_into_a_pool_of_ipc_handles(self) -> None:
        self.in_place("cuda_ipc")

    def elsewhere(self, graph: str) -> None:
        """Every frame is copied once, from an allocation that is not the pool."""
        calls = self.calls(graph)
        pool = self.pool_size("auto")
        self.assertEqual([call[0] for call in calls], ["filled", "copied"] * FRAMES)
        self.assertNotIn(pool, {int(call[2].split("+")[1]) for call in calls})
        self.assertIn(f"{FRAMES} published, 0 dropped, {FRAMES} copies", self.said)
        self.assertEqual(self.copied - self.probed, 3 * PLANES * FRAMES)

    def test_without_a_slot_to_spare_it_is_one_copy(self) -> None:
        self.elsewhere(f"hwupload_cuda,{self.filter(slots=2)},hwdownload,format=nv12")

    def test_memory_host_is_one_download(self) -> None:
        self.calls(f"hwupload_cuda,{self.filter(memory='host')},hwdownload,format=nv12")
        self.assertIn(f"{FRAMES} published, 0 dropped, {FRAMES} copies", self.said)
        self.assertEqual(self.copied - self.probed, 3 * PLANES * FRAMES)

    def test_slots_that_are_held_behind_are_not_given_out(self) -> None:
        # The filter behind keeps 20 frames to send them again, which is more than there is.
        calls = self.calls(f"hwupload_cuda,{self.filter(slots=8)},loop=loop=1:size=20,"
                           "hwdownload,format=nv12")
        copies = sum(call[0] == "copied" for call in calls)
        self.assertEqual(copies + sum(call[0] == "slot" for call in calls), FRAMES)
        self.assertGreaterEqual(copies, 16)  # four of the eight slots are handed out
        self.assertIn(f"{FRAMES} published, 0 dropped, {copies} copies", self.said)
        passed = hashes(self.path("passed"))
        self.assertEqual(len(passed), FRAMES + 20)
        self.assertEqual(passed[:20], passed[20:40])

    def test_decoded_frames_cost_one_copy(self) -> None:
        path = h264("one-size.h264", "320x240", frames=PART)
        given = (*DECODED, "-i", str(path))
        log = self.path("driver")
        self.finish(self.ffmpeg(*given, "-vf", "hwdownload,format=nv12", "-f", "null", "-",
                                env=os.environ | {"FAKE_CUDA_LOG": str(log)}))
        without = self.copies_in(log.read_text())
        log.unlink()
        # The decoder may be ahead of the publisher, an upload is not.
        self.calls(f"hwupload_cuda,{self.filter()},hwdownload,format=nv12")
        probed = self.probed
        calls = self.calls(f"{self.filter()},hwdownload,format=nv12", given)
        self.assertEqual([call[0] for call in calls if call[0] != "filled"], ["copied"] * PART)
        self.assertEqual(self.copied, without + probed + PLANES * PART)
        self.assertIn(f"{PART} published, 0 dropped, {PART} copies", self.said)


class Drawing(GpuCase):
    """A reader that is stopped until all frames have been drawn on reads what was published."""

    def read(self, *anyway: str) -> list[str]:
        picture = "testsrc2=size=320x240:rate=25,format=nv12"
        reference("-f", "lavfi", "-i", picture, "-frames:v", str(DRAWN), "-f", "framemd5",
                  self.path("reference"))
        options = self.filter(slots=2 * DRAWN, policy="strict_wait", strict_timeout=WATCHDOG)
        draw = self.start(program("draw"), f"{picture},hwupload_cuda,{options},buffersink@out",
                          str(DRAWN), *anyway, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(draw.stdin.close)
        self.addCleanup(draw.stdout.close)
        self.live()
        reader = self.gpu_sub(self.path("read"))
        until(lambda: self.live()["subscribers"], "a reader")
        reader.send_signal(signal.SIGSTOP)
        self.tell(draw)
        self.assertEqual(draw.stdout.readline(), b"drawn\n")
        reader.send_signal(signal.SIGCONT)
        self.tell(draw)
        self.finish(reader)
        said = self.finish(draw)
        self.assertIn(f"{DRAWN} published, 0 dropped, 0 copies", said)
        read = hashes(self.path("read"))
        self.assertEqual(len(read), DRAWN)
        return read

    @staticmethod
    def tell(draw: Process) -> None:
        draw.stdin.write(b"\n")
        draw.stdin.flush()

    def test_who_asks_draws_in_a_copy(self) -> None:
        self.assertEqual(self.read(), hashes(self.path("reference")))

    def test_who_does_not_ask_is_seen(self) -> None:
        self.assertEqual(len(set(self.read("anyway"))), 1, "the comparison sees no drawing")


if __name__ == "__main__":
    unittest.main()
