"""A model of a ZeroBuffer: one reader and one writer that take turns on bytes.

Nothing waits here: each operation does what it can at once, as one with a time-out of 0 does.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .zerobuffer import (
    HEADER, OIEB, READER, WRITER, WRITING, Failure, blocks, first_block,
)


class Buffer:
    """The segment's bytes, and the values of both semaphores."""

    def __init__(self, metadata_size: int, payload_size: int) -> None:
        self.metadata, self.payload = blocks(metadata_size, payload_size)
        self.base = OIEB.size + self.metadata
        self.raw = bytearray(self.base + self.payload)
        self.raw[:OIEB.size] = first_block(self.metadata, self.payload)
        self.frames = self.space = 0

    def __getitem__(self, name: str) -> int:
        field = OIEB[name]
        return int(field.decode(bytes(self.raw[field.offset:field.offset + field.size])))

    def __setitem__(self, name: str, value: int) -> None:
        field = OIEB[name]
        self.raw[field.offset:field.offset + field.size] = field.encode(value)

    def header(self, at: int) -> tuple[int, int]:
        """Size and number in front of a frame."""
        size, sequence = struct.unpack_from("<QQ", self.raw, self.base + at)
        return size, sequence

    def set_header(self, at: int, size: int, sequence: int) -> None:
        """Both, anywhere in the payload."""
        struct.pack_into("<QQ", self.raw, self.base + at, size, sequence)

    def data(self, at: int, size: int) -> bytes:
        """Bytes of the payload."""
        return bytes(self.raw[self.base + at:self.base + at + size])

    def set_data(self, at: int, data: bytes) -> None:
        """Bytes of the payload."""
        self.raw[self.base + at:self.base + at + len(data)] = data

    def is_short(self, at: int) -> bool:
        """True if no header fits between here and the end, and it is not the end."""
        return 0 < self.payload - at < HEADER


@dataclass
class Lent:
    """A frame in the reader's hands, or the end of a payload that was left out (no data)."""

    bytes: int
    sequence: int = 0
    data: bytes = b""
    given_back: bool = False


class Reader:
    """Reads each frame once, and gives space back in the order of reading."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._at = self._count = self._last_writer = self._announced = 0
        self._expected = 1
        self._lent: list[Lent] = []
        self._had_writer = False

    def metadata(self) -> bytes | None:
        """What the writer says of its frames; None before it does."""
        buffer, written = self._buffer, self._buffer["metadata_written_bytes"]
        if written == 0:
            return None
        if not 8 <= written <= buffer.metadata:
            raise Failure("Corrupt")
        length, = struct.unpack_from("<Q", buffer.raw, OIEB.size)
        if length > written - 8:
            raise Failure("Corrupt")
        return bytes(buffer.raw[OIEB.size + 8:OIEB.size + 8 + length])

    def read(self) -> Lent | None:
        """The next frame; None if none is announced."""
        buffer = self._buffer
        if not self._announced:
            if buffer.frames == 0:
                self._take_marker()
                return self._nothing()
            buffer.frames -= 1
            self._announced = 1
        at, headers = self._at, 1
        if buffer.is_short(at):
            at = 0
        elif at and buffer.header(at)[0] == 0:
            at, headers = 0, 2
        size, sequence = buffer.header(at)
        if size == 0 or HEADER + size > buffer.payload - at:
            raise Failure("Corrupt")
        self._check(sequence)
        if at != self._at:
            self._lent.append(Lent(buffer.payload - self._at, given_back=True))
        frame = Lent(HEADER + size, sequence, buffer.data(at + HEADER, size))
        self._lent.append(frame)
        self._expected, self._last_writer = sequence + 1, buffer["writer_pid"]
        self._announced, self._had_writer = self._announced - 1, True
        self._go_to(at + frame.bytes, headers)
        self._give_back()
        return frame

    def release(self, frame: Lent) -> None:
        """The frame is not needed any more; its space waits for that of older ones."""
        frame.given_back = True
        self._give_back()

    def _nothing(self) -> Lent | None:
        buffer, writer = self._buffer, self._buffer["writer_pid"]
        wrote = buffer["payload_written_count"] or buffer["metadata_written_bytes"]
        self._had_writer = self._had_writer or writer > 0 or wrote > 0
        if writer == WRITER or not self._had_writer:
            return None
        self._mend()
        if self._announced:
            return self.read()
        raise Failure("WriterDead")

    def _mend(self) -> None:
        """What lies before a dead writer's position is whole, announced or not."""
        buffer = self._buffer
        end = buffer["payload_write_pos"] % buffer.payload
        size, sequence = buffer.header(0)
        if size == WRITING and end > HEADER:
            buffer.set_header(0, end - HEADER, sequence)
        counted = buffer["payload_written_count"]
        at, left, headers = self._at, 0, self._count
        full = counted > headers and buffer.header(at)[1] == self._expected if at == end else False
        while at != end or (full and not left):
            short = buffer.is_short(at)
            size = 0 if short else buffer.header(at)[0]
            taken = HEADER + size if size else buffer.payload - at
            at, left = (at + taken) % buffer.payload, left + taken
            headers += not short
            self._announced += size > 0
        lent = sum(entry.bytes for entry in self._lent)
        buffer["payload_free_bytes"] = buffer.payload - lent - left
        buffer["payload_written_count"] = max(counted, headers)

    def _check(self, sequence: int) -> None:
        if sequence == self._expected:
            return
        counted = self._buffer["payload_written_count"] > self._count
        anew = sequence == 1 or self._buffer["writer_pid"] != self._last_writer
        if not (counted and anew):
            raise Failure("SequenceGap")

    def _go_to(self, at: int, headers: int) -> None:
        # The end is told as it is: a writer in Python that stands there takes a position of 0 for
        # space that it may use beyond the end.
        self._buffer["payload_read_pos"] = at
        self._at = at % self._buffer.payload
        self._count += headers
        self._buffer["payload_read_count"] = self._count

    def _take_marker(self) -> None:
        """A writer that needs more than is left beside the end of the payload waits for this."""
        buffer, tail = self._buffer, self._buffer.payload - self._at
        if (self._at and buffer["payload_write_pos"] == 0
                and buffer["payload_free_bytes"] == buffer.payload - tail
                and (buffer.is_short(self._at) or buffer.header(self._at) == (0, 0))):
            self._lent.append(Lent(tail, given_back=True))
            self._go_to(0, 1)
            self._give_back()
            buffer.space += 1

    def _give_back(self) -> None:
        while self._lent and self._lent[0].given_back:
            first = self._lent.pop(0)
            self._buffer["payload_free_bytes"] += first.bytes
            self._buffer.space += bool(first.data)


class Writer:
    """Writes frames that are whole, and whose header any reader finds."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        buffer["writer_pid"] = WRITER
        self._at = buffer["payload_write_pos"] % buffer.payload
        self._count = buffer["payload_written_count"]
        self.next = self._last() + 1

    def close(self) -> None:
        """Nobody writes any more."""
        self._buffer["writer_pid"] = 0

    def set_metadata(self, data: bytes) -> None:
        """Once in a buffer's life."""
        buffer, total = self._buffer, 8 + len(data)
        if buffer["metadata_written_bytes"]:
            raise Failure("MetadataAlreadyWritten")
        if total > buffer.metadata:
            raise Failure("MetadataTooLarge")
        buffer.raw[OIEB.size:OIEB.size + total] = struct.pack("<Q", len(data)) + data
        buffer["metadata_free_bytes"] = buffer.metadata - total
        buffer["metadata_written_bytes"] = total

    def write(self, data: bytes) -> int:
        """A frame, and its number."""
        return self.commit(self.begin(len(data)), data)

    def begin(self, size: int) -> int:
        """Makes a place for a frame ready: where its header goes."""
        buffer = self._buffer
        if buffer["reader_pid"] == 0:
            raise Failure("ReaderDead")
        at, need = self._place(size)
        if buffer["payload_free_bytes"] > buffer.payload:
            raise Failure("Corrupt")
        if buffer["payload_free_bytes"] < need:
            buffer.space = 0
            if need > buffer.payload and buffer["payload_free_bytes"] == buffer.payload:
                self._wrap()
            raise Failure("BufferFull")
        if at != self._at:
            self._wrap()
        if at == 0:
            buffer.set_header(0, WRITING, self.next)
        return at

    def commit(self, at: int, data: bytes, before: str = "") -> int:
        """Tells of the frame at its place; stops ``before`` one of its steps, as who is killed."""
        buffer, taken, sequence = self._buffer, HEADER + len(data), self.next
        buffer.set_data(at + HEADER, data)
        if at:
            buffer.set_header(at, len(data), sequence)
        if before == "space":
            return sequence
        buffer["payload_free_bytes"] -= taken
        if before == "position":
            return sequence
        self._at = buffer["payload_write_pos"] = (at + taken) % buffer.payload
        if before == "count":
            return sequence
        self._go_to(self._at, 1)
        if before == "first_header":
            return sequence
        buffer.set_header(at, len(data), sequence)
        if before != "post":
            buffer.frames += 1
        self.next += 1
        return sequence

    def _place(self, size: int) -> tuple[int, int]:
        """Where the header of a frame goes, and how much must be free for it."""
        taken, tail = HEADER + size, self._buffer.payload - self._at
        if size == 0:
            raise Failure("InvalidFrameSize")
        if taken > self._buffer.payload:
            raise Failure("FrameTooLarge")
        if taken <= tail and not self._buffer.is_short(self._at + taken):
            return self._at, taken
        if self._buffer.is_short(taken):
            raise Failure("FrameUnplaceable")
        return 0, tail + taken

    def _wrap(self) -> None:
        tail = self._buffer.payload - self._at
        marked = tail >= HEADER
        if marked:
            self._buffer.set_header(self._at, 0, 0)
        self._buffer["payload_free_bytes"] -= tail
        self._go_to(0, int(marked))

    def _go_to(self, at: int, headers: int) -> None:
        self._at = at
        self._buffer["payload_write_pos"] = at
        self._count += headers
        self._buffer["payload_written_count"] = self._count

    def _last(self) -> int:
        """The number of the last frame: that of the lap which ends here, and begins at 0."""
        at = last = 0
        while at < (self._at or self._buffer.payload) and not self._buffer.is_short(at):
            size, sequence = self._buffer.header(at)
            if size == WRITING:
                return sequence - 1
            if size == 0:
                break
            at, last = at + HEADER + size, sequence
        return last
