"""A model of how writers of other implementations place their frames."""

from __future__ import annotations

from .zerobuffer import HEADER, WRITER
from .zerobuffer_ring import Buffer


class PeerWriter:
    """A writer as those in C++ and in Python are: no early wrap, and numbers from 1 on."""

    def __init__(self, buffer: Buffer, python: bool = False) -> None:
        self._buffer, self.python, self._next = buffer, python, 1
        buffer["writer_pid"] = WRITER

    def write(self, data: bytes, before: str = "") -> None:
        """A frame for which there is space; stops ``before`` one of its steps."""
        buffer, taken = self._buffer, HEADER + len(data)
        at = buffer["payload_write_pos"]
        if (tail := buffer.payload - at) < taken:
            if tail >= HEADER:
                buffer.set_header(at, 0, 0)
            buffer["payload_written_count"] += tail >= HEADER or self.python
            buffer["payload_free_bytes"] -= tail
            at = 0
        buffer.set_header(at, len(data), self._next)
        buffer.set_data(at + HEADER, data)
        steps = ["position", "space", "count", "post"]
        done = steps[:steps.index(before)] if before else steps
        if "position" in done:
            # Not reduced: the end is the end.
            buffer["payload_write_pos"] = at + taken
        buffer["payload_free_bytes"] -= taken * ("space" in done)
        buffer["payload_written_count"] += "count" in done
        buffer.frames += "post" in done
        self._next += 1
