"""An engine that does what a test tells it, over real sockets and memfds."""

from __future__ import annotations

import array
import fcntl
import json
import os
import random
import shutil
import socket
import tempfile
import unittest
from pathlib import Path

from frame_lending import Consumer

TIMESTAMP = 1_737_072_000_000_012_345
WATCHDOG = 20.0


def schema() -> object | None:
    """What every message is held against, where Python knows JSON schemas."""
    try:
        import jsonschema
    except ImportError:
        return None
    file = Path(__file__).parents[2] / "schema" / "lending.schema.json"
    return jsonschema.Draft202012Validator(json.loads(file.read_text()))


SCHEMA = schema()


def memfd(content: bytes) -> int:
    """Sealed memory as engines have it, opened to be read only."""
    whole = os.memfd_create("frame", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.write(whole, content)
        fcntl.fcntl(
            whole, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        )
        return os.open(f"/proc/self/fd/{whole}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(whole)


def noise(size: int, seed: int = 7) -> bytes:
    return random.Random(seed).randbytes(size)


def plain(sequence: int = 1, **members: object) -> dict[str, object]:
    """A frame's message without extensions."""
    message: dict[str, object] = {
        "direction": "send",
        "stream_id": "cam1",
        "sequence": sequence,
        "width": 4,
        "height": 2,
        "format": "NV12",
        "timestamp": TIMESTAMP,
    }
    message.update(members)
    return message


def placed(sequence: int = 1, **members: object) -> dict[str, object]:
    """A frame's message with the extensions: tight in buffer 3."""
    planes = [{"offset": 0, "stride": 4, "size": 8}, {"offset": 8, "stride": 4, "size": 4}]
    extras: dict[str, object] = {
        "v": 1, "planes": planes, "size": 12, "fourcc": 0x3231564E, "modifier": 0,
        "buffer_id": 3, "pts_ns": -5, "clock": "realtime", "deadline_ns": 1 << 62,
    }
    return plain(sequence, **{**extras, **members})


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


class Engine:
    """Listens, and speaks to the consumer that came last."""

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix=f"lending-{os.getpid()}-")
        self.path = os.path.join(self.folder, "stream.sock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(self.path)
        self.listener.listen(8)
        self.listener.settimeout(WATCHDOG)
        self.connection: socket.socket | None = None

    def accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.settimeout(WATCHDOG)
        self.hang_up()
        self.connection = connection

    def send(self, message: dict[str, object] | bytes, *fds: int) -> None:
        """Sends a message, and closes the descriptors that went with it."""
        data = message if isinstance(message, bytes) else json.dumps(message).encode()
        ancillary = []
        if fds:
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        try:
            self.connection.sendmsg([data], ancillary)
        finally:
            for fd in fds:
                os.close(fd)

    def lend(self, content: bytes, **members: object) -> None:
        self.send(plain(**members), memfd(content))

    def said(self) -> dict[str, object]:
        data, ancillary, flags, _ = self.connection.recvmsg(1 << 20, 4096)
        assert not ancillary and not flags & socket.MSG_TRUNC
        message = json.loads(data)
        if SCHEMA is not None:
            SCHEMA.validate(message)
        return message

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def close(self) -> None:
        self.hang_up()
        self.listener.close()
        shutil.rmtree(self.folder)


class WithEngine(unittest.TestCase):
    """A test with an engine, after which there are as many descriptors as before."""

    def setUp(self) -> None:
        before = descriptors()
        self.addCleanup(lambda: self.assertEqual(descriptors(), before, "descriptors leaked"))
        self.engine = Engine()
        self.addCleanup(self.engine.close)

    def consumer(self, hello: bool = False, **options: object) -> Consumer:
        consumer = Consumer(self.engine.path, hello=hello, **options)
        self.addCleanup(consumer.close)
        self.engine.accept()
        if hello:
            self.hello = self.engine.said()
        return consumer

    def refuse(self, consumer: Consumer, code: str) -> dict[str, object]:
        """What the engine is told of the frame that it sent last."""
        refused = consumer.refused
        self.assertIsNone(consumer.receive(timeout=0))
        self.assertEqual(consumer.refused, refused + 1)
        said = self.engine.said()
        self.assertEqual(said["direction"], "return")
        self.assertEqual(said["status"], "error")
        self.assertEqual(said["error"]["code"], code, said)
        self.assertEqual(consumer.last_refusal.code, code)
        for name in ("stream_id", "sequence", "inference_time", "model_name", "timestamp"):
            self.assertIn(name, said)
        return said
