"""Memory that frames lie in, mapped once for all the frames in it."""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import struct
import threading

from .errors import RefusedFrame

# linux/dma-buf.h: _IOW('b', 0, __u64), and what it is told.
_DMA_BUF_IOCTL_SYNC = 0x4008_6200
_START_READ = struct.pack("Q", 1)
_END_READ = struct.pack("Q", 1 | 4)


class Memory:
    """A memfd or dma-buf, mapped to be read."""

    def __init__(self, fd: int):
        status = os.fstat(fd)
        is_dma_buf = _is_dma_buf(fd)
        if not is_dma_buf:
            _check_seals(fd)
        try:
            # fstat tells no size of a dma-buf on every kernel.
            self.size = os.lseek(fd, 0, os.SEEK_END)
            self._map = mmap.mmap(fd, self.size, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
        except (OSError, ValueError, OverflowError) as error:
            raise RefusedFrame("descriptor", f"it is no memory to be mapped: {error}") from None
        # As long as it is mapped, the kernel gives this number to nothing else.
        self.identity = (status.st_dev, status.st_ino)
        self.number: int | None = None
        self.frames = 0
        # dma-bufs are synchronised through their descriptor.
        self._fd = os.dup(fd) if is_dma_buf else None

    def view(self) -> memoryview:
        """Its bytes, which only an engine can change."""
        return memoryview(self._map)

    def begin(self) -> None:
        """Before a frame in it is looked at."""
        self._synchronise(_START_READ)

    def end(self) -> None:
        """When nobody looks at the frame any more."""
        self._synchronise(_END_READ)

    def _synchronise(self, argument: bytes) -> None:
        if self._fd is None:
            return
        while True:
            try:
                fcntl.ioctl(self._fd, _DMA_BUF_IOCTL_SYNC, argument)
                return
            except OSError as error:
                # What an interrupted or contended wait says.
                if error.errno not in (errno.EINTR, errno.EAGAIN):
                    raise RefusedFrame("sync", f"the dma-buf cannot be read: {error}") from None

    def close(self) -> None:
        """Ends its use here. Python unmaps it when nobody has a view of it: numpy and others take a
        map for granted that they know, so that closing it would let them read what is not there.
        """
        self._map = None
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _is_dma_buf(fd: int) -> bool:
    return os.readlink(f"/proc/self/fd/{fd}").startswith("/dmabuf")


def _check_seals(fd: int) -> None:
    """Refuses what its owner can take pages away from: whoever looks at them would be killed."""
    try:
        seals = fcntl.fcntl(fd, fcntl.F_GET_SEALS)
    except OSError:
        what = "a descriptor that is neither a DMA-BUF nor a memfd"
        raise RefusedFrame("descriptor", what) from None
    if not seals & fcntl.F_SEAL_SHRINK:
        what = "a memfd that can shrink; its sender has to seal it by F_SEAL_SHRINK"
        raise RefusedFrame("descriptor", what)


class Memories:
    """What is mapped: by the engine's numbers, and by what the kernel knows it as."""

    def __init__(self, limit: int):
        self._limit = limit
        self._lock = threading.Lock()
        # Each in the order of use, the longest unused first.
        self._known: dict[tuple[int, int], Memory] = {}
        self._numbered: dict[int, Memory] = {}

    def take(self, buffer_id: int | None, fds: list[int]) -> Memory:
        """The memory of a frame, which came with these descriptors. They stay the caller's."""
        if len(fds) > 1:
            raise RefusedFrame("descriptor", f"{len(fds)} descriptors; a frame has one")
        with self._lock:
            memory = self._of_descriptor(fds[0]) if fds else self._numbered.get(buffer_id)
            if memory is None:
                raise RefusedFrame(*_missing(buffer_id))
            try:
                memory.begin()
            except BaseException:
                if memory.identity not in self._known:
                    memory.close()
                raise
            memory.frames += 1
            self._known.pop(memory.identity, None)
            self._known[memory.identity] = memory
            if buffer_id is not None:
                self._number(memory, buffer_id)
            self._close_oldest()
            return memory

    def give_back(self, memory: Memory) -> None:
        """A frame in it was returned."""
        with self._lock:
            memory.frames -= 1
            if self._known.get(memory.identity) is memory:
                memory.end()
            elif memory.frames == 0:
                memory.close()

    def close(self) -> None:
        """Unmaps everything; what a frame lies in, once the frame is returned."""
        with self._lock:
            for memory in self._known.values():
                if memory.frames == 0:
                    memory.close()
            self._known.clear()
            self._numbered.clear()

    def _of_descriptor(self, fd: int) -> Memory:
        status = os.fstat(fd)
        known = self._known.get((status.st_dev, status.st_ino))
        return Memory(fd) if known is None else known

    def _number(self, memory: Memory, buffer_id: int) -> None:
        """Notes the number of memory, which has one: a number and memory that were each other's
        before are not any more."""
        before = self._numbered.get(buffer_id)
        if before is memory:
            return
        if before is not None:
            before.number = None
        if memory.number is not None:
            del self._numbered[memory.number]
        self._numbered[buffer_id] = memory
        memory.number = buffer_id

    def _close_oldest(self) -> None:
        # The descriptor of memory that has a number comes once.
        once = [memory for memory in self._known.values() if memory.number is None]
        for memory in once[: max(0, len(once) - self._limit)]:
            if memory.frames == 0:
                del self._known[memory.identity]
                memory.close()


def _missing(buffer_id: int | None) -> tuple[str, str]:
    if buffer_id is None:
        return "descriptor", "no descriptor came with the frame"
    return "unknown_buffer", f"buffer {buffer_id} is not known and came without a descriptor"
