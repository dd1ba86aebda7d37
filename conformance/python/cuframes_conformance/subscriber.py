"""A LIVE subscriber with leases: ``next()`` in the order of protocol 5.1."""

from __future__ import annotations

import os
import time
from typing import Any, Collection, Iterator

from . import validate, wire
from .errors import CuframesError, ErrorCode
from .session import ANSWER_S, Attachment, Session, open_session

_FIND_TURNS = 1000


class Frame:
    """A leased frame. Its rows are the shared pixels; they are whole until ``release()``."""

    def __init__(self, attachment: Attachment, slot: int, meta: dict[str, Any]) -> None:
        self._attachment, self._slot = attachment, slot
        self._views: list[memoryview] = []
        self.meta = meta
        self.seq: int = meta["seq"]
        self.geometry = attachment.geometry
        self.epoch = attachment.epoch

    @property
    def pts(self) -> int | None:
        """Presentation time in ns, or None."""
        return None if self.meta["pts_ns"] == wire.NO_PTS else self.meta["pts_ns"]

    def rows(self) -> Iterator[memoryview]:
        """Every row of every plane without its padding, in place."""
        for plane in self.geometry.planes:
            start = self.meta["data_offset"] + plane.offset
            for row in range(plane.rows):
                view = self._attachment.pool.view(start + row * plane.pitch, plane.row_bytes)
                self._views.append(view)
                yield view

    def packed(self) -> bytes:
        """A copy of the picture, row after row."""
        return b"".join(self.rows())

    def release(self) -> None:
        """End the lease; EVICTED if what was read may have been overwritten meanwhile."""
        if self._slot < 0:
            return
        slot, self._slot = self._slot, -1
        for view in self._views:
            view.release()
        self._views.clear()
        if not self._attachment.ring.release(slot):
            raise CuframesError(ErrorCode.EVICTED, f"frame {self.seq} may be torn")

    def __enter__(self) -> Frame:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class Subscriber:
    """Reads the frames of a key in place, NEWEST_ONLY or STRICT_ORDER."""

    def __init__(self, key: str, name: str | None = None, mode: str = "NEWEST_ONLY",
                 connect_timeout: float = 5.0, allow_uids: Collection[int] = (),
                 versions: validate.Versions = validate.Versions()) -> None:
        self.name = name or f"python-{os.getpid()}"
        self.strict = mode == "STRICT_ORDER"
        self._session, self._now = open_session(
            key, self.name, mode, connect_timeout, allow_uids, versions)
        if self._now.geometry is None:
            self._now.close()
            self._session.detach()
            raise CuframesError(ErrorCode.UNSUPPORTED, "the publisher has packets only")
        self._former: list[Attachment] = []
        self._next_seq = max(1, self._now.resp["latest_seq"])
        self.last_seq = 0
        self.received = self.missed = self.rejoined = 0
        self._discontinuity = False

    @property
    def attachment(self) -> Attachment:
        """The maps of the newest epoch that was joined."""
        return self._now

    def next(self, timeout: float) -> Frame:
        """The next frame, leased. 0 polls: WOULD_BLOCK; else TIMEOUT when nothing came."""
        deadline = time.monotonic_ns() + int(timeout * 1e9)
        while True:
            seen = self._now.ring.futex_word()
            self._session.look()
            frame = self._turn()
            if frame is not None:
                return frame
            left = deadline - time.monotonic_ns()
            if timeout == 0:
                raise CuframesError(ErrorCode.WOULD_BLOCK, "no newer frame")
            if left <= 0:
                raise CuframesError(ErrorCode.TIMEOUT, f"no newer frame for {timeout} s")
            self._now.ring.sleep(seen, left)

    def _turn(self) -> Frame | None:
        """(a) to (d) once. The socket was looked at before: ``gone`` is older than ``state``."""
        ring, session = self._now.ring, self._session
        if ring.evicted():
            raise CuframesError(ErrorCode.EVICTED, "the publisher ended this subscription")
        gone = session.gone
        state = ring.state()
        latest = ring.latest_seq()
        if latest > self.last_seq:
            frame = self._deliver()
            if frame is not None:
                return frame
        if state == wire.STATE["RECONFIGURED"]:
            self._rejoin()
        elif state == wire.STATE["CLOSED"]:
            raise CuframesError(ErrorCode.END_OF_STREAM, "the publisher finished")
        elif gone:
            raise self._ending(session)
        return None

    def _ending(self, session: Session) -> CuframesError:
        """Why a socket without a CLOSED segment ended: (d), last part."""
        evicted = session.close_reason == wire.CLOSE_REASON["EVICTED"]
        if evicted or self._now.ring.evicted():
            return CuframesError(ErrorCode.EVICTED, "the publisher ended this subscription")
        return session.failure or CuframesError(ErrorCode.DISCONNECTED, "the publisher is gone")

    def _deliver(self) -> Frame | None:
        """Find and lease; the writer may be faster, so again, a bounded number of times."""
        ring = self._now.ring
        if ring.full():
            raise CuframesError(ErrorCode.WOULD_BLOCK,
                                f"{ring.max_leases} frames are out, release one")
        for _ in range(_FIND_TURNS):
            wanted = self._next_seq if self.strict else ring.latest_seq()
            found = ring.find(wanted)
            if found is None:
                return None
            if ring.lease(*found):
                return self._granted(*found)
        return None

    def _granted(self, slot: int, seq: int) -> Frame:
        """Count the lease and check that the frame lies in the pool."""
        ring = self._now.ring
        if self.last_seq:
            self.missed += seq - self.last_seq - 1
            ring.add("missed", seq - self.last_seq - 1)
        self.received += 1
        self.last_seq, self._next_seq = seq, seq + 1
        # The word in the slot may say CLAIMED for a moment: a writer that lost puts it back.
        meta = ring.meta(slot) | {"seq": seq}
        try:
            shape = self._now.geometry
            validate.frame_meta(meta, shape.frame_size, shape.pool_size)
        except CuframesError:
            ring.release(slot)
            raise
        if self._discontinuity:
            meta["flags"] |= wire.FRAME_FLAG["DISCONTINUITY"]
            self._discontinuity = False
        return Frame(self._now, slot, meta)

    def _rejoin(self) -> None:
        """The segment is RECONFIGURED: HELLO_REQ on the same socket (protocol 4)."""
        self._session.await_reconfigure(self._now.epoch)
        if self._session.gone:
            raise self._ending(self._session)
        self._former.append(self._now)
        self._now = self._session.join(self._now.epoch, time.monotonic() + ANSWER_S)
        self._former = [entry for entry in self._former if not self._closed(entry)]
        self.rejoined += 1
        self._discontinuity = True

    @staticmethod
    def _closed(attachment: Attachment) -> bool:
        """Close an epoch left behind, unless a frame of it is still leased."""
        if attachment.ring.leases:
            return False
        attachment.close()
        return True

    def close(self) -> None:
        """Close everything imported, then DETACH. Frames must not be used afterwards."""
        for attachment in (*self._former, self._now):
            attachment.close()
        self._session.detach()

    def __enter__(self) -> Subscriber:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
