"""Plays one side of what zerobuffer-bench measures: ROLE NAME PROCESSOR NUMBER..."""

import os
import sys
import time

from zerobuffer import BufferConfig, Reader, Writer

TIMEOUT = 20.0


def say(*words):
    print(*words, flush=True)


def until_let_go():
    while sys.stdin.readline():
        pass


def create(name, ring):
    return Reader(name, BufferConfig(metadata_size=4096, payload_size=ring))


def take(reader):
    """Touches a byte of the next frame."""
    frame = reader.read_frame(timeout=TIMEOUT)
    if frame is None:
        sys.exit("no frame came")
    with frame:
        return frame.data[0]


def be_reader(name, ring, lap, count):
    with create(name, ring) as reader:
        say("ready")
        for _ in range(lap):
            take(reader)
        start = time.perf_counter_ns()
        for _ in range(count):
            take(reader)
        say(time.perf_counter_ns() - start)
        until_let_go()


def be_writer(name, size, count):
    with Writer(name) as writer:
        frame = bytes(size)
        say("ready")
        for _ in range(count):
            writer.write_frame(frame)
        until_let_go()


def be_echo(name, ring, count):
    with create(name + "-req", ring) as requests:
        say("ready")
        sys.stdin.readline()
        with Writer(name + "-resp") as responses:
            say("ready")
            for _ in range(count):
                with requests.read_frame(timeout=TIMEOUT) as frame:
                    responses.write_frame(frame.data)
            until_let_go()


def be_client(name, ring, size, count):
    with create(name + "-resp", ring) as responses, Writer(name + "-req") as requests:
        say("ready")
        sys.stdin.readline()
        frame = bytes(size)
        times = []
        for _ in range(count):
            start = time.perf_counter_ns()
            requests.write_frame(frame)
            take(responses)
            times.append(time.perf_counter_ns() - start)
        say(*times)
        until_let_go()


def be_creator(name, ring, count):
    times = []
    for _ in range(count):
        start = time.perf_counter_ns()
        reader = create(name, ring)
        times.append(time.perf_counter_ns() - start)
        reader.close()
    say(*times)
    until_let_go()


def be_sleeper(name, ring):
    with create(name, ring) as reader:
        say("ready")
        sys.stdin.readline()
        take(reader)
        until_let_go()


role, name, processor, *numbers = sys.argv[1:]
if int(processor) >= 0:
    os.sched_setaffinity(0, {int(processor)})
{
    "reader": be_reader,
    "writer": be_writer,
    "echo": be_echo,
    "client": be_client,
    "creator": be_creator,
    "sleeper": be_sleeper,
}[role](name, *map(int, numbers))
