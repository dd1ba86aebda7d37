"""Engines that send what they must not: each frame is an error, and nothing is left open."""

import fcntl
import json
import os
import resource
import socket
import unittest

from engine import WithEngine, memfd, noise, placed, plain

from frame_lending import ConnectionLost, Consumer
from frame_lending.messages import MAX_PACKET


class BadMessages(WithEngine):
    def test_every_member_is_missed_and_looked_at(self):
        consumer = self.consumer()
        whole = plain()
        self.assertEqual(len(whole), 7)
        wrong = [None, "", 1.5, True, [], {}, -1, 1 << 64]
        for name in whole:
            values = [value for value in wrong if self.is_wrong(name, value)]
            self.assertGreater(len(values), 3)
            without = {key: value for key, value in whole.items() if key != name}
            for message in [without] + [{**whole, name: value} for value in values]:
                with self.subTest(message=message):
                    self.engine.send(message, memfd(noise(12)))
                    code = {"direction": "direction", "format": "format"}.get(name, "malformed")
                    if name == "format" and not isinstance(message.get(name), str):
                        code = "malformed"
                    said = self.refuse(consumer, code)
                    known = name not in ("stream_id", "sequence")
                    self.assertEqual(said["stream_id"], "cam1" if known else "")
                    self.assertEqual(said["sequence"], 1 if known else 0)
        self.engine.lend(noise(12))
        consumer.receive(timeout=0).done("m", 0)

    @staticmethod
    def is_wrong(name, value):
        if isinstance(value, str):
            return name != "stream_id"
        return name != "timestamp" or value != -1

    def test_what_is_no_message_is_refused(self):
        consumer = self.consumer()
        text = b'{"direction":"send","stream_id":"cam1","sequence":1,'
        for data in [
            b"\0", b"{}x", b"[]", b"null", b"7", b"\xff\xfe", b'{"direction":',
            b"[" * 100_000, b'{"a":' * 30_000, b'{"a":' + b"9" * 200_000 + b"}",
            b'{"sequence":NaN}', b'{"sequence":Infinity}', text + b'"sequence":1}',
            (text + b'"width":1e3}').replace(b'"sequence":1,', b""),
        ]:
            with self.subTest(data=data[:40]):
                self.engine.send(data, memfd(noise(12)))
                code = "direction" if data == b"{}" else "malformed"
                said = self.refuse(consumer, code)
                self.assertEqual((said["stream_id"], said["sequence"]), ("", 0))

    def test_messages_that_break_off_at_each_byte_are_refused(self):
        text = json.dumps(plain()).encode()
        self.assertGreater(len(text), 100)
        for length in range(1, len(text)):
            with self.subTest(length=length), Consumer(self.engine.path, hello=False) as consumer:
                self.engine.accept()
                self.engine.send(text[:length], memfd(noise(12)))
                self.refuse(consumer, "malformed")
                self.engine.hang_up()
                with self.assertRaises(ConnectionLost):
                    consumer.receive()

    def test_messages_that_are_too_large_are_refused(self):
        consumer = self.consumer()
        self.engine.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 21)
        self.engine.send(plain(format="x" * 230_000), memfd(noise(12)))
        self.refuse(consumer, "too_large")
        self.engine.lend(noise(12))
        consumer.receive(timeout=0).done("m", 0)

    def test_a_name_that_leaves_no_room_for_the_reason_is_answered(self):
        consumer = self.consumer()
        frame = plain(7, stream_id="", format="none")
        rest = len(json.dumps(frame))
        for room, named, words in ((400, True, True), (80, True, False), (0, False, True)):
            with self.subTest(room=room):
                frame["stream_id"] = "n" * (MAX_PACKET - rest - room)
                self.engine.send(frame, memfd(noise(12)))
                said = self.refuse(consumer, "format")
                self.assertEqual(said["stream_id"] == frame["stream_id"], named)
                self.assertEqual(said["sequence"] == 7, named)
                self.assertEqual(said["error"]["message"] != "", words)
        self.engine.lend(noise(12))
        consumer.receive(timeout=0).done("m", 0)


class BadDescriptors(WithEngine):
    def refuse_all(self, consumer, fds, code, **members):
        self.engine.send(plain(**members), *fds)
        self.assertEqual(self.refuse(consumer, code)["sequence"], members.get("sequence", 1))

    def test_what_is_no_memory_is_refused(self):
        consumer = self.consumer()
        readable, writable = os.pipe()
        for name, fds, code in [
            ("none", [], "descriptor"),
            ("two", [memfd(noise(12)), memfd(noise(12))], "descriptor"),
            ("as many as there may be", [memfd(noise(12)) for _ in range(253)], "descriptor"),
            ("a directory", [os.open("/", os.O_RDONLY)], "descriptor"),
            ("a pipe", [readable], "descriptor"),
            ("a pipe's other end", [writable], "descriptor"),
            ("nothing to read", [os.open("/dev/null", os.O_RDONLY)], "descriptor"),
            ("without bytes", [memfd(b"")], "descriptor"),
            ("only a name", [os.open("/", os.O_PATH)], "descriptor"),
            ("write only", [self.opened(os.O_WRONLY)], "descriptor"),
            ("a memfd that can shrink", [self.opened(os.O_RDONLY)], "descriptor"),
            ("a file", [os.open(__file__, os.O_RDONLY)], "descriptor"),
            ("too small", [memfd(noise(11))], "memory"),
        ]:
            with self.subTest(name):
                self.refuse_all(consumer, fds, code)
        self.refuse_all(consumer, [memfd(noise(12))], "format", format="MJPG")
        self.engine.lend(noise(12))
        consumer.receive(timeout=0).done("m", 0)

    @staticmethod
    def opened(flags):
        whole = os.memfd_create("frame", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(whole, noise(12))
        if flags == os.O_WRONLY:
            fcntl.fcntl(whole, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        try:
            return os.open(f"/proc/self/fd/{whole}", flags)
        finally:
            os.close(whole)

    def test_descriptors_that_find_no_room_are_told(self):
        consumer = self.consumer(hello=True)
        self.engine.send(placed(1), memfd(noise(12)))
        consumer.receive(timeout=0).done("m", 0)
        self.engine.said()
        # The buffer is other memory now. What it was must not be taken for it.
        self.engine.send(placed(2), memfd(noise(12, 8)))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        probe = os.dup(0)
        os.close(probe)
        # The kernel's next descriptor would be above the limit.
        resource.setrlimit(resource.RLIMIT_NOFILE, (probe, hard))
        try:
            said = self.refuse(consumer, "descriptor")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual(said["sequence"], 2)
        self.engine.send(placed(3), memfd(noise(12, 8)))
        with consumer.receive(timeout=0) as frame:
            self.assertEqual(bytes(frame.plane(0)), noise(12, 8)[:8])
            frame.done("m", 0)

    def test_many_numbers_for_one_memory_are_one(self):
        consumer = self.consumer(hello=True)
        fd = memfd(noise(12))
        self.addCleanup(os.close, fd)
        for number in range(500):
            self.engine.send(placed(buffer_id=number), os.dup(fd))
            consumer.receive(timeout=0).done("m", 0)
            self.engine.said()
        self.assertEqual(len(consumer._memories._numbered), 1)
        self.engine.send(placed(buffer_id=498))
        self.refuse(consumer, "unknown_buffer")


if __name__ == "__main__":
    unittest.main()
