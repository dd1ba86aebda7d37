"""ci/fake-cuda.sh itself."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from common import SIMULATOR, run, simulated, succeeds

PROGRAM = Path(os.environ["FAKE_CUDA_BUILT"]) / "cudarc-peer"


class Script(unittest.TestCase):
    def test_the_status_of_the_command_is_its_own(self) -> None:
        for status in (0, 1, 42, 77):
            self.assertEqual(simulated("sh", "-c", f"exit {status}").returncode, status)

    def test_nothing_is_left_behind(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            done = simulated("sh", "-c", 'echo "$FAKE_CUDA_DIR"', environment={"TMPDIR": folder})
            machine = Path(succeeds(done).strip())
            self.assertEqual(machine.parents[1], Path(folder))
            self.assertEqual(list(Path(folder).iterdir()), [])

    def test_two_runs_are_two_machines(self) -> None:
        where = {succeeds(simulated("sh", "-c", 'echo "$FAKE_CUDA_DIR"')) for _ in range(2)}
        self.assertEqual(len(where), 2)

    def test_what_is_left_on_the_gpu_makes_it_fail(self) -> None:
        done = simulated(PROGRAM, "leak")
        self.assertEqual(done.stdout, "ok: 1 checks\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 allocations", done.stderr)
        self.assertIn("1 events", done.stderr)

    def test_the_report_tells_it_by_kind(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report"
            for part, left in (("leak", True), ("copy", False)):
                simulated(PROGRAM, part, options=("--report", str(report)))
                told = report.read_text()
                self.assertEqual("1 allocations" in told, left, told)
                self.assertEqual("left nothing" in told, not left, told)

    def test_the_devices_are_as_many_as_asked_for(self) -> None:
        for count in (1, 2, 3):
            said = succeeds(simulated(PROGRAM, "devices", options=("--devices", str(count))))
            self.assertEqual(said.splitlines()[-1], f"ok: {count} checks")

    def test_a_missing_function_is_missing_and_an_unknown_one_refused(self) -> None:
        done = simulated(PROGRAM, "copy", options=("--missing", "cuMemcpyDtoDAsync_v2,cuMemsetD8Async"))
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, "cuMemcpyDtoDAsync_v2|cuMemsetD8Async")
        done = simulated(PROGRAM, "copy", options=("--missing", "cuNothing"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("cuNothing", done.stderr)

    def test_without_a_driver_the_program_is_refused(self) -> None:
        done = run(PROGRAM, "copy")
        self.assertNotEqual(done.returncode, 0)
        self.assertNotIn("ok:", done.stdout)

    def test_it_says_how_it_is_used(self) -> None:
        said = succeeds(run(SIMULATOR, "--help"))
        for option in ("--delay-us", "--seed", "--devices", "--fault", "--report", "--missing", "--without"):
            self.assertIn(option, said)
        for wrong in (["--seed"], ["--nothing", "x", "true"], ["--without", "x", "true"], []):
            done = run(SIMULATOR, *wrong)
            self.assertEqual(done.returncode, 2)
            self.assertIn("--help", done.stderr)


if __name__ == "__main__":
    unittest.main()
