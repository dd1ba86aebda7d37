"""The README's five commands for one camera, run as they stand there; only the camera is a clip."""

from __future__ import annotations

import os
import re
import subprocess
import unittest
from pathlib import Path

from demux import FFPROBE
from harness import CLIP, CUFRAMES, FFMPEG, REFERENCE, ROOT, WATCHDOG, Case, hashes, reference

CAMERA = "rtsp://user:password@door/stream"
# The clip begins when both readers are there, so that they can be compared with all of it.
INSTEAD = f"--realtime --wait-subscribers 2 {CLIP}"
BLOCK = re.compile(r"<!-- run by ffmpeg-filter/tests/test_readme.py -->\n```sh\n(.*?)```", re.DOTALL)


def motion(said: str) -> list[str]:
    """The times of the frames in which something moved."""
    found = re.findall(r"pts_time:([0-9.]+)", said)
    return [f"{float(time):.3f}" for time in found]


class Readme(Case):
    def test_one_camera_detect_and_record(self) -> None:
        block = BLOCK.search((ROOT / "README.md").read_text())
        assert block is not None
        commands = block[1].strip().splitlines()
        self.assertEqual(len(commands), 5)
        self.assertEqual(block[1].count(CAMERA), 1)
        script = block[1].replace(CAMERA, INSTEAD) + "for job in $(jobs -p); do wait $job; done\n"
        path = f"{Path(CUFRAMES).parent}:{os.environ['PATH']}"
        done = subprocess.run(["bash", "-e", "-c", script], cwd=self.run_directory,
                              env=os.environ | {"ffmpeg": FFMPEG, "PATH": path},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=3 * WATCHDOG)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("door (live)", done.stdout)
        self.assertIn("codec h264", done.stdout)

        looked = subprocess.run([REFERENCE, "-nostdin", "-i", CLIP, "-an", "-vf",
                                 "select='gt(scene,0.01)',showinfo", "-f", "null", "-"],
                                stderr=subprocess.PIPE, text=True, check=True, timeout=WATCHDOG)
        expected = motion(looked.stderr)
        self.assertGreater(len(expected), 0)
        self.assertEqual(motion(self.path("motion.txt").read_text()), expected)

        recorded = list(self.run_directory.glob("door-*.mp4"))
        self.assertEqual(len(recorded), 1, recorded)
        for name, source in (("clip", CLIP), ("recorded", recorded[0])):
            reference("-i", source, "-map", "v:0", "-c", "copy", "-f", "framemd5", self.path(name))
        self.assertEqual(hashes(self.path("recorded")), hashes(self.path("clip")))
        self.assertGreater(len(hashes(self.path("clip"))), 100)

        told = subprocess.run([FFPROBE, "-v", "error", "-show_entries",
                               "stream=codec_name,width,height", "-of", "csv=p=0",
                               self.path("door.jpg")], capture_output=True, text=True,
                              check=True, timeout=WATCHDOG)
        self.assertEqual(told.stdout.strip(), "mjpeg,1280,720")


if __name__ == "__main__":
    unittest.main()
