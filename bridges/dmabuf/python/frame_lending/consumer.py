"""The consumer's end of the connection."""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from typing import Any, Iterable, Iterator

from .errors import (
    ConnectionLost,
    ForeignEngine,
    InvalidReturn,
    LendingError,
    NotArrived,
    RefusedFrame,
)
from .frame import Frame
from .memory import Memories
from .messages import MAX_PACKET, Complaint, TooLarge, parse_send, to_packet
from .messages import hello as hello_message

DEFAULT_PATH = "/tmp/ai-stream.sock"

# As many as the kernel passes on with one message.
_MAX_DESCRIPTORS = 253
# struct ucred: process, user, group.
_UCRED = struct.Struct("iII")
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 1.0
# No engine yet, one that is gone, and one that has not got round to us.
_COMING = (errno.ENOENT, errno.ECONNREFUSED, errno.EAGAIN)
_GONE = (errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF, errno.ESHUTDOWN)


class Consumer:
    """A connection to an engine.

    `timeout` is how long to wait for an engine, in seconds; None waits for ever. `hello=False`
    keeps to the plain protocol, without the extensions. `engine_uids` are the users whose engines are
    believed beside this process's own user and root; None is anybody, who may then have this process
    look at whatever he likes. Memory that an engine sends once stays
    mapped until the end; of other memory the last `buffers` of the frames are.

    A frame that cannot be taken is returned to the engine as an error, and counted in `refused`;
    `last_refusal` says why. What the engine itself could not read of ours is counted in
    `complaints`; `last_complaint` has its words.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] = DEFAULT_PATH,
        hello: bool = True,
        name: str | None = None,
        timeout: float | None = 10.0,
        buffers: int = 16,
        engine_uids: Iterable[int] | None = None,
    ):
        self.refused = 0
        self.last_refusal: RefusedFrame | None = None
        self.complaints = 0
        self.last_complaint: str | None = None
        self._has_said_hello = hello
        self._memories = Memories(buffers)
        self._socket = _connect(os.fspath(path), timeout)
        try:
            if engine_uids is not None:
                _check_engine(self._socket, os.fspath(path), engine_uids)
            if hello:
                self._say(hello_message(name))
        except BaseException:
            self.close()
            raise

    def receive(self, timeout: float | None = None) -> Frame | None:
        """The next frame; None if there is none within `timeout` seconds.

        `ConnectionLost` when the engine is gone.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._is_readable(deadline):
            frame = self._take()
            if frame is not None:
                return frame
        return None

    def __iter__(self) -> Iterator[Frame]:
        """Every frame, until the engine closes the connection."""
        while True:
            try:
                frame = self.receive()
            except ConnectionLost:
                return
            if frame is not None:
                yield frame

    def close(self) -> None:
        """Ends the connection. The engine takes back what was not returned."""
        self._socket.close()
        self._memories.close()

    def __enter__(self) -> Consumer:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _is_readable(self, deadline: float | None) -> bool:
        poll = select.poll()
        try:
            poll.register(self._socket, select.POLLIN)
        except ValueError:
            raise ConnectionLost("the connection is closed") from None
        if deadline is None:
            return bool(poll.poll())
        # A message that is there is taken even if the time is over.
        return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))

    def _take(self) -> Frame | None:
        """A packet that is there, as a frame. None if it is none, or another thread has it."""
        fds: list[int] = []
        try:
            data, flags = self._receive(fds)
            if not data:
                raise ConnectionLost("the engine closed the connection")
            return self._frame(data, flags, fds)
        except BlockingIOError:
            return None
        except Complaint as complaint:
            # An answer to an answer would be answered.
            self.complaints += 1
            self.last_complaint = str(complaint)
            return None
        except RefusedFrame as refusal:
            self._refuse(refusal)
            return None
        finally:
            for fd in fds:
                os.close(fd)

    def _receive(self, fds: list[int]) -> tuple[bytes, int]:
        """A packet. Its descriptors are in `fds` even if something fails."""
        room = socket.CMSG_SPACE(_MAX_DESCRIPTORS * 4)
        flags = socket.MSG_CMSG_CLOEXEC | socket.MSG_DONTWAIT
        try:
            data, ancillary, flags, _ = self._socket.recvmsg(MAX_PACKET, room, flags)
        except BlockingIOError:
            raise
        except OSError as error:
            raise ConnectionLost(f"the engine is gone: {error}") from error
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                count = len(content) // 4
                fds.extend(struct.unpack(f"{count}i", content[: count * 4]))
        return data, flags

    def _frame(self, data: bytes, flags: int, fds: list[int]) -> Frame:
        if flags & socket.MSG_TRUNC:
            raise RefusedFrame("too_large", f"a message of more than {MAX_PACKET} bytes")
        send = parse_send(data)
        try:
            if flags & socket.MSG_CTRUNC:
                raise RefusedFrame("descriptor", "descriptors were lost: too many are open here")
            memory = self._memories.take(send.buffer_id, fds)
            try:
                return Frame(self, send, memory)
            except BaseException:
                self._memories.give_back(memory)
                raise
        except RefusedFrame as refusal:
            refusal.stream_id, refusal.sequence = send.stream_id, send.sequence
            raise

    def _refuse(self, refusal: RefusedFrame) -> None:
        self.refused += 1
        self.last_refusal = refusal
        packet = self._error_packet(
            refusal.code,
            str(refusal),
            stream_id=refusal.stream_id,
            sequence=refusal.sequence,
            model_name="",
        )
        self._say(packet)

    def _error_packet(self, code: str, message: str, **members: Any) -> bytes:
        """A frame that comes back as an error. Shortened until it fits into a packet: the name of
        its stream is the engine's, and may leave no room for the reason, or even for itself. What
        names no frame frees none, and that one times out.
        """
        members |= {"inference_time": 0, "status": "error"}
        error = {"code": code, "message": message}
        nothing = {"stream_id": "", "sequence": 0, "model_name": ""}
        short = {"code": code[:200], "message": message[:1000]}
        for shorter in (error, short, {**short, "message": ""}):
            try:
                return self._return_packet(**members, error=shorter)
            except TooLarge:
                pass
        return self._return_packet(**{**members, **nothing}, error=short)

    def _return_packet(self, **members: Any) -> bytes:
        if not self._has_said_hello:
            members.pop("frame_timestamp", None)
        return to_packet({"direction": "return", **members, "timestamp": time.time_ns()})

    def _say(self, packet: bytes) -> None:
        try:
            self._socket.send(packet, socket.MSG_NOSIGNAL)
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                raise InvalidReturn(f"a message of {len(packet)} bytes: {error}") from error
            if error.errno in _GONE:
                raise ConnectionLost(f"the engine is gone: {error}") from error
            raise LendingError(f"the engine cannot be told: {error}") from error


def _check_engine(connection: socket.socket, path: str, uids: Iterable[int]) -> None:
    """Whether the engine is one that is believed. The kernel knows whose it is."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(credentials)
    if uid not in {0, os.geteuid(), *uids}:
        raise ForeignEngine(f"the engine at {path} is user {uid}'s, who is not among engine_uids")


def _connect(path: str, timeout: float | None) -> socket.socket:
    """A connection, as soon as there is an engine: a socket has no event that tells of it."""
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = _FIRST_PAUSE
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            connection.connect(path)
            return connection
        except OSError as error:
            connection.close()
            if error.errno not in _COMING:
                raise
            left = pause if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise NotArrived(f"no engine at {path}: {error}") from error
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)
        except BaseException:
            connection.close()
            raise
