"""A subscriber of packets: WANT_PACKETS, copies, and the end of the stream (protocol 10)."""

from __future__ import annotations

import os
import time
from typing import Collection

from . import validate, wire
from .errors import CuframesError, ErrorCode
from .packet_ring import Packet, Params
from .session import ANSWER_S, open_session

_BOTH = validate.Versions(1, 2)


class PacketSubscriber:
    """Reads the packets of a key in order, from a key packet on. No frame is leased."""

    def __init__(self, key: str, name: str | None = None, from_keyframe: bool = True,
                 connect_timeout: float = 5.0, allow_uids: Collection[int] = ()) -> None:
        self.name = name or f"python-{os.getpid()}"
        request = wire.PACKET_REQUEST
        asked = request["WANT_PACKETS"] | (request["FROM_KEYFRAME"] if from_keyframe else 0)
        self._session, self._now = open_session(
            key, self.name, "NEWEST_ONLY", connect_timeout, allow_uids, _BOTH, asked)
        self.received = self.overruns = 0
        if self._now.packet_ring is None:
            self.close()
            raise CuframesError(ErrorCode.NO_PACKET_RING, f"{key} has no packets")
        self.ring = self._now.packet_ring

    @property
    def version(self) -> int:
        """The protocol version agreed on."""
        return int(self._now.resp["proto_version"])

    def params(self) -> Params:
        """Codec and extradata of the packet delivered last, or the ring's before the first."""
        params = self.ring.params or self.ring.read_params()
        if params.codec == 0:
            raise CuframesError(ErrorCode.NO_CODEC_PARAMS, "the publisher has set none")
        return params

    def next(self, timeout: float) -> Packet:
        """The next packet. PACKET_OVERRUN once for each loss: call again."""
        deadline = time.monotonic_ns() + int(timeout * 1e9)
        while True:
            seen = self.ring.futex_word()
            self._session.look()
            found = self._turn()
            if found is not None:
                return found
            left = deadline - time.monotonic_ns()
            if left <= 0:
                raise CuframesError(ErrorCode.TIMEOUT, f"no packet for {timeout} s")
            self.ring.sleep(self._now.page, seen, left)

    def _turn(self) -> Packet | None:
        """What the socket said came before; then a packet, and only then a reason to end."""
        if self._now.ring.evicted():
            raise CuframesError(ErrorCode.EVICTED, "the publisher ended this subscription")
        gone = self._session.gone
        found = self.ring.next()
        if isinstance(found, Packet):
            self.received += 1
            return found
        if found is not None:
            self.overruns += 1
            raise CuframesError(ErrorCode.PACKET_OVERRUN, f"packet {found.seq} was overwritten")
        if gone:
            raise self._session.failure or CuframesError(
                ErrorCode.DISCONNECTED, "the publisher is gone")
        if self._session.announced_epoch not in (None, self._now.epoch):
            self._rejoin()
        return None

    def _rejoin(self) -> None:
        """Frames have a new epoch. The packet segment is not touched by that: with the same
        packet_epoch the reader stays where it is."""
        former = self._now
        self._now = self._session.join(former.epoch, time.monotonic() + ANSWER_S)
        same = self._now.resp["packet_epoch"] == former.resp["packet_epoch"]
        if same or self._now.packet_ring is None:
            # The former map goes on to be used.
            self._now.packets, former.packets = former.packets, self._now.packets
        else:
            self.ring = self._now.packet_ring
            self.ring.interrupt()
        former.close()

    def close(self) -> None:
        """Close everything imported, then DETACH."""
        self._now.close()
        self._session.detach()

    def __enter__(self) -> PacketSubscriber:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
