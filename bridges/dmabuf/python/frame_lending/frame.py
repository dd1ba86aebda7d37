"""A frame that is lent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

from .errors import ConnectionLost, FrameReturned, LendingError, RefusedFrame
from .formats import Format, Plane, find_format, last_byte, tight_planes
from .memory import Memory
from .messages import Send, check_detections, check_integer, check_text

if TYPE_CHECKING:
    from .consumer import Consumer


class Frame:
    """A frame, until it is returned by `done` or `failed`.

    stream_id, sequence      which frame it is
    width, height, format    its size in pixels, and the name of its format
    timestamp                when it was published, in nanoseconds since 1970
    planes                   where its planes are: offset, stride, size
    pts_ns, deadline_ns      its presentation time, and when it is due; None if the engine is silent

    Leaving a `with` block returns it as an error if it was not returned inside.
    """

    def __init__(self, consumer: Consumer, send: Send, memory: Memory):
        self._format = find_format(send.format)
        self.planes = _planes(send, self._format, memory.size)
        self._consumer = consumer
        # From here on it is lent, and its end returns it.
        self._memory: Memory | None = memory
        self.stream_id = send.stream_id
        self.sequence = send.sequence
        self.width = send.width
        self.height = send.height
        self.format = send.format
        self.timestamp = send.timestamp
        self.pts_ns = send.pts_ns
        self.deadline_ns = send.deadline_ns

    def plane(self, index: int) -> memoryview:
        """The bytes of a plane, rows of `stride` bytes, in the engine's own memory. Copy what is
        needed after the return: the bytes stay, and the engine changes them.
        """
        if self._memory is None:
            raise FrameReturned(f"frame {self.sequence} of {self.stream_id} is returned")
        plane = self.planes[index]
        with self._memory.view() as whole:
            return whole[plane.offset : plane.offset + plane.size]

    def numpy(self) -> tuple[Any, ...]:
        """The planes as arrays over the engine's own memory: rows, columns, and channels, if there
        are more than one.

        NV12 has an array of Y and one of U and V; YUV420P three; BGR24 and other packed formats
        one. Chroma has half the rows and columns, rounded up.
        """
        import numpy

        if self._format is None:
            raise LendingError(f"the arrangement of {self.format} is not known; use plane()")
        arrays = []
        for index, shape in enumerate(self._format.planes):
            columns, pixel = shape.columns(self.width), shape.channels * shape.bytes
            size = (shape.rows(self.height), columns, shape.channels)
            array = numpy.ndarray(
                size,
                f"<u{shape.bytes}",
                self.plane(index),
                strides=(self.planes[index].stride, pixel, shape.bytes),
            )
            arrays.append(array if shape.channels > 1 else array[:, :, 0])
        return tuple(arrays)

    def done(
        self,
        model_name: str,
        inference_time: int,
        detections: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """Returns it with what was found in it.

        `inference_time` is in nanoseconds. A detection has `class_id`, `class_name`, `confidence`
        (0 to 1) and `bbox` (x, y, width, height in pixels); more members are passed on. If one of
        them is not so, `InvalidReturn` is raised and the frame is still lent.
        """
        self._require_lent()
        packet = self._consumer._return_packet(
            **self._named(),
            inference_time=check_integer("inference_time", inference_time),
            status="success",
            model_name=check_text("model_name", model_name),
            detections=check_detections(detections),
        )
        self._end(packet)

    def failed(self, code: str, message: str, model_name: str = "") -> None:
        """Returns it as an error: a short name of the reason, and the reason in words."""
        self._require_lent()
        packet = self._consumer._error_packet(
            check_text("code", code),
            check_text("message", message),
            **self._named(),
            model_name=check_text("model_name", model_name),
        )
        self._end(packet)

    @property
    def is_returned(self) -> bool:
        """Whether it is the engine's again."""
        return self._memory is None

    def __enter__(self) -> Frame:
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._memory is None:
            return
        if error is None:
            self.failed("unreturned", "the consumer left the frame without a result")
            return
        try:
            reason = f"{kind.__name__}: {error}".encode("ascii", "backslashreplace").decode()
            self.failed("exception", reason[:1000])
        except ConnectionLost:
            # What went wrong first is what the caller is told.
            pass

    def __del__(self) -> None:
        if getattr(self, "_memory", None) is None:
            return
        try:
            self.failed("unreturned", "the consumer dropped the frame without a result")
        except LendingError:
            pass

    def _require_lent(self) -> None:
        if self._memory is None:
            raise FrameReturned(f"frame {self.sequence} of {self.stream_id} is returned already")

    def _named(self) -> dict[str, Any]:
        """Which frame a return is about."""
        return {
            "stream_id": self.stream_id,
            "sequence": self.sequence,
            "width": self.width,
            "height": self.height,
            "frame_timestamp": self.timestamp,
        }

    def _end(self, packet: bytes) -> None:
        """It is the engine's again."""
        memory, self._memory = self._memory, None
        try:
            self._consumer._memories.give_back(memory)
        finally:
            self._consumer._say(packet)


def _planes(send: Send, format: Format | None, size: int) -> tuple[Plane, ...]:
    """Where the planes of a frame are, in memory of `size` bytes."""
    if send.modifier != 0:
        raise RefusedFrame("modifier", f"modifier {send.modifier:#x}; only linear pixels are read")
    if send.planes is None and format is None:
        name = ascii(send.format)[:32]
        raise RefusedFrame("format", f"{name} is not known, and the message has no planes")
    planes = send.planes
    if planes is None:
        planes = tight_planes(format, send.width, send.height)
    if format is not None:
        _check_shapes(send, format, planes)
    for index, plane in enumerate(planes):
        if plane.offset + plane.size > size:
            raise RefusedFrame(
                "memory",
                f"plane {index} ends at byte {plane.offset + plane.size}; the memory has {size}",
            )
    return planes


def _check_shapes(send: Send, format: Format, planes: tuple[Plane, ...]) -> None:
    if len(planes) != len(format.planes):
        counts = f"{len(planes)} planes; {format.name} has {len(format.planes)}"
        raise RefusedFrame("planes", counts)
    for index, (shape, plane) in enumerate(zip(format.planes, planes)):
        row = shape.row_bytes(send.width)
        if plane.stride < row:
            raise RefusedFrame("planes", f"plane {index} has rows of {plane.stride} bytes, not {row}")
        needed = last_byte(shape, plane, send.width, send.height)
        if plane.size < needed:
            raise RefusedFrame("planes", f"plane {index} has {plane.size} bytes; it needs {needed}")
