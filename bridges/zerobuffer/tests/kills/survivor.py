"""A process of the peer that answers the same lines as ours does (tests/support/role.rs)."""

import os
import sys
from datetime import timedelta

from zerobuffer import BufferConfig, Reader, Writer

NAME = os.environ["ZEROBUFFER_TEST_BUFFER"]
reader = None
writer = None
# The number of the writer's next frame: each writer of the peer begins with 1.
upcoming = 1


def pattern(sequence, size):
    return bytes((sequence * 167 + i + (i >> 8) * 13) & 255 for i in range(size))


class Torn(Exception):
    pass


def read(timeout):
    """The number of the next frame, or None."""
    frame = reader.read_frame(timeout=timeout)
    if frame is None:
        return None
    # Given back before the next is read, as it can keep account of one alone.
    with frame:
        data = bytes(frame.data)
        if data != pattern(frame.sequence, len(data)):
            raise Torn(f"torn: {frame.sequence}")
        return frame.sequence


def create(metadata, payload):
    global reader
    reader = Reader(NAME, BufferConfig(metadata_size=int(metadata), payload_size=int(payload)))
    return "created"


def connect():
    global writer, upcoming
    if writer is not None:
        writer.close()
    writer = Writer(NAME)
    writer.write_timeout = timedelta(seconds=0.3)
    upcoming = 1
    return "connected"


def take(count):
    first = last = 0
    for taken in range(int(count)):
        last = read(25.0)
        if last is None:
            return f"took only {taken}"
        first = first or last
    return f"took {count} {first} {last}"


def follow():
    count = last = 0
    while True:
        try:
            sequence = read(0.1)
        except Exception as error:
            if type(error).__name__ != "WriterDeadException":
                raise
            return f"followed {count} {last}"
        if sequence is not None:
            count, last = count + 1, sequence


def write(size):
    global upcoming
    writer.write_frame(pattern(upcoming, int(size)))
    upcoming += 1


def write_many(size, count):
    writer.write_timeout = timedelta(seconds=20)
    for _ in range(int(count)):
        write(size)
    writer.write_timeout = timedelta(seconds=0.3)
    return f"wrote {count}"


def pump(size):
    count = 0
    while True:
        try:
            write(size)
        except Exception as error:
            return f"pumped {count} {type(error).__name__}"
        count += 1


COMMANDS = {
    "create": create,
    "connect": connect,
    "take": take,
    "follow": follow,
    "write-many": write_many,
    "pump": pump,
}

for line in sys.stdin:
    word, *arguments = line.split()
    try:
        answer = COMMANDS[word](*arguments)
    except Torn as error:
        answer = str(error)
    except Exception as error:
        answer = f"error {type(error).__name__} {error}".replace("\n", " ")
    print(f"SAYS {answer}", flush=True)

if reader is not None:
    reader.close()
if writer is not None:
    writer.close()
