#!/usr/bin/env python3
"""Read the encoded packets of a live publisher, a line for each.

Exit codes as of subscribe.py.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import signal
import sys
from typing import Any

from cuframes_conformance import wire
from cuframes_conformance.errors import CuframesError, ErrorCode
from cuframes_conformance.packet_ring import Packet
from cuframes_conformance.packet_subscriber import PacketSubscriber
from subscribe import EXIT, REFUSED


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("key")
    parser.add_argument("--packets", type=int, default=0, metavar="N", help="stop after N packets")
    parser.add_argument("--next", action="store_true",
                        help="begin with the next key packet, not with the newest in the ring")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="S",
                        help="longest wait for the publisher and for each packet (10)")
    parser.add_argument("--name", help="consumer name (python-PID)")
    parser.add_argument("--allow-uid", type=int, action="append", default=[], metavar="UID",
                        help="trust a publisher of this uid too")
    return parser.parse_args()


def line(packet: Packet) -> dict[str, Any]:
    """What is told of a packet; times in nanoseconds."""
    fields = packet.fields
    flags = [name for name, bit in wire.PACKET_FLAG.items() if packet.flags & bit]
    time = {name: None if fields[name] == wire.NO_PTS else fields[name]
            for name in ("pts_ns", "dts_ns")}
    return {"seq": packet.seq, **time, "duration_ns": fields["duration_ns"],
            "size": len(packet.data), "flags": flags, "generation": packet.params.generation,
            "md5": hashlib.md5(packet.data, usedforsecurity=False).hexdigest()}


def read(subscriber: PacketSubscriber, options: argparse.Namespace) -> str:
    """Read until N packets or the end; how it ended."""
    while not options.packets or subscriber.received < options.packets:
        try:
            print(json.dumps(line(subscriber.next(options.timeout))))
        except CuframesError as problem:
            if problem.code is ErrorCode.END_OF_STREAM:
                return "end_of_stream"
            if problem.code is not ErrorCode.PACKET_OVERRUN:
                raise
    return "packets"


def run(options: argparse.Namespace) -> None:
    """One subscription from HELLO to DETACH. The last line is what it came to."""
    with PacketSubscriber(options.key, options.name, not options.next, options.timeout,
                          options.allow_uid) as subscriber:
        ended = "failed"
        try:
            ended = read(subscriber, options)
        finally:
            summary = {"packets": subscriber.received, "overruns": subscriber.overruns,
                       "version": subscriber.version, "ended": ended}
            if subscriber.received:
                params = subscriber.params()
                codec = params.codec.to_bytes(4, "little").decode("ascii", "replace")
                summary |= {"codec": codec, "extradata": params.extradata.hex()}
            print(json.dumps(summary), flush=True)


def main() -> int:
    """See the module's text for the exit codes."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    options = arguments()
    try:
        run(options)
    except CuframesError as problem:
        print(f"packets.py: {problem}", file=sys.stderr)
        if problem.refused:
            return REFUSED
        return EXIT.get(problem.code, 1) if isinstance(problem.code, ErrorCode) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
