#!/usr/bin/env python3
"""Read frames of a live publisher in place and report what was read.

Exit codes: 0 N frames were read, or the stream ended; 1 another error; 2 usage; 3 no publisher
of this key; 4 the publisher refused; 5 disconnected; 6 time-out; 7 evicted; 8 the publisher broke
the protocol.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from typing import Any

from cuframes_conformance import framemd5
from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.subscriber import Frame, Subscriber

EXIT = {ErrorCode.END_OF_STREAM: 0, ErrorCode.INVALID_ARGUMENT: 2, ErrorCode.NOT_FOUND: 3,
        ErrorCode.DISCONNECTED: 5, ErrorCode.TIMEOUT: 6, ErrorCode.EVICTED: 7,
        ErrorCode.PROTOCOL: 8}
REFUSED = 4


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key")
    parser.add_argument("--frames", type=int, default=0, metavar="N", help="stop after N frames")
    parser.add_argument("--strict", action="store_true", help="STRICT_ORDER, not NEWEST_ONLY")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="S",
                        help="longest wait for the publisher and for each frame (10)")
    parser.add_argument("--framemd5", action="store_true", help="one line a frame, as ffmpeg's")
    parser.add_argument("--time-base", type=framemd5.time_base, default=framemd5.NANOSECONDS,
                        metavar="NUM/DEN", help="of the framemd5 lines (1/1000000000)")
    parser.add_argument("--name", help="consumer name (python-PID)")
    parser.add_argument("--allow-uid", type=int, action="append", default=[], metavar="UID",
                        help="trust a publisher of this uid too")
    parser.add_argument("--json", action="store_true", help="the summary as JSON")
    return parser.parse_args()


class Report:
    """Counts of a run, and the lines that it prints."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._epoch = 0
        self._started = time.monotonic()
        self.latency_us: list[float] = []
        self.no_pts = self.bytes = 0
        self.first_seq = 0

    def frame(self, frame: Frame, subscriber: Subscriber) -> None:
        """Read the frame where it lies; nothing is printed of one that may be torn."""
        self.latency_us.append((time.monotonic_ns() - frame.meta["publish_ns"]) / 1000)
        self.first_seq = self.first_seq or frame.seq
        self.no_pts += frame.pts is None
        self.bytes += frame.geometry.packed_size
        md5 = framemd5.digest(frame)
        frame.release()
        if not self._options.framemd5:
            return
        if frame.epoch != self._epoch:
            self._epoch = frame.epoch
            stream = subscriber.attachment.header
            print(*framemd5.header(frame.geometry, stream, self._options.time_base), sep="\n")
        print(framemd5.line(frame, md5, self._options.time_base))

    def summary(self, subscriber: Subscriber, ended: str) -> dict[str, Any]:
        """What happened, for people and for tests."""
        shape = subscriber.attachment.geometry
        order = sorted(self.latency_us)
        return {
            "key": self._options.key, "name": subscriber.name, "ended": ended,
            "frames": subscriber.received, "missed": subscriber.missed,
            "rejoined": subscriber.rejoined, "first_seq": self.first_seq,
            "last_seq": subscriber.last_seq, "no_pts": self.no_pts, "bytes": self.bytes,
            "format": shape.format.ffmpeg, "width": shape.width, "height": shape.height,
            "latency_us_p50": round(order[len(order) // 2], 1) if order else None,
            "seconds": round(time.monotonic() - self._started, 3),
        }


def read(subscriber: Subscriber, report: Report, options: argparse.Namespace) -> str:
    """Read until N frames or the end; how it ended."""
    while not options.frames or subscriber.received < options.frames:
        try:
            with subscriber.next(options.timeout) as frame:
                report.frame(frame, subscriber)
        except CuframesError as problem:
            if problem.code is ErrorCode.END_OF_STREAM:
                return "end_of_stream"
            raise
    return "frames"


def run(options: argparse.Namespace) -> None:
    """One subscription from HELLO to DETACH."""
    mode = "STRICT_ORDER" if options.strict else "NEWEST_ONLY"
    with Subscriber(options.key, options.name, mode, options.timeout,
                    options.allow_uid) as subscriber:
        report = Report(options)
        ended = "failed"
        try:
            ended = read(subscriber, report, options)
        finally:
            summary = report.summary(subscriber, ended)
            if options.json:
                print(json.dumps(summary))
            elif not options.framemd5:
                print("{key}: {frames} frames of {width}x{height} {format}, {missed} missed, "
                      "{ended}".format(**summary))
            sys.stdout.flush()


def main() -> int:
    """See the module's text for the exit codes."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    options = arguments()
    try:
        run(options)
    except CuframesError as problem:
        print(f"subscribe.py: {problem}", file=sys.stderr)
        if problem.refused:
            return REFUSED
        return EXIT.get(problem.code, 1) if isinstance(problem.code, ErrorCode) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
