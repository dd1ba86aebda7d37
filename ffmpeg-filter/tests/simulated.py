"""A simulated machine with GPUs, in which the processes of a test run."""

from __future__ import annotations

import os
import shlex
import subprocess
import unittest
from pathlib import Path
from unittest import mock

from harness import ROOT, WATCHDOG, Case, Process, inputs, reference, until

SIMULATOR = Path(os.environ.get("CUFRAMES_FAKE_CUDA", ROOT / "ci/fake-cuda.sh"))
BUILD_TIME = 900.0


@unittest.skipUnless(SIMULATOR.exists(), f"there is no simulated GPU: {SIMULATOR} is missing")
class GpuCase(Case):
    """Everything that a test starts sees the GPUs of a machine of its own, on which work is done
    late by random times; at the end nothing may be left on them."""

    DELAYS = ("--delay-us", "300", "--seed", "1")

    @classmethod
    def setUpClass(cls) -> None:
        # It builds itself.
        subprocess.run([SIMULATOR, "true"], check=True, timeout=BUILD_TIME)

    def setUp(self) -> None:
        super().setUp()
        self.machine(*self.DELAYS)

    def machine(self, *options: str) -> None:
        """A machine with these options from here on, to the end of the test."""
        told = self.path(f"machine-{len(os.listdir(self.run_directory))}")
        hold = f"env -0 > {shlex.quote(str(told))}.new; mv {shlex.quote(str(told))}.new " \
               f"{shlex.quote(str(told))}; read -r end"
        holder = subprocess.Popen([SIMULATOR, *options, "sh", "-c", hold], text=True,
                                  stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self._close_machine, holder)
        until(told.exists, "a simulated machine")
        env = dict(entry.split("=", 1) for entry in told.read_text().split("\0") if entry)
        seen = {name: value for name, value in env.items()
                if name == "LD_LIBRARY_PATH" or name.startswith("FAKE_CUDA_")}
        patch = mock.patch.dict(os.environ, seen)
        patch.start()
        self.addCleanup(patch.stop)

    def _close_machine(self, holder: subprocess.Popen[str]) -> None:
        """It counts what processes that ended by themselves have left."""
        said = holder.communicate("\n", timeout=WATCHDOG)[1]
        self.assertEqual(holder.returncode, 0, said)

    def gpu_sub(self, output: Path, *arguments: str) -> Process:
        """A strict subscriber that takes frames wherever they are."""
        return self.sub(output, "--cuda", *arguments)


def h264(name: str, *sizes: str, frames: int) -> Path:
    """An elementary stream of pictures of these sizes, one after the other."""
    path = inputs() / name
    if not path.exists():
        with open(path, "wb") as file:
            for number, size in enumerate(sizes):
                part = inputs() / f"{number}-{name}"
                reference("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", "-frames:v",
                          str(frames), "-pix_fmt", "yuv420p", "-c:v", "libx264", part)
                file.write(part.read_bytes())
    return path
