"""When the driver fails in the middle, ffmpeg ends with a sentence, and readers are told."""

from __future__ import annotations

import os
import re
import subprocess
import unittest

from harness import FRAMES, WATCHDOG, Process, hashes, program, raw
from simulated import GpuCase

DISCONNECTED, ABORTED = 5, 12  # exit codes of the command line
COPIES = 6  # calls of a frame of two planes: upload, download by the filter, download behind it
PLACES = [("host", "cpu"), *((memory, sync) for memory in ("cuda_ipc", "cuda_vmm")
                             for sync in ("cpu", "event", "timeline"))]
GOOD = 5  # frames before the fault
MANY = 100


class Faults(GpuCase):
    """Nothing is left on the GPU, which the end of each test looks at, but what was lent by CUDA IPC
    to a reader that ffmpeg had to send away: that stays until ffmpeg ends. The memory goes with the
    context, and the page of words beside it is still registered."""

    def setUp(self) -> None:
        self.lenders: set[int] = set()
        super().setUp()

    def _close_machine(self, holder: subprocess.Popen[str]) -> None:
        said = holder.communicate("\n", timeout=WATCHDOG)[1]
        leaks = re.findall(r"process (\d+) ended: \d+ calls, left (.*)", said)
        self.assertEqual(holder.returncode, int(bool(leaks)), said)
        for process, kinds in leaks:
            self.assertEqual((int(process) in self.lenders, kinds), (True, "1 host registrations"), said)

    def fails(self, fault: str, *wanted: str, **options: object) -> int:
        """ffmpeg ends by itself and says so; how many frames were read."""
        reader = self.gpu_sub(self.path("read"), "--no-reattach")
        graph = f"hwupload_cuda,{self.strict(**options)},hwdownload,format=nv12"
        writer = self.ffmpeg(*raw("nv12", "320x240"), "-vf", graph, "-f", "null", "-",
                             env=os.environ | {"FAKE_CUDA_FAULT": fault})
        said = self.finish(writer, None)
        self.assertNotIn(writer.returncode, (0, -6, -11), said)
        for sentence in wanted:
            self.assertRegex(said, sentence)
        self.finish(reader, None)
        # A frame that was on its way when the context was lost is told to be aborted, where that
        # can be told.
        told = {DISCONNECTED, ABORTED} if options.get("sync") == "timeline" else {DISCONNECTED}
        self.assertIn(reader.returncode, told, reader.log.read_text())
        if options.get("memory") == "cuda_ipc":
            self.lenders.add(writer.pid)
        return len(hashes(self.path("read")))

    def test_a_frame_that_cannot_be_published(self) -> None:
        read = self.fails("cuStreamWriteValue64_v2:20:719", "cannot publish a frame: .*"
                          "cuStreamWriteValue64.*CUDA_ERROR_LAUNCH_FAILED", sync="timeline")
        self.assertTrue(0 < read < FRAMES)

    def test_an_event_that_cannot_be_recorded(self) -> None:
        read = self.fails("cuEventRecord:20:719", "cannot publish a frame: .*"
                          "cuEventRecord.*CUDA_ERROR_LAUNCH_FAILED", sync="event")
        self.assertTrue(0 < read < FRAMES)

    def test_a_download_that_fails(self) -> None:
        read = self.fails(f"cuMemcpy2DAsync_v2:{COPIES * GOOD + 3}:719", "cuMemcpy2DAsync.*failed",
                          memory="host")
        self.assertEqual(read, GOOD)

    def halfway(self, **options: object) -> int:
        """How many calls of the driver ffmpeg has made when half of the frames are copied."""
        log = self.path("calls")
        log.unlink(missing_ok=True)
        reader = self.gpu_sub(self.path("read"))
        graph = f"hwupload_cuda,{self.strict(**options)},hwdownload,format=nv12"
        self.finish(self.ffmpeg(*raw("nv12", "320x240"), "-vf", graph, "-f", "null", "-",
                                env=os.environ | {"FAKE_CUDA_LOG": str(log)}))
        self.finish(reader)
        names = [line.split()[2] for line in log.read_text().splitlines()]
        copies = [number for number, name in enumerate(names, 1) if name == "cuMemcpy2DAsync_v2"]
        return copies[len(copies) // 2]

    def test_a_context_that_is_lost(self) -> None:
        for memory, sync in PLACES:
            with self.subTest(memory=memory, sync=sync):
                number = self.halfway(memory=memory, sync=sync)
                read = self.fails(f"LOST:{number}:719", "CUDA_ERROR_LAUNCH_FAILED",
                                  memory=memory, sync=sync)
                self.assertTrue(0 < read < FRAMES, read)

    def stays(self, frames: int, **env: str) -> tuple[Process, Process, int]:
        """A program that has freed its graph and lives on, a reader, and how many frames it were."""
        reader = self.gpu_sub(self.path("read"), "--no-reattach")
        graph = f"testsrc2=size=64x64:rate=25,format=nv12,hwupload_cuda,{self.strict(sync='event')}"
        stay = self.start(program("stay"), f"{graph},buffersink@out", str(frames),
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | env)
        self.addCleanup(stay.stdin.close)
        self.addCleanup(stay.stdout.close)
        word, count = stay.stdout.readline().split()
        self.assertEqual(word, b"freed")
        return stay, reader, int(count)

    def test_a_program_that_lives_on_after_a_fault(self) -> None:
        # Its publisher goes with the graph: readers do not wait for the end of the program.
        stay, reader, count = self.stays(MANY, FAKE_CUDA_FAULT="cuEventRecord:20:719")
        self.assertTrue(0 < count < MANY, count)
        self.finish(reader, DISCONNECTED)
        self.assertIsNone(self.info())
        self.assertIsNone(stay.poll())
        stay.stdin.close()
        self.finish(stay)

    def test_a_program_that_has_freed_its_graph(self) -> None:
        # This publisher waits for the next graph, until the program ends.
        stay, reader, count = self.stays(GOOD)
        self.assertEqual(count, GOOD)
        self.assertEqual(self.live()["pid"], stay.pid)
        self.assertIsNone(reader.poll())
        stay.stdin.close()
        self.finish(stay)
        self.finish(reader, DISCONNECTED)

    def test_an_ffmpeg_that_fails_elsewhere(self) -> None:
        # It ends without a word to the filter, whose publisher is closed when the process exits.
        reader = self.gpu_sub(self.path("read"), "--no-reattach")
        graph = f"hwupload_cuda,{self.strict()},hwdownload,format=nv12"
        writer = self.ffmpeg("-xerror", *raw("nv12", "320x240"), "-vf", graph, "-f", "rawvideo",
                             "/dev/full")
        self.assertIn("No space left on device", self.finish(writer, None))
        self.assertGreater(writer.returncode, 0)
        self.finish(reader, None)
        self.assertIn(reader.returncode, (0, DISCONNECTED))


if __name__ == "__main__":
    unittest.main()
