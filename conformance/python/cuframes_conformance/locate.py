"""From a key to a connected socket (protocol 1, ``<run>``)."""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from pathlib import Path
from typing import Collection, Mapping

from . import validate
from .errors import CuframesError, ErrorCode

_SUN_PATH = 107  # bytes of sun_path without its NUL
_RETRY_S = 0.02
_GO_ON = (errno.ENOENT, errno.ECONNREFUSED, errno.EACCES, errno.EAGAIN)


def run_directories(env: Mapping[str, str] = os.environ) -> list[Path]:
    """The directories that a subscriber tries, in this order."""
    found = [Path(env["CUFRAMES_RUNTIME_DIR"])] if env.get("CUFRAMES_RUNTIME_DIR") else []
    found.append(Path("/run/cuframes"))
    if env.get("XDG_RUNTIME_DIR"):
        found.append(Path(env["XDG_RUNTIME_DIR"]) / "cuframes")
    found.append(Path(f"/tmp/cuframes-{os.getuid()}"))
    return found


def socket_path(run: Path, key: str) -> str:
    """``<run>/<key>.sock``, which must fit in sun_path."""
    path = str(run / f"{key}.sock")
    length = len(os.fsencode(path))
    if length > _SUN_PATH:
        raise CuframesError(ErrorCode.INVALID_ARGUMENT,
                            f"{path} has {length} bytes, a socket's path {_SUN_PATH} at most")
    return path


def require_trusted_peer(sock: socket.socket, trusted: Collection[int]) -> None:
    """SO_PEERCRED: the publisher runs as us, as root or as an allow-listed uid."""
    raw = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    uid = struct.unpack("3I", raw)[1]
    if uid not in trusted:
        raise CuframesError(ErrorCode.PERMISSION, f"the publisher runs as uid {uid}")


def connect_once(key: str, trusted: Collection[int]) -> socket.socket:
    """One round over the run directories; NOT_FOUND says what each of them answered."""
    answers = []
    for run in run_directories():
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            sock.connect(socket_path(run, key))
            require_trusted_peer(sock, trusted)
            return sock
        except OSError as problem:
            sock.close()
            if problem.errno not in _GO_ON:
                raise CuframesError(ErrorCode.SYSTEM, f"{run}: {problem}") from None
            answers.append(f"{run}: {problem.strerror}")
        except CuframesError:
            sock.close()
            raise
    raise CuframesError(ErrorCode.NOT_FOUND, f"no publisher of {key!r} ({'; '.join(answers)})")


def connect(key: str, trusted: Collection[int], deadline: float) -> socket.socket:
    """Connect, waiting until the deadline for the key to appear."""
    validate.key(key)
    while True:
        try:
            return connect_once(key, trusted)
        except CuframesError as problem:
            if problem.code is not ErrorCode.NOT_FOUND or time.monotonic() >= deadline:
                raise
        time.sleep(_RETRY_S)
