"""Checks on fds that a publisher handed out (protocol 1, "Fds handed out")."""

from __future__ import annotations

import ctypes
import fcntl
import os
from typing import Collection

from . import wire
from .errors import CuframesError, ErrorCode
from .shm import Mapping

_F_GET_SEALS = 1034
_SEALED = 0x2 | 0x4  # F_SEAL_SHRINK | F_SEAL_GROW
_TMPFS_MAGIC = 0x01021994

_libc = ctypes.CDLL(None, use_errno=True)


def _refuse(text: str, code: ErrorCode = ErrorCode.PROTOCOL) -> CuframesError:
    return CuframesError(code, text)


def _seals(fd: int) -> int:
    try:
        return fcntl.fcntl(fd, _F_GET_SEALS)
    except OSError:
        return 0


def _is_tmpfs(fd: int) -> bool:
    statfs = (ctypes.c_long * 16)()
    return _libc.fstatfs(fd, ctypes.byref(statfs)) == 0 and statfs[0] == _TMPFS_MAGIC


def _require_sealed(fd: int, what: str) -> None:
    """At least SHRINK and GROW: then its size is that of fstat for ever, no access can SIGBUS."""
    if _seals(fd) & _SEALED != _SEALED:
        raise _refuse(f"the {what} memfd is not sealed against a change of size")


def _require_segment(fd: int, what: str, trusted: Collection[int]) -> None:
    """A sealed memfd, or a file on tmpfs of an owner who is trusted not to truncate it."""
    if _seals(fd) & _SEALED == _SEALED:
        return
    if os.readlink(f"/proc/self/fd/{fd}").startswith("/memfd:"):
        raise _refuse(f"the {what} memfd is not sealed against a change of size")
    owner = os.fstat(fd).st_uid
    if not _is_tmpfs(fd):
        raise _refuse(f"the {what} segment is not on tmpfs")
    if owner not in trusted:
        raise _refuse(f"the {what} segment belongs to uid {owner}", ErrorCode.PERMISSION)


def import_packets(fd: int, trusted: Collection[int]) -> Mapping:
    """The packet segment, whose header says which size it must have."""
    _require_segment(fd, "packet", trusted)
    size = os.fstat(fd).st_size
    if size < wire.PACKET_HEADER.size:
        raise _refuse(f"a packet segment of {size} bytes")
    return Mapping(fd, size, writable=False)


def import_control(fd: int, trusted: Collection[int]) -> Mapping:
    """The control segment: a sealed memfd, or the named file of a trusted owner."""
    _require_segment(fd, "control", trusted)
    size = os.fstat(fd).st_size
    if size != wire.SEGMENT_SIZE:
        raise _refuse(f"a control segment of {size} bytes")
    return Mapping(fd, size, writable=False)


def import_page(fd: int) -> Mapping:
    """The subscriber page, which both sides write."""
    _require_sealed(fd, "page")
    size = os.fstat(fd).st_size
    if size != wire.PAGE_SIZE:
        raise _refuse(f"a subscriber page of {size} bytes")
    return Mapping(fd, size, writable=True)


def import_pool(fd: int, pool_size: int) -> Mapping:
    """The HOST pool: pool_size <= the memfd's size (protocol 2.0)."""
    _require_sealed(fd, "pool")
    size = os.fstat(fd).st_size
    if not 0 < pool_size <= size:
        raise _refuse(f"pool_size {pool_size} in a memfd of {size} bytes")
    return Mapping(fd, pool_size, writable=False)
