"""The whole way: frames of a key, lent by cuframes to the example, and what it found, passed on."""

import importlib.util
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
CUFRAMES = os.environ.get("CUFRAMES_BIN")
HAS_ALL = CUFRAMES and all(
    importlib.util.find_spec(name) for name in ("numpy", "onnx", "onnxruntime")
)
FRAMES = 200 if os.environ.get("CUFRAMES_FULL") else 20
WATCHDOG = 60


def listens(path):
    """Whether somebody listens there, which is not as soon as the file is there."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    return any(line.endswith(path) and " 00010000 " in line for line in lines)


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


@unittest.skipUnless(HAS_ALL, "needs CUFRAMES_BIN, numpy, onnx and onnxruntime")
class Lend(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix=f"lending-{os.getpid()}-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {
            **os.environ,
            "CUFRAMES_RUNTIME_DIR": self.folder,
            "PYTHONPATH": str(EXAMPLES.parent / "python"),
        }
        self.model = self.path("squares.onnx")
        make = [sys.executable, "-B", EXAMPLES / "squares_model.py", self.model]
        subprocess.run(make, check=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *command, **options):
        process = subprocess.Popen(list(map(str, command)), env=self.environment, **options)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for pipe in filter(None, (process.stdin, process.stdout)):
            self.addCleanup(pipe.close)
        return process

    def until(self, what, is_so):
        deadline = time.monotonic() + WATCHDOG
        while not is_so():
            self.assertLess(time.monotonic(), deadline, f"never {what}")
            time.sleep(0.01)

    def readers(self, key):
        """How many read a key; None if it is not published yet."""
        info = [CUFRAMES, "info", key, "--json"]
        told = subprocess.run(info, env=self.environment, capture_output=True)
        return None if told.returncode else len(json.loads(told.stdout)["subscribers"])

    def stage(self, name, width, height, plain):
        """A publisher that takes frames, who lends them, and what is found, a line each.

        Everybody is there before the first frame.
        """
        key = f"lend-{os.getpid()}-{name}-{width}"
        camera = self.start(
            CUFRAMES, "publish", "--key", key, "--size", f"{width}x{height}", "--fps", "1000",
            "--format", name, "-q", "-", stdin=subprocess.PIPE, bufsize=0,
        )
        self.until("published", lambda: self.readers(key) == 0)
        engine, gateway = self.path(f"{key}.engine"), self.path(f"{key}.gateway")
        lend = self.start(CUFRAMES, "lend", key, "--socket", engine, "--gateway", gateway,
                          "--timeout-ms", "60000", "--json", "-q", stdout=subprocess.PIPE)
        self.until("listening", lambda: listens(engine) and listens(gateway))
        before = descriptors(lend)
        found = self.start(CUFRAMES, "detections", key, "--gateway", gateway, "--json", "-q",
                           stdout=subprocess.PIPE, bufsize=0)
        self.until("heard", lambda: descriptors(lend) > before)
        detect = [sys.executable, "-B", EXAMPLES / "detect.py", self.model, "--socket", engine]
        self.start(*detect, *(["--plain"] if plain else []))
        self.until("subscribed", lambda: self.readers(key) == 1)
        return camera, lend, found

    def check(self, name, draw, width, height, plain):
        import squares

        camera, lend, found = self.stage(name, width, height, plain)
        boxes = 0
        for number in range(FRAMES):
            content, _ = squares.in_rows(draw(number, width, height), 0)
            camera.stdin.write(content)
            self.assertTrue(select.select([found.stdout], [], [], WATCHDOG)[0], "frame is lost")
            said = json.loads(found.stdout.readline())
            self.assertEqual(said["sequence"], number + 1)
            self.assertEqual((said["status"], said.get("lost", 0)), ("success", 0), said)
            self.assertGreater(said["timestamp"], said["frame_timestamp"])
            drawn = [
                (square.colour, {"x": square.x, "y": square.y,
                                 "width": square.side, "height": square.side})
                for square in squares.some(number, width, height)
            ]
            seen = [(one["class_name"], one["bbox"]) for one in said["detections"]]
            self.assertEqual(sorted(seen, key=str), sorted(drawn, key=str), f"frame {number}")
            boxes += len(seen)
        self.assertEqual(boxes, 2 * (FRAMES - FRAMES // 8))
        self.check_account(lend, plain)
        # One that is killed leaves its memory to the next publisher of the key.
        camera.stdin.close()
        self.assertEqual(camera.wait(WATCHDOG), 0)

    def check_account(self, lend, plain):
        """Every frame was sent, came back in time, and was found by who listens."""
        lend.terminate()
        told, _ = lend.communicate(timeout=WATCHDOG)
        account = json.loads(told)
        self.assertEqual((account.pop("event"), account.pop("consumers")), ("ended", []))
        (key,) = account.pop("keys")
        self.assertEqual(key["memory"], "in place")
        copied = account.pop("copied")
        if plain:
            self.assertEqual(copied, FRAMES)
        else:
            # The first may have gone before the hello was heard.
            self.assertLessEqual(copied, 1)
        self.assertEqual(account.pop("sent"), FRAMES)
        self.assertEqual(account.pop("returned"), FRAMES)
        self.assertEqual(account.pop("gone"), 1)
        self.assertEqual(set(account), {
            "errors", "timed_out", "abandoned", "in_flight", "late", "unknown", "quarantined",
            "dropped", "malformed", "refused",
        })
        self.assertEqual(set(account.values()), {0}, account)

    def test_squares_are_found_where_they_were_drawn(self):
        import squares

        for name, draw in (("nv12", squares.nv12), ("bgr24", squares.bgr)):
            for plain in (False, True):
                with self.subTest(name, plain=plain):
                    self.check(name, draw, 317 if plain else 319, 239, plain)


if __name__ == "__main__":
    unittest.main()
