"""The subscriber's side of the socket, from HELLO to DETACH (protocol 3, 4)."""

from __future__ import annotations

import os
import socket
import time
from typing import Collection

from . import imports, locate, validate, wire
from .channel import Channel, Message, close_all
from .errors import CuframesError, ErrorCode
from .formats import Geometry, geometry
from .packet_ring import PacketRing
from .ring import Ring
from .shm import Mapping

ANSWER_S = 5.0
_REJOIN_HINT_S = 2.0
_RETRY_S = 0.02
_CAP = wire.CAPABILITY
ASKED = _CAP["FD_PASSING"] | _CAP["HOST"] | _CAP["NOTIFY"]


class Attachment:
    """What one HELLO_RESP gave: the maps, the geometry and the ring of one epoch."""

    def __init__(self, payload: bytes, fds: list[int], versions: validate.Versions,
                 trusted: Collection[int], packets: int = 0) -> None:
        try:
            self._import(payload, fds, versions, trusted, packets)
        finally:
            close_all(fds)

    def _import(self, payload: bytes, fds: list[int], versions: validate.Versions,
                trusted: Collection[int], packets: int) -> None:
        self.resp = validate.hello_resp(payload, versions, ASKED, packets)
        names = [name for name, bit in wire.FD.items() if self.resp["fd_mask"] & bit]
        validate.require(len(names) == len(fds), f"{len(fds)} fds for {names}")
        by_name = dict(zip(names, fds))
        control = imports.import_control(by_name["CONTROL"], trusted)
        self.header = validate.control_header(
            control.words(0, wire.SEGMENT_SIZE), self.resp["proto_version"], self.resp)
        self.page = imports.import_page(by_name["PAGE"])
        self.pool: Mapping | None = None
        self.geometry: Geometry | None = None
        if not self.header["flags"] & wire.SEGMENT_FLAG["PACKETS_ONLY"]:
            self.geometry = geometry(self.header)
            self.pool = imports.import_pool(by_name["POOL"], self.resp["pool_size"])
        self.ring = Ring(control, self.page, self.header, self.resp["max_leases"])
        self.packets: Mapping | None = None
        self.packet_ring: PacketRing | None = None
        if "PACKETS" in by_name:
            self.packets = imports.import_packets(by_name["PACKETS"], trusted)
            raw = self.packets.words(0, wire.PACKET_HEADER.size)
            header = validate.packet_header(raw, self.packets.size, self.resp)
            # Before ATTACHED: a publisher that waits for us sends us its first packet.
            self.packet_ring = PacketRing(self.packets, header, self.resp["initial_packet_seq"])
        self.notify_fd = -1
        if "NOTIFY" in by_name:
            self.notify_fd = by_name["NOTIFY"]
            fds.remove(self.notify_fd)

    @property
    def epoch(self) -> int:
        """The epoch of these maps."""
        return int(self.resp["epoch"])

    def close(self) -> None:
        """Close every import."""
        self.ring.close()
        for mapped in (self.pool, self.packets):
            if mapped is not None:
                mapped.close()
        if self.notify_fd >= 0:
            os.close(self.notify_fd)
            self.notify_fd = -1


class Session:
    """A connection to a publisher under one name and mode."""

    def __init__(self, sock: socket.socket, name: str, mode: str, trusted: Collection[int],
                 versions: validate.Versions, packets: int = 0) -> None:
        self.channel = Channel(sock)
        self._packets = packets
        self._name, self._mode, self._trusted, self._versions = name, mode, trusted, versions
        self.close_reason: int | None = None
        self.failure: CuframesError | None = None
        self.announced_epoch: int | None = None

    @property
    def gone(self) -> bool:
        """HUP, CLOSE or ERROR was seen."""
        return self.channel.hup or self.close_reason is not None or self.failure is not None

    def join(self, last_epoch: int, deadline: float) -> Attachment:
        """HELLO_REQ to ATTACHED; on the same socket again after a reconfiguration."""
        self.channel.send("HELLO_REQ", wire.HELLO_REQ.pack({
            "magic": wire.MAGIC, "proto_highest": self._versions.highest,
            "proto_lowest": self._versions.lowest, "capabilities": ASKED,
            "mode": wire.MODE[self._mode], "pid": os.getpid(), "name": self._name,
            "last_epoch": last_epoch, "packet_flags": self._packets}))
        answer = self._await_answer(deadline)
        self.announced_epoch = None
        try:
            attachment = Attachment(answer.payload, answer.fds, self._versions,
                                    self._trusted, self._packets)
        except CuframesError as problem:
            self._refuse(problem)
            raise
        attachment.ring.prepare(os.getpid(), wire.MODE[self._mode], attachment.resp["latest_seq"])
        self.channel.send("ATTACHED", wire.ATTACHED.pack({
            "index": attachment.resp["index"], "capabilities": attachment.resp["capabilities"]}))
        return attachment

    def _await_answer(self, deadline: float) -> Message:
        while True:
            message = self.channel.receive()
            if message is not None and message.kind == wire.MESSAGE["HELLO_RESP"]:
                return message
            if message is not None:
                self._handle(message)
            elif self.gone:
                raise self.failure or CuframesError(
                    ErrorCode.DISCONNECTED, "the publisher left before it answered HELLO_REQ")
            elif time.monotonic() >= deadline:
                raise CuframesError(ErrorCode.TIMEOUT, "no HELLO_RESP")
            else:
                self.channel.wait(deadline)

    def look(self) -> None:
        """Take every message that is there, without blocking."""
        while (message := self.channel.receive()) is not None:
            self._handle(message)

    def await_reconfigure(self, epoch: int) -> None:
        """Wait for the RECONFIGURE that follows the state of the segment.

        The publisher takes a HELLO_REQ only once its RECONFIGURE is sent (protocol 4), and the
        state of the old segment is visible before that.
        """
        deadline = time.monotonic() + _REJOIN_HINT_S
        self.look()
        while self.announced_epoch in (None, epoch) and not self.gone \
                and time.monotonic() < deadline:
            self.channel.wait(deadline)
            self.look()

    def _handle(self, message: Message) -> None:
        """One message that is no HELLO_RESP; an fd belongs to none of them."""
        if message.fds:
            close_all(message.fds)
            self._fail("fds where none belong")
        if message.kind == wire.MESSAGE["RECONFIGURE"]:
            self.announced_epoch = validate.parse(wire.RECONFIGURE, message.payload)["epoch"]
        elif message.kind == wire.MESSAGE["CLOSE"]:
            self.close_reason = validate.parse(wire.CLOSE, message.payload)["reason"]
        elif message.kind == wire.MESSAGE["ERROR"]:
            answer = validate.error(message.payload)
            self.failure = CuframesError(answer["code"], answer["text"], refused=True)
        elif message.kind == wire.MESSAGE["STATS"]:
            validate.stats(message.payload)
        elif message.kind in wire.MESSAGE.values():
            self._fail(f"message {message.kind} is the subscriber's to send")
        elif not message.flags & wire.TLV_FLAG["OPTIONAL"]:
            self._fail(f"message {message.kind:#x} is unknown and not OPTIONAL")

    def _fail(self, text: str) -> None:
        problem = CuframesError(ErrorCode.PROTOCOL, text)
        self._refuse(problem)
        raise problem

    def _refuse(self, problem: CuframesError) -> None:
        """Tell the publisher what is wrong with its message, then close (protocol 3, ERROR)."""
        head = wire.ERROR_HEAD.pack({"code": int(problem.code)})
        try:
            self.channel.send("ERROR", head + problem.text.encode("utf-8"))
        except CuframesError:
            pass
        self.channel.close()

    def detach(self, reason: str = "NORMAL") -> None:
        """DETACH and close; the caller has closed everything imported (protocol 3)."""
        try:
            if not self.channel.hup:
                self.channel.send("DETACH", wire.DETACH.pack(
                    {"reason": wire.DETACH_REASON[reason]}))
        except CuframesError:
            pass
        self.channel.close()


def open_session(key: str, name: str, mode: str, timeout: float, allow_uids: Collection[int],
                 versions: validate.Versions,
                 packets: int = 0) -> tuple[Session, Attachment]:
    """Connect and join. A name still taken by a killed predecessor is tried again."""
    deadline = time.monotonic() + timeout
    trusted = {os.getuid(), 0, *allow_uids}
    while True:
        sock = locate.connect(key, trusted, deadline)
        session = Session(sock, name, mode, trusted, versions, packets)
        try:
            return session, session.join(0, max(deadline, time.monotonic() + ANSWER_S))
        except CuframesError as problem:
            session.channel.close()
            taken = problem.code is ErrorCode.ALREADY_EXISTS
            if not taken or time.monotonic() >= deadline:
                raise
        time.sleep(_RETRY_S)
