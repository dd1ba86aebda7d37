"""The example with a real runtime: squares are found where they were drawn, in every frame."""

import importlib.util
import os
import subprocess
import sys
import unittest
from pathlib import Path

from engine import WithEngine, memfd, placed, plain

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDED = ("numpy", "onnx", "onnxruntime")
HAS_ALL = all(importlib.util.find_spec(name) for name in NEEDED)
FRAMES = 400 if os.environ.get("CUFRAMES_FULL") else 24


@unittest.skipUnless(HAS_ALL, f"needs {', '.join(NEEDED)}")
class Detect(WithEngine):
    def setUp(self):
        super().setUp()
        self.model = os.path.join(self.engine.folder, "squares.onnx")
        make = [sys.executable, "-B", EXAMPLES / "squares_model.py", self.model]
        subprocess.run(make, check=True)

    def start(self, *arguments):
        command = [sys.executable, "-B", EXAMPLES / "detect.py", self.model, "--once"]
        python = f"{EXAMPLES.parent / 'python'}"
        detect = subprocess.Popen(
            [*command, "--socket", self.engine.path, *arguments],
            env={**os.environ, "PYTHONPATH": python}, stderr=subprocess.PIPE, text=True,
        )
        self.addCleanup(detect.stderr.close)
        self.addCleanup(detect.wait)
        self.addCleanup(detect.kill)
        self.engine.accept()
        return detect

    def end(self, detect):
        self.engine.hang_up()
        _, errors = detect.communicate(timeout=20)
        self.assertEqual((detect.returncode, errors), (0, ""))

    def check(self, draw, members, padding=0):
        """Sends frames with two of them lent at a time, and compares what was found in each."""
        import squares

        width, height = members["width"], members["height"]

        def lend(number):
            content, places = squares.in_rows(draw(number, width, height), padding)
            described = dict(members, planes=places, size=len(content), buffer_id=number)
            message = placed(number, **described) if padding else plain(number, **members)
            self.engine.send(message, memfd(content))

        lend(0)
        found = 0
        for number in range(FRAMES):
            if number + 1 < FRAMES:
                lend(number + 1)
            said = self.engine.said()
            self.assertEqual((said["sequence"], said["status"]), (number, "success"), said)
            self.assertEqual(said["model_name"], "squares.onnx")
            self.assertGreater(said["inference_time"], 0)
            boxes = [(one["class_name"], one["bbox"]) for one in said["detections"]]
            drawn = [
                (square.colour,
                 {"x": square.x, "y": square.y, "width": square.side, "height": square.side})
                for square in squares.some(number, width, height)
            ]
            self.assertEqual(sorted(boxes, key=str), sorted(drawn, key=str), f"frame {number}")
            found += len(boxes)
        self.assertEqual(found, 2 * (FRAMES - FRAMES // 8))

    def test_squares_are_found_in_plain_frames(self):
        import squares

        detect = self.start("--plain")
        for name, draw in (("NV12", squares.nv12), ("BGR24", squares.bgr)):
            for width, height in ((320, 240), (317, 239)):
                with self.subTest(name, width=width):
                    self.check(draw, {"format": name, "width": width, "height": height})
        self.end(detect)

    def test_squares_are_found_where_rows_have_padding(self):
        import squares

        detect = self.start()
        self.assertEqual(self.engine.said()["name"], "squares.onnx")
        for name, draw in (("NV12", squares.nv12), ("BGR24", squares.bgr)):
            with self.subTest(name):
                self.check(draw, {"format": name, "width": 317, "height": 239}, padding=67)
        self.end(detect)

    def test_a_format_that_it_does_not_know_is_an_error_for_the_engine(self):
        detect = self.start("--plain")
        content = bytes(4 * 2 * 2)
        self.engine.send(plain(format="YUYV"), memfd(content))
        said = self.engine.said()
        self.assertEqual((said["status"], said["error"]["code"]), ("error", "exception"))
        _, errors = detect.communicate(timeout=20)
        self.assertIn("YUYV is not looked at", errors)


if __name__ == "__main__":
    unittest.main()
