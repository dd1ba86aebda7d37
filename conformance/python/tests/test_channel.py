"""Messages in pieces, too long, late, and with fds in the wrong place (protocol 3)."""

from __future__ import annotations

import contextlib
import os
import socket
import unittest
from unittest import mock

from cuframes_conformance import wire
from cuframes_conformance.channel import Channel, close_all
from cuframes_conformance.errors import CuframesError, ErrorCode

CLOSE = wire.message("CLOSE", wire.CLOSE.pack({"reason": 2}))


class Pieces(unittest.TestCase):
    """One end is a Channel, the other writes what it likes."""

    def setUp(self) -> None:
        near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.channel = Channel(near)
        self.addCleanup(self.channel.close)
        self.addCleanup(self.far.close)

    def fails(self) -> None:
        with self.assertRaises(CuframesError) as caught:
            self.channel.receive()
        self.assertIs(caught.exception.code, ErrorCode.PROTOCOL)
        self.assertTrue(self.channel.hup)
        with contextlib.suppress(ConnectionResetError):  # bytes were left unread
            self.assertEqual(self.far.recv(1), b"")

    def test_byte_by_byte(self) -> None:
        for byte in CLOSE[:-1]:
            self.far.sendall(bytes([byte]))
            self.assertIsNone(self.channel.receive())
        self.far.sendall(CLOSE[-1:])
        message = self.channel.receive()
        self.assertIsNotNone(message)
        assert message is not None
        self.assertEqual((message.kind, message.flags, message.payload), (8, 0, CLOSE[8:]))

    def test_two_at_once_and_the_end(self) -> None:
        self.far.sendall(CLOSE + wire.message("STATS", b""))
        self.far.close()
        kinds = [message.kind for message in iter(self.channel.receive, None)]
        self.assertEqual((kinds, self.channel.hup), ([8, 5], True))

    def test_the_longest_payload(self) -> None:
        self.far.sendall(wire.message(0x7F01, b"x" * 4096))
        message = self.channel.receive()
        assert message is not None
        self.assertEqual(len(message.payload), 4096)

    def test_too_long(self) -> None:
        self.far.sendall(wire.TLV_HEADER.pack({"type": 1, "length": 4097}))
        self.fails()

    def test_incomplete_for_two_seconds(self) -> None:
        self.far.sendall(CLOSE[:5])
        with mock.patch("time.monotonic", return_value=100.0):
            self.assertIsNone(self.channel.receive())
        with mock.patch("time.monotonic", return_value=102.0):
            self.assertIsNone(self.channel.receive())
        with mock.patch("time.monotonic", return_value=102.1):
            self.fails()

    def test_fds_on_the_first_byte_arrive_in_order_and_cloexec(self) -> None:
        pipe = os.pipe()
        socket.send_fds(self.far, [CLOSE], list(pipe))
        message = self.channel.receive()
        assert message is not None
        nodes = [os.fstat(fd).st_ino for fd in message.fds]
        self.assertEqual(nodes, [os.fstat(fd).st_ino for fd in pipe])
        self.assertEqual([os.get_inheritable(fd) for fd in message.fds], [False, False])
        close_all(message.fds)
        close_all(list(pipe))

    def test_fds_on_a_later_byte(self) -> None:
        self.far.sendall(CLOSE[:3])
        self.assertIsNone(self.channel.receive())
        socket.send_fds(self.far, [CLOSE[3:]], [0])
        self.fails()

    def test_fds_on_the_payload(self) -> None:
        self.far.sendall(CLOSE[:8])
        self.assertIsNone(self.channel.receive())
        socket.send_fds(self.far, [CLOSE[8:]], [0])
        self.fails()

    def test_nine_fds_leave_none_open(self) -> None:
        before = len(os.listdir("/proc/self/fd"))
        socket.send_fds(self.far, [CLOSE], [0] * 9)
        self.fails()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before - 1)

    def test_a_full_peer_is_gone(self) -> None:
        with self.assertRaises(CuframesError) as caught:
            for _ in range(10_000):
                self.channel.send("STATS", b"x" * 4096)
        self.assertIs(caught.exception.code, ErrorCode.DISCONNECTED)


if __name__ == "__main__":
    unittest.main()
