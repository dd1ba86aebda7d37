#!/usr/bin/env python3
"""Write the conformance vectors, or with --check verify the committed ones."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from cuframes_conformance import formats, wire
from cuframes_conformance.errors import ErrorCode
from cuframes_conformance.samples import (
    finding, handshakes, messages, packet_refusals, packets, refusals, segments,
    vizion,
    zerobuffer,
)
from cuframes_conformance.samples.base import jsonable

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
_LIST = re.compile(r'\[\s*[-"0-9][^\[\]{}]*\]')


def constants() -> dict[str, Any]:
    """Every number of sections 2, 3, 6 and 10 that has a name."""
    named = {
        "memory_kind": wire.MEMORY_KIND, "sync_kind": wire.SYNC_KIND,
        "segment_flag": wire.SEGMENT_FLAG, "state": wire.STATE, "frame_flag": wire.FRAME_FLAG,
        "capability": wire.CAPABILITY, "mode": wire.MODE, "fd": wire.FD, "message": wire.MESSAGE,
        "tlv_flag": wire.TLV_FLAG, "detach_reason": wire.DETACH_REASON,
        "close_reason": wire.CLOSE_REASON, "packet_flag": wire.PACKET_FLAG,
        "packet_request": wire.PACKET_REQUEST, "codec": wire.CODEC, "error": {code.name: int(code) for code in ErrorCode},
    }
    scalars = {
        "magic": wire.MAGIC, "segment_size": wire.SEGMENT_SIZE, "page_size": wire.PAGE_SIZE,
        "min_slots": wire.MIN_SLOTS, "max_slots": wire.MAX_SLOTS, "max_payload": wire.MAX_PAYLOAD,
        "max_fds": wire.MAX_FDS, "max_stats_rows": wire.MAX_STATS_ROWS, "no_pts": wire.NO_PTS,
        "seq_empty": wire.SEQ_EMPTY, "seq_writing": wire.SEQ_WRITING,
        "seq_claimed": wire.SEQ_CLAIMED, "waiting_notify": wire.WAITING_NOTIFY,
        "packet_magic": wire.PACKET_MAGIC, "packet_version": wire.PACKET_VERSION,
        "packet_slots_at": wire.PACKET_SLOTS_AT, "extradata_at": wire.EXTRADATA_AT,
        "max_extradata": wire.MAX_EXTRADATA, "packet_align": wire.PACKET_ALIGN,
        "min_packet_slots": wire.MIN_PACKET_SLOTS, "max_packet_slots": wire.MAX_PACKET_SLOTS,
        "min_packet_data": wire.MIN_PACKET_DATA,
    }
    pixels = [{"fourcc_name": f.name, "fourcc": f.fourcc, "ffmpeg": f.ffmpeg,
               "planes": [{"bytes": p.bytes, "across": p.across, "down": p.down}
                          for p in f.planes]} for f in formats.FORMATS]
    return {"numbers": scalars, **named, "formats": pixels}


def documents() -> dict[str, Any]:
    """File name and content of every vector file."""
    return {
        "layout.json": [entry.describe() for entry in wire.STRUCTS],
        "constants.json": constants(),
        "control_segment.json": segments.control_segments(),
        "frame_meta.json": segments.frame_metas(),
        "slot_descriptor.json": segments.slot_descriptors(),
        "subscriber_page.json": segments.subscriber_pages(),
        "tlv_header.json": messages.tlv_headers(),
        "messages.json": messages.messages(),
        "handshakes.json": handshakes.accepted() + handshakes.refused(),
        "refusals.json": refusals.refusals() + packet_refusals.refusals(),
        "finding.json": finding.finding(),
        "packet_segment.json": packets.segments(),
        "packet_slot.json": packets.slots(),
        "packet_ring.json": packets.traces(),
        "zerobuffer.json": zerobuffer.vectors(),
        "vizion.json": vizion.vectors(),
    }


def render(content: Any) -> str:
    """The text of a file: stable, one field a line, a list of numbers on one line."""
    text = json.dumps(jsonable(content), indent=1, ensure_ascii=False) + "\n"
    return _LIST.sub(lambda match: re.sub(r"\s+", " ", match[0]).replace("[ ", "[")
                     .replace(" ]", "]"), text)


def differences() -> list[str]:
    """Names of files that are missing, stale or not ours."""
    expected = {name: render(content) for name, content in documents().items()}
    found = {path.name: path.read_text("utf-8") for path in VECTORS.glob("*.json")}
    return sorted(name for name in expected.keys() | found.keys()
                  if expected.get(name) != found.get(name))


def main() -> int:
    """0: written or equal, 1: --check found a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="verify, write nothing")
    if parser.parse_args().check:
        stale = differences()
        for name in stale:
            print(f"{VECTORS / name} is not what make_vectors.py makes", file=sys.stderr)
        return 1 if stale else 0
    VECTORS.mkdir(exist_ok=True)
    for name, content in documents().items():
        (VECTORS / name).write_text(render(content), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
