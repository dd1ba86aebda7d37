"""A program on cudarc, in one process and in two."""

from __future__ import annotations

import os
import unittest
from pathlib import Path

from common import DELAYS, simulated, succeeds

# What each run of the program compares.
CHECKS = {"copy": 9, "race": 8, "ipc": 17, "vmm": 12, "kernel": 10, "decoder": 32,
          "dmabuf": 11}
# Calls that each of these makes, for faults.
CALLS = {
    "copy": ["cuInit", "cuDevicePrimaryCtxRetain", "cuStreamCreate", "cuMemAlloc_v2", "cuMemcpyHtoDAsync_v2",
             "cuMemcpyDtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuEventCreate", "cuEventRecord",
             "cuStreamWaitEvent", "cuMemsetD8Async"],
    "ipc": ["cuIpcGetMemHandle", "cuIpcGetEventHandle", "cuIpcOpenMemHandle_v2", "cuIpcOpenEventHandle"],
    "vmm": ["cuMemCreate", "cuMemExportToShareableHandle", "cuMemMap", "cuMemSetAccess"],
    "race": ["cuStreamWaitValue64_v2", "cuMemHostAlloc"],
    "kernel": ["cuModuleLoadData", "cuModuleGetFunction", "cuLaunchKernel"],
    "dmabuf": ["cuMemGetHandleForAddressRange"],
    "decoder": ["cuMemsetD8Async", "cuMemcpy2DAsync_v2", "cuMemcpyHtoD_v2"],
}


PROGRAM = Path(os.environ["FAKE_CUDA_BUILT"]) / "cudarc-peer"


class Cudarc(unittest.TestCase):
    def test_every_part_works_with_and_without_delays(self) -> None:
        for part, checks in CHECKS.items():
            for options in [(), *DELAYS]:
                with self.subTest(part=part, options=options):
                    said = succeeds(simulated(PROGRAM, part, options=options))
                    self.assertEqual(said, f"ok: {checks} checks\n")

    def test_each_call_that_fails_ends_it_with_an_error(self) -> None:
        for part, calls in CALLS.items():
            for call in calls:
                with self.subTest(part=part, call=call):
                    done = simulated(PROGRAM, part, options=("--fault", f"{call}:1:999"))
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertRegex(done.stderr, "CUDA_ERROR_UNKNOWN|code 999|found 999")


if __name__ == "__main__":
    unittest.main()
