"""Consumers that are there before their engine."""

import os
import socket
import subprocess
import sys
import threading
import unittest

from engine import WithEngine, descriptors, noise

from frame_lending import Consumer, ForeignEngine, NotArrived

NOBODY = 65_534
OTHERS_ENGINE = """
import os, socket, sys
os.setuid(65534)
server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
server.bind(sys.argv[1])
server.listen(16)
print("ready", flush=True)
sys.stdin.read()
"""


class Connecting(WithEngine):
    def test_an_engine_that_comes_later_is_found(self):
        self.engine.listener.close()
        os.unlink(self.engine.path)
        connected = []

        def consume():
            with Consumer(self.engine.path, name="early", timeout=20) as consumer:
                connected.append(True)
                for frame in consumer:
                    frame.done("m", 0)

        thread = threading.Thread(target=consume)
        thread.start()
        # Bound, and not yet listening: it refuses connections meanwhile.
        self.engine.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.engine.listener.bind(self.engine.path)
        self.assertEqual(connected, [])
        self.engine.listener.listen(1)
        self.engine.listener.settimeout(20)
        self.engine.accept()
        self.assertEqual(self.engine.said()["name"], "early")
        self.engine.lend(noise(12))
        self.assertEqual(self.engine.said()["status"], "success")
        self.engine.hang_up()
        thread.join(20)
        self.assertFalse(thread.is_alive())

    def test_an_engine_that_does_not_come_is_told(self):
        before = descriptors()
        for path in (self.engine.path + ".none", self.engine.path):
            if path == self.engine.path:
                self.engine.listener.close()
                before -= 1
            with self.subTest(path=path), self.assertRaises(NotArrived):
                Consumer(path, timeout=0.05)
        self.assertEqual(descriptors(), before)

    def test_an_engine_of_ours_is_believed_by_who_asks(self):
        consumer = self.consumer(engine_uids=[])
        self.engine.lend(noise(12))
        consumer.receive(timeout=0).done("m", 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root can become another user")
    def test_another_users_engine_is_not_believed_unless_allowed(self):
        path = os.path.join(self.engine.folder, "other.sock")
        os.chmod(self.engine.folder, 0o777)
        server = subprocess.Popen(
            [sys.executable, "-c", OTHERS_ENGINE, path],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )
        self.addCleanup(server.communicate)
        self.assertEqual(server.stdout.readline(), b"ready\n")
        for allowed in (None, [NOBODY], (1, NOBODY)):
            Consumer(path, engine_uids=allowed, timeout=0).close()
        for allowed in ([], [1]):
            before = descriptors()
            with self.assertRaises(ForeignEngine) as refused:
                Consumer(path, engine_uids=allowed, timeout=0)
            self.assertIn(f"user {NOBODY}", str(refused.exception))
            self.assertEqual(descriptors(), before)

    def test_what_is_no_socket_for_us_is_told_at_once(self):
        with open(os.path.join(self.engine.folder, "file"), "w") as file:
            with self.assertRaises(NotArrived):
                Consumer(file.name, timeout=0)
        with self.assertRaises(OSError):
            Consumer(self.engine.folder + "/" + "x" * 200, timeout=None)
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with stream:
            stream.bind(os.path.join(self.engine.folder, "stream"))
            stream.listen(1)
            with self.assertRaises(OSError):
                Consumer(stream.getsockname(), timeout=None)

    def test_a_name_that_cannot_be_said_leaves_nothing_open(self):
        for name in ("\ud800", 7, "x" * 300_000):
            with self.subTest(name=name), self.assertRaises(ValueError):
                Consumer(self.engine.path, name=name)

    def test_no_frame_in_time_is_none(self):
        consumer = self.consumer()
        self.assertIsNone(consumer.receive(timeout=0))
        self.assertIsNone(consumer.receive(timeout=0.01))


if __name__ == "__main__":
    unittest.main()
