"""ZeroBuffer: names, sizes, first blocks and semaphores, and what is refused."""

from __future__ import annotations

from typing import Any, Callable

from .. import zerobuffer
from ..zerobuffer import NOBODY, OIEB, WRITER, Failure
from . import zerobuffer_traces

# A replayer puts eight digits of its own here, as names are shared by a whole machine.
OWN = "11111111"


def vectors() -> dict[str, Any]:
    """The content of ``zerobuffer.json``."""
    return {
        "layout": [zerobuffer.OIEB.describe(), zerobuffer.FRAME_HEADER.describe()],
        "names": names(), "geometry": geometries(), "first_blocks": first_blocks(),
        "semaphores": semaphores(), "traces": zerobuffer_traces.traces(),
    }


def names() -> list[dict[str, Any]]:
    """Names and their files, or that there can be none."""
    good = [f"camera-{OWN}", f"{OWN} with spaces", f".hidden-{OWN}", f"ünï-{OWN}", f"-{OWN}.lock",
            f"sem.sem-w-{OWN}", f"{OWN}\n", OWN.ljust(245, "x"), ("ü" + OWN).ljust(244, "x")]
    bad = ["", ".", "..", "/", f"/{OWN}", f"a/{OWN}", f"{OWN}/", f"{OWN}\0", OWN.ljust(246, "x"),
           ("ü" + OWN).ljust(245, "x")]
    return ([{"name": name, "files": zerobuffer.files(name)} for name in good]
            + [{"name": name, "error": "InvalidName"} for name in bad])


def geometries() -> list[dict[str, Any]]:
    """Sizes that are asked for, and the first block of what is made."""
    asked = [(0, 1), (0, 64), (1, 65), (64, 64), (63, 127), (65, 129), (100, 1000), (4095, 4097),
             (1024, 1 << 20), (4096, 256 << 20)]
    largest = zerobuffer.ADDRESSABLE
    refused = [(64, 0), (0, 0), ((1 << 64) - 1, 64), (64, (1 << 64) - 1), (largest, largest),
               (64, largest), (largest - 191, 64)]
    found = []
    for metadata_size, payload_size in asked:
        metadata, payload = zerobuffer.blocks(metadata_size, payload_size)
        found.append({"metadata_size": metadata_size, "payload_size": payload_size,
                      "metadata_block": metadata, "payload_block": payload,
                      "file_size": OIEB.size + metadata + payload,
                      "hex": zerobuffer.first_block(metadata, payload).hex()})
    return found + [{"metadata_size": metadata_size, "payload_size": payload_size,
                     "error": "InvalidConfig"} for metadata_size, payload_size in refused]


def _block(name: str, error: str | None, file_size: int = 384, **changes: Any) -> dict[str, Any]:
    """A first block of 64 bytes of metadata and 192 of payload, but for the changes."""
    raw = zerobuffer.first_block(64, 192, **changes)[:file_size]
    reader = _refusal(lambda: zerobuffer.check_for_reader(raw, file_size))
    return {"name": name, "hex": raw.hex(), "file_size": file_size, "error": error,
            "reader": reader}


def first_blocks() -> list[dict[str, Any]]:
    """What a writer that connects says to them."""
    huge = (1 << 64) - 64
    blank = {"name": "blank", "hex": bytes(OIEB.size).hex(), "file_size": 384, "error": "NotReady",
             "reader": None}
    return [
        _block("fresh", None),
        _block("newer_minor", None, version=[1, 1, 0, 0]),
        _block("newest_of_this_major", None, version=[1, 255, 255, 255]),
        _block("newer_patch", None, version=[1, 0, 9, 0]),
        _block("file_larger_than_its_blocks", None, 4096),
        _block("no_metadata_block", None, 320, metadata_size=0, metadata_free_bytes=0),
        _block("dead_writer", None, writer_pid=NOBODY),
        _block("writer_of_no_possible_number", None, writer_pid=(1 << 64) - 1),
        _block("reserved_used", None, reserved=[1, 2, 3, 4]),
        _block("metadata_written", None, metadata_written_bytes=9, metadata_free_bytes=55),
        _block("next_major", "Version", version=[2, 0, 0, 0]),
        _block("major_0", "Version", version=[0, 9, 0, 0]),
        _block("last_major", "Version", version=[255, 0, 0, 0]),
        _block("oieb_of_version_2", "Version", 4096, oieb_size=1024, version=[2, 0, 0, 0]),
        _block("oieb_of_version_2_that_says_1", "Version", 4096, oieb_size=1024),
        _block("oieb_size_0", "Corrupt", oieb_size=0),
        _block("oieb_size_127", "Corrupt", oieb_size=127),
        _block("oieb_size_129", "Corrupt", oieb_size=129),
        _block("oieb_size_swapped", "Corrupt", oieb_size=0x80000000),
        _block("payload_size_0", "Corrupt", payload_size=0),
        _block("payload_size_not_rounded", "Corrupt", payload_size=191),
        _block("metadata_size_not_rounded", "Corrupt", metadata_size=63),
        _block("payload_beyond_the_file", "Corrupt", payload_size=256),
        _block("metadata_beyond_the_file", "Corrupt", metadata_size=128),
        _block("file_one_byte_short", "Corrupt", 383),
        _block("nothing_but_the_first_block", "Corrupt", 128),
        _block("payload_size_huge", "Corrupt", payload_size=huge),
        _block("metadata_size_huge", "Corrupt", metadata_size=huge),
        _block("sizes_that_add_up_to_0", "Corrupt", payload_size=1 << 63, metadata_size=1 << 63),
        _block("sizes_that_add_up_to_the_file", "Corrupt", metadata_size=huge, payload_size=320),
        _block("reader_closed", "ReaderDead", reader_pid=0),
        _block("reader_dead", "ReaderDead", reader_pid=NOBODY),
        _block("reader_of_no_possible_number", "ReaderDead", reader_pid=(1 << 64) - 1),
        _block("live_writer", "WriterAlreadyConnected", writer_pid=WRITER),
        blank,
        _block("empty_file", "NotReady", 0),
        _block("file_shorter_than_the_block", "NotReady", 127),
    ]


def verdict(vector: dict[str, Any]) -> str | None:
    """What the model says to a first block."""
    raw = bytes.fromhex(vector["hex"])
    return _refusal(lambda: zerobuffer.check_first_block(raw, vector["file_size"]))


def _refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except Failure as failure:
        return failure.kind
    return None


def semaphores() -> list[dict[str, Any]]:
    """Files of semaphores; of those with nobody asleep a writer tells the value."""
    values = [("fresh", 0, 0), ("one_token", 1, 0), ("four_bytes", 0x01020304, 0),
              ("most", zerobuffer.MOST_TOKENS, 0), ("somebody_waits", 0, 1),
              ("three_wait", 0, 3)]
    return [{"name": name, "value": value, "waiters": waiters,
             "hex": zerobuffer.semaphore(value, waiters).hex()} for name, value, waiters in values]
