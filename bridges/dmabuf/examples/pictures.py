"""Frames as pictures for a model, and its answer as boxes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from frame_lending import Frame, LendingError

# Where red, green and blue are in a pixel.
_ORDER = {
    "BGR24": (2, 1, 0),
    "BGRA": (2, 1, 0),
    "BGR0": (2, 1, 0),
    "RGB24": (0, 1, 2),
    "RGBA": (0, 1, 2),
    "RGB0": (0, 1, 2),
}
# Kr and Kb of BT.601 and, for high definition, of BT.709.
_LOW_DEFINITION, _HIGH_DEFINITION = (0.299, 0.114), (0.2126, 0.0722)


class Box(NamedTuple):
    """Something that was found, in pixels of the model's picture."""

    class_id: int
    confidence: float
    x: float
    y: float
    width: float
    height: float


def to_rgb(frame: Frame) -> np.ndarray:
    """The picture in rows, columns, and bytes of red, green and blue."""
    planes = frame.numpy()
    if frame.format in _ORDER:
        return planes[0][:, :, _ORDER[frame.format]]
    if frame.format == "GRAY8":
        return np.repeat(planes[0][:, :, np.newaxis], 3, axis=2)
    if frame.format == "NV12":
        return _from_yuv(planes[0], planes[1][:, :, 0], planes[1][:, :, 1])
    if frame.format == "YUV420P":
        return _from_yuv(*planes)
    raise LendingError(f"{frame.format} is not looked at by this program")


def _from_yuv(y: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Of the range that video has: Y from 16 to 235, U and V from 16 to 240."""
    rows, columns = y.shape
    red, blue = _LOW_DEFINITION if rows < 720 else _HIGH_DEFINITION
    luma = (y.astype(np.float32) - 16) / 219

    def chroma(plane: np.ndarray) -> np.ndarray:
        whole = plane.repeat(2, axis=0).repeat(2, axis=1)[:rows, :columns]
        return (whole.astype(np.float32) - 128) / 112

    r = luma + chroma(v) * (1 - red)
    b = luma + chroma(u) * (1 - blue)
    g = (luma - red * r - blue * b) / (1 - red - blue)
    return (np.stack([r, g, b], axis=2).clip(0, 1) * 255).round().astype(np.uint8)


def to_input(rgb: np.ndarray, size: list[int]) -> tuple[np.ndarray, float]:
    """The picture at the upper left of one of the model's size, and by how much it was shrunk.

    A picture that fits is not enlarged: it has no more in it than before.
    """
    rows, columns = rgb.shape[:2]
    scale = min(1.0, size[0] / rows, size[1] / columns)
    if scale < 1:
        across = (np.arange(int(columns * scale)) / scale).astype(int)
        down = (np.arange(int(rows * scale)) / scale).astype(int)
        rgb = rgb[down][:, across]
    # Grey, as YOLO pads.
    picture = np.full((1, 3, *size), 114 / 255, np.float32)
    picture[0, :, : rgb.shape[0], : rgb.shape[1]] = rgb.transpose(2, 0, 1) / np.float32(255)
    return picture, scale


def find_boxes(answer: np.ndarray, sure: float, overlap: float = 0.45) -> list[Box]:
    """The model's answer, without what is the same thing once more, the surest first."""
    scores = answer[4:].max(axis=0)
    boxes = []
    for anchor in np.argsort(-scores, kind="stable"):
        if scores[anchor] < sure:
            break
        x, y, width, height = map(float, answer[:4, anchor])
        class_id = int(answer[4:, anchor].argmax())
        box = Box(class_id, float(scores[anchor]), x - width / 2, y - height / 2, width, height)
        if all(_overlap(box, other) < overlap for other in boxes if other.class_id == class_id):
            boxes.append(box)
    return boxes


def _overlap(one: Box, other: Box) -> float:
    """Area in both, as a part of the area in either."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    both = max(0.0, width) * max(0.0, height)
    either = one.width * one.height + other.width * other.height - both
    return both / either if either > 0 else 0.0
