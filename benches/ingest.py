#!/usr/bin/env python3
"""Processor time of one decode with many readers, beside what each reader would decode alone.

    cargo build --release -p cuframes-cli
    benches/ingest.py [--runs N] [--seconds N] [--programs target/release]

A film of 1080p H.264 is made by ffmpeg. Then, one after the other and in turn:

    bare      ffmpeg -i film -f null -
    shared    cuframes publish film, and 8 readers that may miss nothing
    packets   cuframes publish film --packets-only, and 8 readers of its packets
    record    cuframes record alone, of cuframes publish film --packets-only

A figure is the user and system time of all processes together, start included; those who sleep
cost nothing. The publisher waits for its readers, so that every process does all of its work.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile

READERS = 8
PACE = ["--policy", "strict_wait", "--strict-timeout", "60"]


def film(path, seconds):
    """Moving bars with noise, which costs a decoder about as much as a camera's picture."""
    source = f"testsrc2=size=1920x1080:rate=30:duration={seconds},noise=alls=12:allf=t"
    coding = "-c:v libx264 -preset veryfast -b:v 8M -maxrate 8M -bufsize 8M -g 60 -bf 0"
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source]
    subprocess.run(command + coding.split() + [path], check=True)


def together(commands):
    """Runs all of them at once, the first one first; the processor time of each in seconds."""
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    seconds = []
    for process in running:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{process.args}: exit code {process.returncode}")
        seconds.append(usage.ru_utime + usage.ru_stime)
    return seconds


class Bench:
    def __init__(self, programs, path):
        self.cuframes = os.path.join(programs, "cuframes")
        self.path = path

    def publish(self, readers, *options):
        return [self.cuframes, "publish", "--key", "bench", "--wait-subscribers", str(readers),
                *options, self.path]

    def subscribe(self, number, *options):
        return [self.cuframes, "sub", "bench", "--name", f"reader{number}",
                "--connect-timeout", "30", *options]

    def bare(self):
        decode = ["ffmpeg", "-nostdin", "-v", "error", "-i", self.path, "-f", "null", "-"]
        return sum(together([decode]))

    def shared(self):
        readers = [self.subscribe(number, "--strict") for number in range(READERS)]
        return sum(together([self.publish(READERS, *PACE, "--no-packets"), *readers]))

    def packets(self):
        ring = ["--packet-slots", "4096", "--packet-bytes", "256M"]
        readers = [self.subscribe(number, "--packets") for number in range(READERS)]
        return sum(together([self.publish(READERS, "--packets-only", *ring), *readers]))

    def record(self):
        ring = ["--packet-slots", "4096", "--packet-bytes", "256M"]
        with tempfile.TemporaryDirectory() as there:
            target = os.path.join(there, "film.mp4")
            recorder = [self.cuframes, "record", "bench", "-o", target]
            return together([self.publish(1, "--packets-only", *ring), recorder])[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--programs", default="target/release")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as there:
        os.environ["CUFRAMES_RUNTIME_DIR"] = there
        path = os.path.join(there, "film.mp4")
        film(path, arguments.seconds)
        bench = Bench(os.path.abspath(arguments.programs), path)
        subjects = [bench.bare, bench.shared, bench.packets, bench.record]
        seconds = {subject.__name__: [] for subject in subjects}
        for run in range(arguments.runs):
            for subject in subjects:
                print(f"run {run + 1}: {subject.__name__}", file=sys.stderr)
                seconds[subject.__name__].append(subject())
    report(seconds, arguments)


def report(seconds, arguments):
    print(f"{arguments.seconds} s of 1080p H.264 at 30 frames and 8 Mbit a second, "
          f"{arguments.runs} runs, {os.cpu_count()} processors\n")
    print("| what | median s of processor | lowest | highest | beside bare | beside 8 bare |")
    print("|---|---|---|---|---|---|")
    bare = statistics.median(seconds["bare"])
    for name, values in seconds.items():
        median = statistics.median(values)
        print(f"| {name} | {median:.2f} | {min(values):.2f} | {max(values):.2f} | "
              f"{median / bare:.2f} | {median / bare / READERS:.3f} |")


if __name__ == "__main__":
    main()
