"""TLV messages with fds over a stream socket (protocol 3), never blocking in the middle."""

from __future__ import annotations

import array
import os
import select
import socket
import time
from dataclasses import dataclass, field

from . import validate, wire
from .errors import CuframesError, ErrorCode

_MESSAGE_LIMIT_S = 2.0
_INT = array.array("i").itemsize


def close_all(fds: list[int]) -> None:
    """Close the fds of a message that is not used."""
    while fds:
        os.close(fds.pop())


@dataclass
class Message:
    """One message and the fds that came with it; who takes them empties the list."""

    kind: int
    flags: int
    payload: bytes
    fds: list[int] = field(default_factory=list)


class Channel:
    """A connected socket that yields whole messages.

    ``hup`` is set once the peer is gone and everything it sent has been read.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._head = b""
        self._payload = b""
        self._fds: list[int] = []
        self._started = 0.0
        self.hup = False

    def fileno(self) -> int:
        """The socket, to poll."""
        return self._sock.fileno()

    def send(self, kind: str, payload: bytes) -> None:
        """MSG_DONTWAIT|MSG_NOSIGNAL: a peer whose buffer is full is gone."""
        raw = wire.message(kind, payload)
        try:
            sent = self._sock.send(raw, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except OSError as problem:
            raise CuframesError(ErrorCode.DISCONNECTED, f"{kind} not sent: {problem}") from None
        if sent != len(raw):
            raise CuframesError(ErrorCode.DISCONNECTED, f"{kind} sent by halves")

    def wait(self, deadline: float) -> None:
        """Until there is something to read, or the deadline (time.monotonic)."""
        left = max(0.0, deadline - time.monotonic())
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        poll.poll(int(left * 1000) + 1)

    def receive(self) -> Message | None:
        """The next whole message, or None if there is none yet (see ``hup``)."""
        while not self.hup:
            length = self._length()
            if length is not None and len(self._payload) == length:
                return self._take()
            if not self._read(length):
                break
        self._check_time()
        return None

    def _length(self) -> int | None:
        if len(self._head) < wire.TLV_HEADER.size:
            return None
        try:
            return int(validate.tlv_header(self._head)["length"])
        except CuframesError:
            self.close()
            raise

    def _take(self) -> Message:
        head = wire.TLV_HEADER.unpack(self._head)
        message = Message(head["type"], head["flags"], self._payload, self._fds)
        self._head, self._payload, self._fds = b"", b"", []
        return message

    def _read(self, length: int | None) -> bool:
        """One recvmsg: False when there is nothing more now."""
        first = length is None and not self._head
        want = 8 - len(self._head) if length is None else length - len(self._payload)
        space = socket.CMSG_SPACE(wire.MAX_FDS * _INT) if first else 0
        try:
            data, ancillary, flags, _ = self._sock.recvmsg(
                want, space, socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            data, ancillary, flags = b"", [], 0
        self._collect(ancillary, flags)
        if not data:
            self.hup = True
            return False
        if first:
            self._started = time.monotonic()
        if length is None:
            self._head += data
        else:
            self._payload += data
        return True

    def _collect(self, ancillary: list[tuple[int, int, bytes]], flags: int) -> None:
        """Fds ride on the header's first byte; elsewhere the kernel reports them as CTRUNC."""
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                whole = data[:len(data) - len(data) % _INT]
                self._fds.extend(array.array("i", whole))
        if flags & socket.MSG_CTRUNC:
            self.close()
            raise CuframesError(ErrorCode.PROTOCOL, "fds where none belong, or too many")

    def _check_time(self) -> None:
        """A message not complete 2 s after its first byte closes."""
        if self._head and not self.hup and time.monotonic() - self._started > _MESSAGE_LIMIT_S:
            self.close()
            raise CuframesError(ErrorCode.PROTOCOL, "a message stayed incomplete for 2 s")

    def close(self) -> None:
        """Close the socket and every fd of a message that was never taken."""
        close_all(self._fds)
        self.hup = True
        self._sock.close()
