"""What tests of the demuxers share: reading a key with the patched ffmpeg and ffprobe."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

from harness import FFMPEG, WATCHDOG, Case, Process, lines, reference, until

FFPROBE = str(Path(FFMPEG).with_name("ffprobe"))


class DemuxCase(Case):
    """A key of its own, published by the filter, and read by an input of the same ffmpeg."""

    scheme = "cuframes"

    def url(self) -> str:
        return f"{self.scheme}://{self.key}"

    def write(self, *source: str | Path, before: str = "", **options: Any) -> Process:
        """Publish and lose nothing, also while no reader is there."""
        graph = ",".join(filter(None, (before, self.strict(**options))))
        return self.ffmpeg(*source, "-an", "-vf", graph, "-f", "null", "-")

    def endless(self, **options: Any) -> Process:
        """A live source."""
        return self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=50", "-vf",
                           "realtime," + self.filter(**options), "-f", "null", "-")

    def read(self, name: str, *options: str, output: tuple[str, ...] = ("-f", "framemd5"),
             strict: bool = True, **more: Any) -> Process:
        """Read what is published to a file of this name."""
        order = ("-strict", "1") if strict else ()
        return self.ffmpeg(*order, "-timeout", str(WATCHDOG), *options, "-i", self.url(), *output,
                           "-flush_packets", "1", self.path(name), level="verbose", **more)

    def reads_some(self, name: str, count: int = 3) -> None:
        until(lambda: self.path(name).exists() and len(lines(self.path(name))) > count,
              f"{count} frames in {name}")

    def copies(self, said: str, frames: int) -> int:
        """How many of the frames the demuxer says that it has copied."""
        found = re.findall(r"\] (\d+) frames, (\d+) missed, (\d+) copies", said)
        self.assertEqual([(int(f), int(m)) for f, m, _ in found], [(frames, 0)], said)
        return int(found[0][2])

    def probe(self, *options: str) -> dict[str, Any]:
        """What ffprobe tells of the stream."""
        done = subprocess.run([FFPROBE, "-v", "error", "-of", "json", "-show_streams",
                               "-show_format", *options, self.url()], capture_output=True,
                              text=True, timeout=WATCHDOG)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        told = json.loads(done.stdout)
        self.assertEqual(len(told["streams"]), 1)
        return told["streams"][0] | {"demuxer": told["format"]["format_name"]}

    def refused(self, *arguments: str) -> str:
        """What ffmpeg says when it cannot open an input."""
        process = self.ffmpeg(*arguments, "-f", "null", "-")
        said = self.finish(process, None)
        self.assertGreater(process.returncode, 0, said)
        return said

    def interrupt(self, process: Process) -> None:
        """It ends by itself, without another signal. Its exit code depends on how far it got."""
        os.kill(process.pid, signal.SIGINT)
        self.assertIn("Exiting normally, received signal 2", self.finish(process, None))
        self.assertGreaterEqual(process.returncode, 0)


def wanted(path: Path, *source: str | Path) -> list[str]:
    """The framemd5 of Debian's ffmpeg."""
    reference(*source, "-an", "-f", "framemd5", path)
    return lines(path)
