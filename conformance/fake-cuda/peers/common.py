"""What every test of a peer needs: a simulated GPU, watchdogs, clips made once, frame hashes."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SIMULATOR = ROOT / "ci" / "fake-cuda.sh"
FFMPEG = "/usr/bin/ffmpeg"  # Debian's own
WATCHDOG = 120.0
# Late, and in another order for each seed.
DELAYS = [("--delay-us", "300", "--seed", seed) for seed in ("1", "2")]


@functools.cache
def folder() -> Path:
    """A folder for the files of all tests."""
    path = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, path)
    return path


def run(*command: str | Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end, which must come: after the watchdog's time, all of it is killed."""
    words = [*map(str, command)]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, start_new_session=True, env={**os.environ, **(environment or {})}) as process:
        try:
            out, err = process.communicate(timeout=WATCHDOG)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def simulated(*command: str | Path, options: tuple[str, ...] = (),
              environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command on a simulated GPU."""
    return run(SIMULATOR, *options, *command, environment=environment)


def succeeds(done: subprocess.CompletedProcess[str]) -> str:
    """The output of a command that must have succeeded."""
    if done.returncode != 0:
        raise AssertionError(f"exit status {done.returncode} of {' '.join(done.args)}\n"
                             f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def hashes(framemd5: str, wanted: int) -> list[str]:
    """The hash of each frame, of just as many as there must be."""
    lines = [line for line in framemd5.splitlines() if line and not line.startswith("#")]
    if len(lines) != wanted:
        raise AssertionError(f"{len(lines)} frames, not {wanted}")
    return [line.split()[-1] for line in lines]


@functools.cache
def clip(codec: str, frames: int, size: str = "640x368", pixels: str = "yuv420p") -> Path:
    """A clip with reordered pictures, encoded by Debian's ffmpeg."""
    path = folder() / f"{codec}-{frames}-{size}-{pixels}.mp4"
    succeeds(run(FFMPEG, "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25",
                 "-frames:v", str(frames), "-pix_fmt", pixels, "-c:v", codec, "-preset", "ultrafast",
                 "-bf", "2", "-g", "50", path))
    return path


class Calls:
    """Counts calls of the driver, from its log: what compares equal may have gone nowhere."""

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile(dir=folder(), delete=False) as log:
            self.log = Path(log.name)

    @property
    def environment(self) -> dict[str, str]:
        return {"FAKE_CUDA_LOG": str(self.log)}

    def of(self, name: str) -> int:
        return sum(name in line.split() for line in self.log.read_text().splitlines())
