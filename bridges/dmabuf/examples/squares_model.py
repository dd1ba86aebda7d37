#!/usr/bin/env python3
"""Makes an ONNX model that finds red and green squares, for tests and first steps.

    squares_model.py squares.onnx

It takes and answers what YOLOv8 does, and was not trained: it sees a square of 32, 64 or 96
pixels, at multiples of 16, where that is of the colour and its surroundings are not.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper, save

CLASSES = {0: "red", 1: "green"}
SIDE = 320
SIZES = (32, 64, 96)
STEP = 16
# Of the surroundings that are looked at.
MARGIN = 16


def constant(name: str, values: object) -> TensorProto:
    return numpy_helper.from_array(np.array(values, np.float32), name)


def colours() -> list[TensorProto]:
    """For each class, how much a pixel is of its colour: 1 for the colour, not above 0 for white,
    black and others."""
    weights = [[2, -2, -2], [-2, 2, -2]]
    return [
        constant("colours", np.reshape(weights, (2, 3, 1, 1))),
        constant("threshold", [-0.5, -0.5]),
    ]


def anchors(size: int) -> np.ndarray:
    """Centres and sizes of the boxes of one size, in the order of a pool's results."""
    places = np.arange(0, SIDE - size + 1, STEP) + size / 2
    y, x = np.meshgrid(places, places, indexing="ij")
    sides = np.full(x.size, size)
    return np.stack([x.ravel(), y.ravel(), sides, sides])


def look(size: int) -> tuple[list[object], list[TensorProto]]:
    """Scores for the boxes of one size: a square fills its box, and nothing is around it."""
    wide = size + 2 * MARGIN
    pool = {"strides": [STEP, STEP], "count_include_pad": 1}
    nodes = [
        helper.make_node("AveragePool", ["seen"], [f"in{size}"], kernel_shape=[size] * 2, **pool),
        helper.make_node(
            "AveragePool", ["seen"], [f"wide{size}"], kernel_shape=[wide] * 2,
            pads=[MARGIN] * 4, **pool,
        ),
        # Both in parts of the box's area: inside - 2 * around - 0.75, where around is all - inside.
        helper.make_node("Mul", [f"in{size}", "three"], [f"three{size}"]),
        helper.make_node("Mul", [f"wide{size}", f"area{size}"], [f"all{size}"]),
        helper.make_node("Sub", [f"three{size}", f"all{size}"], [f"rest{size}"]),
        helper.make_node("Reshape", [f"rest{size}", "flat"], [f"flat{size}"]),
    ]
    return nodes, [constant(f"area{size}", 2 * wide**2 / size**2)]


def build() -> ModelProto:
    parts = [look(size) for size in SIZES]
    nodes = [
        helper.make_node("Conv", ["images", "colours", "threshold"], ["colour"]),
        helper.make_node("Clip", ["colour", "zero", "one"], ["seen"]),
        *(node for part, _ in parts for node in part),
        helper.make_node("Concat", [f"flat{size}" for size in SIZES], ["rest"], axis=2),
        helper.make_node("Sub", ["rest", "enough"], ["above"]),
        helper.make_node("Mul", ["above", "steep"], ["steeper"]),
        helper.make_node("Sigmoid", ["steeper"], ["scores"]),
        helper.make_node("Concat", ["boxes", "scores"], ["output0"], axis=1),
    ]
    boxes = np.concatenate([anchors(size) for size in SIZES], axis=1)[np.newaxis]
    constants = [
        *colours(),
        *(number for _, numbers in parts for number in numbers),
        *(constant(name, value) for name, value in [
            ("zero", 0), ("one", 1), ("three", 3), ("enough", 0.75), ("steep", 20)]),
        numpy_helper.from_array(np.array([1, len(CLASSES), -1], np.int64), "flat"),
        constant("boxes", boxes),
    ]
    graph = helper.make_graph(
        nodes,
        "squares",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(
            "output0", TensorProto.FLOAT, [1, 4 + len(CLASSES), boxes.shape[2]])],
        constants,
    )
    # Versions that runtimes of the last years know.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"names": str(CLASSES), "imgsz": json.dumps([SIDE, SIDE])})
    checker.check_model(model, full_check=True)
    return model


if __name__ == "__main__":
    save(build(), sys.argv[1])
