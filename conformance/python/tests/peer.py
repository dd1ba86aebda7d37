"""The publisher's side of the socket: answers HELLO_REQ, records messages, hangs up."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import Any

from cuframes_conformance import wire
from tests.simulated import SEAL, SHRINK_GROW, Segment, memfd


class Publisher:
    """Listens in a run directory and answers every peer from a thread of its own."""

    def __init__(self, run: str, key: str, segment: Segment) -> None:
        self.segment = segment
        self.resp: dict[str, Any] = {}
        self.page_size, self.page_seals = 4096, SHRINK_GROW | SEAL
        self.extra_fds: list[int] = []
        self.refusals: list[tuple[int, str]] = []
        self.before_resp: list[bytes] = []
        self.got: list[tuple[int, bytes]] = []
        self.event = threading.Condition()
        self.peers: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(f"{run}/{key}.sock")
        self._listener.listen()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self.peers.append(peer)
            thread = threading.Thread(target=self._serve, args=(peer,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, peer: socket.socket) -> None:
        while True:
            try:
                head = peer.recv(8, socket.MSG_WAITALL)
                if len(head) < 8:
                    break
                header = wire.TLV_HEADER.unpack(head)
                payload = peer.recv(header["length"], socket.MSG_WAITALL)
            except OSError:
                break
            if header["type"] == wire.MESSAGE["HELLO_REQ"]:
                self._hello(peer)
            with self.event:
                self.got.append((header["type"], payload))
                self.event.notify_all()
        with self.event:
            self.got.append((0, b""))
            self.event.notify_all()

    def _hello(self, peer: socket.socket) -> None:
        if self.refusals:
            code, text = self.refusals.pop(0)
            head = wire.ERROR_HEAD.pack({"code": code})
            peer.sendall(wire.message("ERROR", head + text.encode()))
            peer.shutdown(socket.SHUT_RDWR)
            return
        for raw in self.before_resp:
            peer.sendall(raw)
        segment = self.segment
        page_fd, page = memfd(self.page_size, self.page_seals)
        segment.pages.append(page)
        values = {
            "magic": wire.MAGIC, "proto_version": 1, "index": 7, "capabilities": 1 | 8,
            "epoch": segment.values["epoch"], "fd_mask": 1 | 2 | 4, "memory_kind": 3,
            "max_leases": 2, "latest_seq": segment.seq if segment.control.load_u64(0xC0) else 0,
            "pool_size": segment.values["pool_size"], "lease_timeout_ms": 5000, **self.resp}
        raw = wire.message("HELLO_RESP", wire.HELLO_RESP.pack(values))
        fds = [segment.control_fd, page_fd, segment.pool_fd, *self.extra_fds]
        try:
            socket.send_fds(peer, [raw], fds)
        except BrokenPipeError:
            return  # the subscriber refused what came before
        finally:
            os.close(page_fd)

    def await_message(self, name: str | None, count: int = 1) -> list[bytes]:
        """Payloads of a message, once ``count`` of them came; None: ends of file."""
        kind = 0 if name is None else wire.MESSAGE[name]
        found: list[bytes] = []

        def enough() -> bool:
            found[:] = [payload for number, payload in self.got if number == kind]
            return len(found) >= count

        with self.event:
            if not self.event.wait_for(enough, timeout=10):
                raise TimeoutError(f"hang: {len(found)} of {count} {name}")
        return found

    def send(self, raw: bytes, fds: tuple[int, ...] = ()) -> None:
        """Bytes to the newest peer."""
        if fds:
            socket.send_fds(self.peers[-1], [raw], list(fds))
        else:
            self.peers[-1].sendall(raw)

    def say_close(self, reason: str) -> None:
        """CLOSE to the newest peer."""
        self.send(wire.message("CLOSE", wire.CLOSE.pack({"reason": wire.CLOSE_REASON[reason]})))

    def hang_up(self) -> None:
        """HUP for every peer, as a death gives it."""
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop every thread."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join(10)
        for peer in self.peers:
            peer.close()
