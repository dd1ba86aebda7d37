#!/usr/bin/env python3
"""Looks at frames with an ONNX model, and returns what it found.

    detect.py MODEL.onnx [--socket /tmp/ai-stream.sock]

The model is one of the kind of YOLOv8: a picture of [1, 3, height, width] in, RGB from 0 to 1;
[1, 4 + classes, anchors] out, each anchor the centre and size of a box in the picture's pixels,
and how sure the model is of each class. Names of classes are in the model's metadata.

Needs frame_lending, numpy and onnxruntime. It goes on when the engine is started again.
"""

from __future__ import annotations

import argparse
import ast
import os
import sys
import time

import numpy as np
import onnxruntime

from frame_lending import DEFAULT_PATH, Consumer, Frame
from pictures import find_boxes, to_input, to_rgb


class Model:
    def __init__(self, path: str, sure: float):
        self.name = os.path.basename(path)
        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0]
        _, channels, *self._size = self._input.shape
        if channels != 3 or not all(isinstance(side, int) for side in self._size):
            sys.exit(f"{path}: a picture of {self._input.shape}; it has 3 channels and one size")
        metadata = self._session.get_modelmeta().custom_metadata_map
        self._classes = ast.literal_eval(metadata.get("names", "{}"))
        self._sure = sure

    def detections(self, rgb: np.ndarray) -> list[dict[str, object]]:
        picture, scale = to_input(rgb, self._size)
        (answer,) = self._session.run(None, {self._input.name: picture})
        return [
            {
                "class_id": found.class_id,
                "class_name": self._classes.get(found.class_id, str(found.class_id)),
                "confidence": found.confidence,
                "bbox": {
                    "x": found.x / scale,
                    "y": found.y / scale,
                    "width": found.width / scale,
                    "height": found.height / scale,
                },
            }
            for found in find_boxes(answer[0], self._sure)
        ]


def look_at(frame: Frame, model: Model) -> None:
    # Leaving the block by an exception returns the frame as an error.
    with frame:
        started = time.monotonic_ns()
        detections = model.detections(to_rgb(frame))
        frame.done(model.name, time.monotonic_ns() - started, detections)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("model", help="an ONNX file")
    arguments.add_argument("--socket", default=DEFAULT_PATH, help="where the engine listens")
    arguments.add_argument("--plain", action="store_true", help="no extensions of the protocol")
    arguments.add_argument("--once", action="store_true", help="end when the engine does")
    arguments.add_argument("--sure", type=float, default=0.5, help="confidence that is enough")
    chosen = arguments.parse_args()
    model = Model(chosen.model, chosen.sure)
    while True:
        consumer = Consumer(chosen.socket, hello=not chosen.plain, name=model.name, timeout=None)
        with consumer:
            for frame in consumer:
                look_at(frame, model)
        if chosen.once:
            return


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
