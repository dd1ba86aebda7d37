"""Every call that ffmpeg makes of the driver fails once: no crash, no hang, no wrong picture is read;
what ends ffmpeg is told by the driver's name, and only what could not be given back is left."""

from __future__ import annotations

import collections
import os
import re
import subprocess
import unittest

from harness import WATCHDOG, hashes, raw, reference, until
from simulated import GpuCase

CODE = 719
FRAMES = 12
ENDED, REFUSED, DISCONNECTED = 0, 4, 5  # exit codes of the command line
PLACES = [("cuda_vmm", "timeline"), ("cuda_vmm", "cpu"), ("cuda_vmm", "event"),
          ("cuda_ipc", "timeline"), ("cuda_ipc", "cpu"), ("cuda_ipc", "event"), ("host", "cpu")]

# What is left when a call that gives it back fails.
LEFT = {"cuCtxDestroy_v2": {"contexts"}, "cuDevicePrimaryCtxRelease_v2": {"contexts"},
        "cuEventDestroy_v2": {"events"}, "cuStreamDestroy_v2": {"streams"},
        "cuMemFree_v2": {"allocations"}, "cuMemRelease": {"VMM handles"},
        "cuMemAddressFree": {"address reservations"},
        "cuMemUnmap": {"mappings", "address reservations"},
        "cuMemHostUnregister": {"host registrations"},
        "cuIpcCloseMemHandle": {"imported allocations"}}
# The others without which ffmpeg does its work all the same: a question is asked again, memory is
# mapped for writing where reading alone is refused, and FFmpeg does not look what a pop returned.
NEEDLESS = {"cuStreamQuery", "cuEventQuery", "cuMemImportFromShareableHandle", "cuCtxPopCurrent_v2"}
# The next page of memory may come to lie where the one is that is still registered.
EITHER = {"cuMemHostUnregister"}
# FFmpeg's own uploads and downloads go on with wrong pixels after a copy that failed.
OVERLOOKED = {"cuMemcpy2DAsync_v2"}


class EveryCall(GpuCase):
    """The calls are those that a run without faults has made."""

    def setUp(self) -> None:
        self.failed: dict[int, str] = {}
        super().setUp()
        self.source = raw("nv12", "64x64")
        reference(*self.source, "-frames:v", str(FRAMES), "-f", "framemd5", self.path("reference"))
        self.wanted = hashes(self.path("reference"))
        self.assertEqual(len(set(self.wanted)), FRAMES)

    def _close_machine(self, holder: subprocess.Popen[str]) -> None:
        """Like that of every machine, but for what a call that failed was to give back."""
        said = holder.communicate("\n", timeout=WATCHDOG)[1]
        leaks = re.findall(r"process (\d+) ended: \d+ calls, left (.*)", said)
        self.assertEqual(holder.returncode, int(bool(leaks)), said)
        for process, kinds in leaks:
            # A process that we do not know is the library's helper, which has the fault too.
            name = self.failed.get(int(process), "cuDevicePrimaryCtxRelease_v2")
            self.assertLessEqual(set(re.findall(r"\d+ ([^,]+)", kinds)), LEFT.get(name, set()), name)

    def publish(self, memory: str, sync: str, name: str, **env: str) -> tuple[int, str, list[str]]:
        """Exit code of ffmpeg, what was said, and what was read."""
        output = self.path("read")
        output.write_text("")
        reader = self.sub(output, "--cuda", "--no-reattach", env=os.environ | {"CUFRAMES_LOG": "warn"})
        graph = f"hwupload_cuda,{self.strict(memory=memory, sync=sync)},hwdownload,format=nv12"
        writer = self.ffmpeg("-xerror", *self.source, "-frames:v", str(FRAMES), "-vf", graph,
                             "-f", "null", "-", env=os.environ | env)
        self.failed[writer.pid] = name
        until(lambda: writer.poll() is not None or reader.poll() is not None, "the end of one")
        if reader.poll() in (REFUSED, DISCONNECTED):
            writer.terminate()  # which may be waiting for another reader, when it refused this one
        said = self.finish(writer, None)
        if "publishing" in said:
            self.finish(reader, None)
            told = {ENDED} if writer.returncode == 0 else {REFUSED, DISCONNECTED}
            self.assertIn(reader.returncode, told, said)
        self._end(reader)  # it may never have found the key
        return writer.returncode, said + reader.log.read_text(), hashes(output)

    def calls(self, memory: str, sync: str) -> collections.Counter[str]:
        log = self.path("calls")
        log.unlink(missing_ok=True)
        code, said, read = self.publish(memory, sync, "", FAKE_CUDA_LOG=str(log))
        self.assertEqual((code, read), (0, self.wanted), said)
        return collections.Counter(line.split()[2] for line in log.read_text().splitlines())

    def survives(self, memory: str, sync: str, name: str, number: int) -> bool:
        """Whether ffmpeg did its work all the same."""
        fault = f"{name}:{number}:{CODE}"
        code, said, read = self.publish(memory, sync, name, FAKE_CUDA_FAULT=fault)
        self.assertGreaterEqual(code, 0, f"{fault} with {memory} and {sync}: {said}")
        if name not in OVERLOOKED:
            self.assertEqual(read, self.wanted[:FRAMES if code == 0 else len(read)], said)
        if code != 0:
            self.assertRegex(said, "CUDA_ERROR_")
        return code == 0

    def test_first_and_later_calls(self) -> None:
        seen: set[str] = set()
        for memory, sync in PLACES:
            counts = self.calls(memory, sync)
            for name in sorted(set(counts) - seen):
                with self.subTest(memory=memory, sync=sync, name=name):
                    survived = self.survives(memory, sync, name, 1)
                    if name not in EITHER:
                        self.assertEqual(survived, name in LEFT or name in NEEDLESS)
                    if counts[name] > 1:
                        self.survives(memory, sync, name, counts[name] // 2 + 1)
            seen |= set(counts)
        self.assertLessEqual({*LEFT, *NEEDLESS, *OVERLOOKED}, seen)


if __name__ == "__main__":
    unittest.main()
