"""What every test of the filter needs: programs, watchdogs, a run directory, inputs made once."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from cuframes_conformance.subscriber import Subscriber

ROOT = Path(__file__).parents[2]
CUFRAMES = os.environ["CUFRAMES_BIN"]
FFMPEG = os.environ["CUFRAMES_FFMPEG"]
VERSION = os.environ["CUFRAMES_FFMPEG_VERSION"]
CLIP = os.environ["CUFRAMES_CLIP"]
REFERENCE = "/usr/bin/ffmpeg"  # Debian's own: another program, so another opinion

WATCHDOG = 20.0
FRAMES = 60
SIZE = "321x241"  # odd, so that chroma is rounded up and rows have padding

Process = subprocess.Popen  # of text


def reference(*arguments: str | Path) -> None:
    """Run Debian's ffmpeg."""
    subprocess.run([REFERENCE, "-v", "error", "-nostdin", "-y", *map(str, arguments)],
                   check=True, timeout=WATCHDOG)


@functools.cache
def inputs() -> Path:
    """A directory for inputs that several tests share."""
    path = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, path)
    return path


@functools.cache
def raw(pixels: str, size: str = SIZE) -> tuple[str, ...]:
    """Input arguments: raw frames of a format, converted by Debian's ffmpeg once."""
    path = inputs() / f"{pixels}-{size}.raw"
    # The source itself makes only even sizes.
    reference("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25", "-frames:v", str(FRAMES),
              "-vf", f"scale={size.replace('x', ':')}", "-pix_fmt", pixels, "-f", "rawvideo", path)
    return ("-f", "rawvideo", "-pix_fmt", pixels, "-s", size, "-framerate", "25", "-i", str(path))


@functools.cache
def interposer() -> Path:
    """The library that writes down addresses, compiled."""
    path = inputs() / "addresses.so"
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC",
                    f"-I{ROOT / 'include'}", "-o", path, Path(__file__).with_name("addresses.c")],
                   check=True)
    return path


@functools.cache
def program(name: str) -> Path:
    """A program of ours that uses the patched FFmpeg's libraries and ours, compiled."""
    path = inputs() / name
    prefix = Path(FFMPEG).parents[1]
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", "-O1", f"-I{prefix / 'include'}",
                    f"-I{ROOT / 'include'}", Path(__file__).with_name(f"{name}.c"), "-o", path,
                    f"-L{prefix / 'lib'}", f"-Wl,-rpath,{prefix / 'lib'}", "-lavfilter",
                    "-lavformat", "-lavcodec", "-lavutil", "-l:libcuframes.so.0"], check=True)
    return path


def lines(path: str | Path) -> list[str]:
    """The lines of a framemd5 that tell of frames."""
    return [line for line in Path(path).read_text().splitlines() if not line.startswith("#")]


def hashes(path: str | Path) -> list[str]:
    """Only the checksums of a framemd5."""
    return [line.rsplit(",", 1)[1].strip() for line in lines(path)]


def until(condition: Any, what: str) -> Any:
    """The first true value of a look at a state for which there is no event."""
    end = time.monotonic() + WATCHDOG
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.002)
    raise AssertionError(f"watchdog: never {what}")


class Case(unittest.TestCase):
    """A run directory and a key of its own; no process outlives the test."""

    def setUp(self) -> None:
        run = tempfile.TemporaryDirectory()
        self.addCleanup(run.cleanup)
        self.run_directory = Path(run.name)
        env = mock.patch.dict(os.environ, {"CUFRAMES_RUNTIME_DIR": run.name})
        env.start()
        self.addCleanup(env.stop)
        self.addCleanup(self._collect_garbage)
        self.key = f"test-{os.getpid()}-{self.id().rsplit('.', 1)[1][-40:]}"
        self.socket = self.run_directory / f"{self.key}.sock"

    def path(self, name: str) -> Path:
        return self.run_directory / name

    def start(self, *command: str | Path, **more: Any) -> Process:
        """A process that is killed at the end of the test, if it still runs then."""
        log = open(self.path(f"log-{time.monotonic_ns()}"), "w+")
        process = subprocess.Popen(list(map(str, command)), stderr=log,
                                   **{"stdin": subprocess.DEVNULL, "stdout": log} | more)
        process.log = Path(log.name)  # type: ignore[attr-defined]
        log.close()
        self.addCleanup(self._end, process)
        return process

    @staticmethod
    def _end(process: Process) -> None:
        process.kill()
        process.wait()

    def _collect_garbage(self) -> None:
        """A writer that was killed at the end of its test leaves names behind, and gc takes them."""
        if self.shared_names():
            subprocess.run([CUFRAMES, "gc"], check=True, capture_output=True, timeout=WATCHDOG)
        self.assertEqual(self.shared_names(), [])

    def finish(self, process: Process, code: int | None = 0) -> str:
        """Wait for a process to end by itself; what it said."""
        try:
            status = process.wait(WATCHDOG)
        except subprocess.TimeoutExpired:
            self.fail(f"hang: {process.args}: {process.log.read_text()}")
        said = process.log.read_text()
        if code is not None:
            self.assertEqual(status, code, f"{process.args}: {said}")
        return said

    def filter(self, **options: Any) -> str:
        """cuframes_out with this test's key."""
        given = {"key": self.key} | options
        return "cuframes_out=" + ":".join(f"{name}={value}" for name, value in given.items())

    def strict(self, **options: Any) -> str:
        """cuframes_out that loses nothing for one subscriber."""
        return self.filter(policy="strict_wait", strict_timeout=WATCHDOG,
                           **{"wait_subscribers": 1} | options)

    def ffmpeg(self, *arguments: str | Path, level: str = "info", **more: Any) -> Process:
        """The patched ffmpeg."""
        return self.start(FFMPEG, "-hide_banner", "-nostdin", "-y", "-v", level, *arguments, **more)

    def sub(self, output: Path, *arguments: str, **more: Any) -> Process:
        """A strict subscriber that writes framemd5 lines."""
        return self.start(CUFRAMES, "sub", self.key, "--strict", "--framemd5", "--quiet",
                          "--time-base", "1/25", "-o", output, *arguments, **more)

    def info(self) -> dict[str, Any] | None:
        """What `cuframes info` tells, None while nobody publishes the key."""
        done = subprocess.run([CUFRAMES, "info", self.key, "--json"], capture_output=True,
                              text=True, timeout=WATCHDOG)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def live(self) -> dict[str, Any]:
        """As info(), as soon as there is a publisher."""
        return until(self.info, f"a publisher of {self.key}")

    def join(self, mode: str = "STRICT_ORDER") -> Subscriber:
        """The independent subscriber, in this process."""
        subscriber = Subscriber(self.key, "reader", mode, connect_timeout=WATCHDOG)
        self.addCleanup(subscriber.close)
        return subscriber

    def shared_names(self) -> list[str]:
        """This key's names in /dev/shm."""
        return [name for name in os.listdir("/dev/shm") if self.key in name]
