"""Frames of cameras, lent to an inference process by a stream engine, and what it found in them.

    from frame_lending import Consumer

    with Consumer("/tmp/ai-stream.sock", name="squares") as consumer:
        for frame in consumer:
            with frame:
                luma = frame.numpy()[0]
                ...
                frame.done("squares.onnx", inference_time, detections)

A frame is the consumer's until it is returned: by `done`, by `failed`, or by leaving its `with`
block, which returns it as an error. Nothing but the standard library is needed; `Frame.numpy`
needs numpy.
"""

from .consumer import DEFAULT_PATH, Consumer
from .errors import (
    ConnectionLost,
    ForeignEngine,
    FrameReturned,
    InvalidReturn,
    LendingError,
    NotArrived,
    RefusedFrame,
)
from .formats import Format, Plane, find_format, tight_planes
from .frame import Frame

__all__ = [
    "DEFAULT_PATH",
    "ConnectionLost",
    "Consumer",
    "ForeignEngine",
    "Format",
    "Frame",
    "FrameReturned",
    "InvalidReturn",
    "LendingError",
    "NotArrived",
    "Plane",
    "RefusedFrame",
    "find_format",
    "tight_planes",
]
