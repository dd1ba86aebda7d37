"""Shared memory from Python: aligned loads and stores, the SeqCst fence, the futex.

Why this is atomic enough (protocol, Conventions: "naturally aligned atomics"):

* A ``memoryview`` cast to ``Q``, ``I`` or ``B`` reads and writes one item by a copy of 8, 4 or
  1 bytes of fixed size at an aligned address. CPython's C compiler makes one move of it, and
  x86-64 performs an aligned move of up to 8 bytes as a whole. It also checks the bounds.
* x86-64 is TSO: every load is an acquire, every store a release, and only a store followed by
  a load of another address can change places. Between two accesses lies the interpreter, so
  the C compiler cannot exchange them either. Other machines are refused.
* That one exception matters to a lease: held_mask is stored, then seq is read again. Between
  them stands ``fence()``: membarrier(2) executes a full barrier on the calling CPU at its
  entry and exit. GLOBAL_EXPEDITED needs no registration of the caller. PRIVATE_EXPEDITED
  would not do: in a process with one thread the kernel returns before the barrier.
* ``held_mask |= bit`` and ``waiting += 1`` are a load and a store here, no locked
  instruction. The page's subscriber fields have one writer (protocol 2.3), this object, which
  is used by one thread: there is no second store that could be lost between the two.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform

from .errors import CuframesError, ErrorCode

_SYS_FUTEX, _SYS_MEMBARRIER = 202, 324
_FUTEX_WAIT, _FUTEX_WAKE = 0, 1
_MEMBARRIER_QUERY, _MEMBARRIER_GLOBAL, _MEMBARRIER_GLOBAL_EXPEDITED = 0, 1, 2

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _PyBuffer(ctypes.Structure):
    """CPython's Py_buffer, of which only the address is wanted."""

    _fields_ = [
        ("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
        ("format", ctypes.c_void_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
        ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p),
    ]


class _Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_int64)]


def _address_of(mapped: mmap.mmap) -> int:
    """Where a map lies; ctypes' own from_buffer refuses a read-only one."""
    view = _PyBuffer()
    api = ctypes.pythonapi
    api.PyObject_GetBuffer(ctypes.py_object(mapped), ctypes.byref(view), 0)
    address = view.buf
    api.PyBuffer_Release(ctypes.byref(view))
    return address or 0


def require_tso() -> None:
    """Refuse a machine on which a plain load is no acquire."""
    if platform.machine() not in ("x86_64", "AMD64"):
        raise CuframesError(ErrorCode.UNSUPPORTED, f"{platform.machine()} is not x86-64")


def _choose_membarrier() -> int:
    offered = _libc.syscall(ctypes.c_long(_SYS_MEMBARRIER), _MEMBARRIER_QUERY, 0, 0)
    for command in (_MEMBARRIER_GLOBAL_EXPEDITED, _MEMBARRIER_GLOBAL):
        if offered > 0 and offered & command:
            return command
    raise CuframesError(ErrorCode.UNSUPPORTED, "membarrier(2) is missing or forbidden here")


class _Fence:
    """fence(SeqCst) of the protocol; the command is chosen at the first call."""

    command: int | None = None

    def __call__(self) -> None:
        if self.command is None:
            self.command = _choose_membarrier()
        if _libc.syscall(ctypes.c_long(_SYS_MEMBARRIER), self.command, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "membarrier")


fence = _Fence()


class Mapping:
    """A shared map of a file; offsets are in bytes and must be aligned to their item."""

    def __init__(self, fd: int, size: int, writable: bool) -> None:
        require_tso()
        prot = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)
        self._map = mmap.mmap(fd, size, mmap.MAP_SHARED, prot)
        self.size = size
        self.address = _address_of(self._map)
        self._bytes = memoryview(self._map)
        self._u64 = self._bytes[:size & ~7].cast("Q")
        self._u32 = self._bytes[:size & ~3].cast("I")
        self._i32 = self._bytes[:size & ~3].cast("i")

    def load_u64(self, offset: int) -> int:
        """Acquire load."""
        return self._u64[self._index(offset, 8)]

    def load_u32(self, offset: int) -> int:
        """Acquire load."""
        return self._u32[self._index(offset, 4)]

    def load_i32(self, offset: int) -> int:
        """Acquire load."""
        return self._i32[self._index(offset, 4)]

    def load_u8(self, offset: int) -> int:
        """Acquire load."""
        return self._bytes[self._index(offset, 1)]

    def store_u64(self, offset: int, value: int) -> None:
        """Release store."""
        self._u64[self._index(offset, 8)] = value

    def store_u32(self, offset: int, value: int) -> None:
        """Release store."""
        self._u32[self._index(offset, 4)] = value

    @staticmethod
    def _index(offset: int, item: int) -> int:
        if offset < 0 or offset % item:
            raise ValueError(f"offset {offset:#x} is not aligned to {item}")
        return offset // item

    def words(self, offset: int, size: int) -> bytes:
        """A racing copy of whole u64s (protocol, Conventions)."""
        at = range(offset, offset + size, 8)
        return b"".join(self.load_u64(word).to_bytes(8, "little") for word in at)

    def view(self, offset: int, size: int) -> memoryview:
        """Bytes in place, read-only. What they hold is stable only while they are leased."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise ValueError(f"{size} bytes at {offset} in a map of {self.size}")
        return self._bytes[offset:offset + size].toreadonly()

    def close(self) -> None:
        """Unmap. A view that a caller still holds keeps the map until it is gone."""
        for view in (self._u64, self._u32, self._i32, self._bytes):
            view.release()
        try:
            self._map.close()
        except BufferError:
            return


def futex_wait(address: int, expected: int, timeout_ns: int) -> None:
    """FUTEX_WAIT, shared, relative time-out. Returns at wake, change, time-out and signal."""
    limit = _Timespec(timeout_ns // 1_000_000_000, timeout_ns % 1_000_000_000)
    result = _libc.syscall(ctypes.c_long(_SYS_FUTEX), ctypes.c_void_p(address),
                           ctypes.c_int(_FUTEX_WAIT), ctypes.c_uint32(expected),
                           ctypes.byref(limit), None, ctypes.c_int(0))
    code = ctypes.get_errno()
    if result != 0 and code not in (errno.EAGAIN, errno.EINTR, errno.ETIMEDOUT):
        raise OSError(code, os.strerror(code))


def futex_wake(address: int) -> int:
    """FUTEX_WAKE of everyone; how many were asleep. For the simulated publisher."""
    woken = _libc.syscall(ctypes.c_long(_SYS_FUTEX), ctypes.c_void_p(address),
                          ctypes.c_int(_FUTEX_WAKE), ctypes.c_int(0x7FFFFFFF), None, None,
                          ctypes.c_int(0))
    return int(woken)
