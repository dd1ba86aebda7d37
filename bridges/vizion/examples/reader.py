#!/usr/bin/env python3
"""Follows shared memory with frames, and prints a line for each.

    reader.py [/vizion_frame]

number, size of the picture, format, bytes, timestamp, CRC-32 of the bytes. A writer that dies is
told, and the next one is followed; it ends when the writer closes.

It reads through the file and not through a mapping: if somebody cuts the segment short, that is a
short read here, where an access to a mapping would end the process.
"""

import fcntl
import os
import struct
import sys
import time
import zlib

MAGIC = 0x56495A4E
HEADER_SIZE = 128
# magic, width, height, format, data_size, a gap, timestamp_ns, frame_sequence, write_sequence,
# the format's name, and the tag of writers that say more
HEADER = struct.Struct("<5I4xQII16s4s")
SEQUENCE_AT = 36
POLL = 0.001


class Reader:
    def __init__(self, name):
        self.path = "/dev/shm/" + name.removeprefix("/")
        self.file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self.last = None
        self.missed = 0
        header = self.header()
        # The frame that is there is the first that is read: none before it is missed.
        self.before = max(0, header[6] - 1) if header and header[4] else 0

    def header(self):
        data = os.pread(self.file, HEADER_SIZE, 0)
        if len(data) < HEADER_SIZE:
            return None
        header = HEADER.unpack_from(data)
        return header if header[0] == MAGIC else None

    def sequence(self):
        data = os.pread(self.file, 4, SEQUENCE_AT)
        return struct.unpack("<I", data)[0] if len(data) == 4 else None

    def look(self):
        """The newest frame, if it is new and whole."""
        # Odd: a frame is being written. The system calls keep their order.
        sequence = self.sequence()
        if sequence is None or sequence % 2:
            return None
        header = self.header()
        # Before the bytes are read, the header has to be known as whole.
        if header is None or self.sequence() != sequence or header[4] == 0:
            return None
        if header[6] == self.last:
            return None
        data = os.pread(self.file, header[4], HEADER_SIZE)
        if self.sequence() != sequence or len(data) != header[4]:
            return None
        self.missed += max(0, header[6] - self.before - 1)
        self.last = self.before = header[6]
        return header, data

    def writer_lives(self):
        """Writers with the tag VZX1 lock their file as long as they live; others do not say."""
        header = self.header()
        if header is None or header[9] != b"VZX1":
            return True
        try:
            fcntl.flock(self.file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self.file, fcntl.LOCK_UN)
        return False

    def named(self):
        """The file that has the name now; None if there is none."""
        try:
            return os.stat(self.path).st_ino
        except FileNotFoundError:
            return None

    def writer(self):
        """The process that writes, and when it began to."""
        return os.pread(self.file, 4, 72), os.pread(self.file, 8, 104)

    def reopen(self):
        """Follows the name to another file."""
        writer = self.writer()
        os.close(self.file)
        self.file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        if self.writer() != writer:
            # Another writer begins with 1.
            self.last, self.before = None, 0


def follow(name):
    reader = Reader(name)
    frames, told, checked = 0, False, 0.0
    print("reading", name, flush=True)
    while True:
        # Twenty times a second; before the look, so that the last frame of a writer is read.
        named, lives = os.fstat(reader.file).st_ino, True
        if time.monotonic() - checked > 0.05:
            checked = time.monotonic()
            named, lives = reader.named(), reader.writer_lives()
        found = reader.look()
        if found:
            header, data = found
            _, width, height, _, size, timestamp, number, _, text, _ = header
            frames += 1
            print(
                f"frame {number} {width}x{height} {text.rstrip(bytes(1)).decode()} {size} "
                f"{timestamp} {zlib.crc32(data):08x}",
                flush=True,
            )
            continue
        if named is not None and named != os.fstat(reader.file).st_ino:
            reader.reopen()
            told = False
        elif not lives and not told:
            if named is None:
                break
            print("dead", flush=True)
            told = True
        time.sleep(POLL)
    print(f"end {frames} frames, {reader.missed} missed")


if __name__ == "__main__":
    follow(sys.argv[1] if len(sys.argv) > 1 else "/vizion_frame")
