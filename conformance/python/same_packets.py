#!/usr/bin/env python3
"""Compare what packets.py read with ffprobe's list of the same packets."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any


def nanoseconds(text: str | None) -> int | None:
    """ffprobe's seconds."""
    return None if text is None else int(Decimal(text) * 1_000_000_000)


def probed(packet: dict[str, Any]) -> dict[str, Any]:
    """What ffprobe says of a packet, in the words of packets.py."""
    return {"pts_ns": nanoseconds(packet.get("pts_time")),
            "dts_ns": nanoseconds(packet.get("dts_time")), "size": int(packet["size"]),
            "key": packet["flags"].startswith("K"), "md5": packet["data_hash"].removeprefix("MD5:")}


def read(line: dict[str, Any]) -> dict[str, Any]:
    """The same of a line of packets.py."""
    return {"key": "KEY" in line["flags"],
            **{name: line[name] for name in ("pts_ns", "dts_ns", "size", "md5")}}


def main() -> int:
    """0: as many as were said, and all the same."""
    source, ours, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    expected = [probed(packet) for packet in json.loads(source.read_text())["packets"]]
    *lines, summary = map(json.loads, ours.read_text().splitlines())
    got = [read(line) for line in lines]
    if [line["seq"] for line in lines] != list(range(1, count + 1)) or len(expected) != count:
        print(f"{len(lines)} packets were read of {len(expected)}, and not 1 to {count}")
        return 1
    different = [line["seq"] for line, one, other in zip(lines, got, expected) if one != other]
    if different:
        print(f"packets {different} are not ffprobe's")
        return 1
    if (summary["overruns"], summary["ended"], summary["version"]) != (0, "end_of_stream", 2):
        print(f"it ended otherwise: {summary}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
