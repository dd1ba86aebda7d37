"""ZeroBuffer: a buffer on which steps are taken, each told with all bytes after it."""

from __future__ import annotations

from typing import Any, Callable

from ..zerobuffer import NOBODY, Failure
from ..zerobuffer_peer import PeerWriter
from ..zerobuffer_ring import Buffer, Lent, Reader, Writer


def content(number: int, size: int) -> bytes:
    """Bytes that no other frame has at the same place, none of them 0."""
    return bytes(1 + (number * 31 + index) % 255 for index in range(size))


class Scene:
    """A buffer, its reader and its writer, and what each step left."""

    reader: Reader
    writer: Writer
    peer: PeerWriter

    def __init__(self, name: str, payload: int = 192, metadata: int = 0, note: str = "") -> None:
        self.name, self._note = name, note
        self.buffer = Buffer(metadata, payload)
        self._frames: list[Lent] = []
        self._written = 0
        self.steps: list[dict[str, Any]] = []
        self.reader = Reader(self.buffer)
        self._step("create", {"metadata_size": metadata, "payload_size": payload}, None)

    def _step(self, what: str, given: dict[str, Any], gives: Any, note: str = "") -> Scene:
        step = {"do": what, **given, "gives": gives, "segment": self.buffer.raw.hex(),
                "frames": self.buffer.frames, "space": self.buffer.space}
        self.steps.append({**step, "note": note} if note else step)
        return self

    def _try(self, what: str, given: dict[str, Any], act: Callable[[], Any]) -> Scene:
        try:
            gives = act()
        except Failure as failure:
            gives = {"error": failure.kind}
        return self._step(what, given, gives)

    def connect(self) -> Scene:
        """A writer comes."""
        self.writer = Writer(self.buffer)
        return self._step("connect", {}, self.writer.next)

    def close_writer(self) -> Scene:
        """It goes."""
        self.writer.close()
        return self._step("close_writer", {}, None)

    def close_reader(self) -> Scene:
        """The reader goes; the segment has no name from now on."""
        self.buffer["reader_pid"] = 0
        return self._step("close_reader", {}, None)

    def set_metadata(self, data: bytes) -> Scene:
        """The writer says what its frames are."""
        return self._try("set_metadata", {"hex": data.hex()},
                         lambda: self.writer.set_metadata(data))

    def metadata(self) -> Scene:
        """The reader asks for it."""
        def look() -> str | None:
            found = self.reader.metadata()
            return None if found is None else found.hex()
        return self._try("metadata", {}, look)

    def write(self, *sizes: int) -> Scene:
        """Frames of so many bytes, copied."""
        for size in sizes:
            data = self._next(size)
            self._try("write", {"hex": data.hex()}, lambda data=data: self.writer.write(data))
        return self

    def lend(self, size: int) -> Scene:
        """A frame that is made in the ring: ``begun`` is the segment while it is."""
        data = self._next(size)
        at = self.writer.begin(size)
        begun = self.buffer.raw.hex()
        sequence = self.writer.commit(at, data)
        return self._step("lend", {"hex": data.hex(), "begun": begun}, sequence)

    def give_up(self, size: int) -> Scene:
        """A place for a frame that is never made."""
        self.writer.begin(size)
        return self._step("give_up", {"size": size}, None)

    def read(self, count: int = 1) -> Scene:
        """The next frames, each given a number by the order of reading."""
        for _ in range(count):
            self._try("read", {}, self._read)
        return self

    def _read(self) -> dict[str, Any] | None:
        frame = self.reader.read()
        if frame is None:
            return None
        self._frames.append(frame)
        return {"sequence": frame.sequence, "hex": frame.data.hex()}

    def release(self, *indices: int) -> Scene:
        """Frames go back, by the order in which they were read, from 0."""
        for index in indices:
            self.reader.release(self._frames[index])
            self._step("release", {"index": index}, None)
        return self

    def pass_on(self, *sizes: int) -> Scene:
        """Frames that are written, read and given back."""
        for size in sizes:
            self.write(size).read().release(len(self._frames) - 1)
        return self

    def peer_connects(self, python: bool = False) -> Scene:
        """A writer of another implementation comes."""
        self.peer = PeerWriter(self.buffer, python)
        return self._peer_does("connects")

    def _peer_does(self, what: str, data: bytes = b"") -> Scene:
        language = "Python" if self.peer.python else "C++"
        given = {"language": language, "act": what, **({"hex": data.hex()} if data else {})}
        return self._step("peer", given, None)

    def peer_writes(self, *sizes: int) -> Scene:
        """It writes frames, as it does."""
        for size in sizes:
            data = self._next(size)
            self.peer.write(data)
            self._peer_does("writes", data)
        return self

    def peer_closes(self) -> Scene:
        """It goes."""
        self.buffer["writer_pid"] = 0
        return self._peer_does("closes")

    def peer_dies(self, size: int, before: str) -> Scene:
        """A writer of another implementation is killed in a frame, before this step of it."""
        self.peer.write(self._next(size), before)
        self.buffer["writer_pid"] = NOBODY
        return self._step("peer", {}, None, f"it is killed in {size} bytes, before the {before}")

    def writer_dies(self, *sizes: int, before: str) -> Scene:
        """A writer comes that wraps early, and is killed in its last frame before this step."""
        writer = Writer(self.buffer)
        for size in sizes[:-1]:
            writer.write(self._next(size))
        at = writer.begin(sizes[-1])
        if before != "data":
            writer.commit(at, self._next(sizes[-1]), before)
        self.buffer["writer_pid"] = NOBODY
        note = f"a writer wrote {sizes} bytes and was killed in the last, before the {before}"
        return self._step("peer", {}, None, note)

    def scribble(self, field: str, value: int) -> Scene:
        """Somebody stores into a field what nobody should."""
        self.buffer[field] = value
        return self._step("peer", {}, None, f"{field} becomes {value}")

    def scribble_header(self, at: int, size: int, sequence: int) -> Scene:
        """Somebody stores a header where nobody should."""
        self.buffer.set_header(at, size, sequence)
        return self._step("peer", {}, None, f"the header at {at} says {size} bytes, {sequence}")

    def _next(self, size: int) -> bytes:
        self._written += 1
        return content(self._written, size)

    def trace(self) -> dict[str, Any]:
        """The vector."""
        return {"name": self.name, "note": self._note, "steps": self.steps}
