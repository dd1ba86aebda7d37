"""ZeroBuffer on the wire: names, blocks, headers and semaphores, in bytes and numbers."""

from __future__ import annotations

import struct
from typing import Any

from .layout import Struct

OIEB = Struct("oieb", "ZeroBuffer", 128, """
    0 u32 oieb_size
    4 u8[4] version
    8 u64 metadata_size
    10 u64 metadata_free_bytes
    18 u64 metadata_written_bytes
    20 u64 payload_size
    28 u64 payload_free_bytes
    30 u64 payload_write_pos
    38 u64 payload_read_pos
    40 u64 payload_written_count
    48 u64 payload_read_count
    50 u64 writer_pid
    58 u64 reader_pid
    60 u64[4] reserved
""")
FRAME_HEADER = Struct("frame_header", "ZeroBuffer", 16, """
    0 u64 payload_size
    8 u64 sequence
""")
VERSION = [1, 0, 0, 0]
OIEB_SIZE_V2 = 1024
HEADER = FRAME_HEADER.size
ALIGNMENT = 64
# In the first header of the payload while its frame is being written; the number is its own.
WRITING = (1 << 64) - 1
LONGEST_FILE_NAME = 255
MOST_TOKENS = (1 << 31) - 1
ADDRESSABLE = (1 << 63) - 1

# Stand for processes that live; which they are is known when a vector is replayed.
READER, WRITER = 0x1111, 0x2222
# No process has this number: Linux gives none above 2^22.
NOBODY = 0x7FFFFFFF


class Failure(Exception):
    """An operation that is refused, by the name of its error."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def files(name: str) -> dict[str, str]:
    """The files of a buffer: three of /dev/shm, and the lock of /tmp/zerobuffer."""
    found = {"segment": name, "frames": f"sem.sem-w-{name}", "space": f"sem.sem-r-{name}",
             "lock": f"{name}.lock"}
    too_long = any(len(file.encode()) > LONGEST_FILE_NAME for file in found.values())
    if name in ("", ".", "..") or "/" in name or "\0" in name or too_long:
        raise Failure("InvalidName")
    return found


def rounded(size: int) -> int:
    """The next multiple of 64."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def blocks(metadata_size: int, payload_size: int) -> tuple[int, int]:
    """Bytes of the metadata block and of the payload block that are made for these sizes."""
    metadata, payload = rounded(metadata_size), rounded(payload_size)
    if payload == 0 or OIEB.size + metadata + payload > ADDRESSABLE:
        raise Failure("InvalidConfig")
    return metadata, payload


def first_block(metadata: int, payload: int, **changes: Any) -> bytes:
    """The first block of a buffer that was just made."""
    values = {"oieb_size": OIEB.size, "version": VERSION, "metadata_size": metadata,
              "metadata_free_bytes": metadata, "payload_size": payload,
              "payload_free_bytes": payload, "reader_pid": READER, **changes}
    return OIEB.pack(values)


def check_first_block(raw: bytes, file_size: int) -> None:
    """What a writer looks at before it connects; others than READER and WRITER are dead."""
    if file_size < OIEB.size or not any(raw):
        raise Failure("NotReady")
    block = OIEB.unpack(raw)
    if block["oieb_size"] not in (OIEB.size, OIEB_SIZE_V2):
        raise Failure("Corrupt")
    if block["oieb_size"] == OIEB_SIZE_V2 or block["version"][0] != VERSION[0]:
        raise Failure("Version")
    metadata, payload = block["metadata_size"], block["payload_size"]
    fits = OIEB.size + metadata + payload <= file_size
    if metadata % ALIGNMENT or payload % ALIGNMENT or payload == 0 or not fits:
        raise Failure("Corrupt")
    if block["reader_pid"] == 0:
        raise Failure("ReaderDead")
    if block["writer_pid"] == WRITER:
        raise Failure("WriterAlreadyConnected")
    if block["reader_pid"] != READER:
        raise Failure("ReaderDead")


def check_for_reader(raw: bytes, file_size: int) -> None:
    """What a reader looks at that finds a segment of its name, and has the lock."""
    if file_size < OIEB.size or not any(raw):
        return
    block = OIEB.unpack(raw)
    if block["oieb_size"] not in (OIEB.size, OIEB_SIZE_V2):
        raise Failure("Corrupt")
    if block["reader_pid"] == READER:
        raise Failure("ReaderAlreadyConnected")


def semaphore(value: int, waiters: int = 0) -> bytes:
    """The file of a POSIX semaphore, as glibc has it on 64-bit little-endian machines."""
    shared_by_processes = 0x80
    return struct.pack("<III", value, waiters, shared_by_processes).ljust(32, b"\0")
