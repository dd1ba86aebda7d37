"""What engine and consumer say to each other: one JSON object a packet.

Integers are integers of 64 bits: a time in nanoseconds has more digits than a floating-point number
keeps, so `1.5e18` is refused where an integer belongs.
"""

from __future__ import annotations

import json
import numbers
import operator
from dataclasses import dataclass
from typing import Any, Iterable, Mapping

from .errors import InvalidReturn, LendingError, RefusedFrame
from .formats import Plane

MAX_PACKET = 212_960
"""Bytes of the largest packet: what a socket passes on with its default buffers."""

MAX_DETECTIONS = 1800
"""Detections that one return may have: as many of the usual size fit into a packet."""

VERSION = 1
"""The version of the extensions: what a consumer says in its hello."""

_I64 = range(-(1 << 63), 1 << 63)
_I64_NOT_NEGATIVE = range(1 << 63)
_U64 = range(1 << 64)
_U32 = range(1 << 32)
_SIZE = range(1, 1 << 32)

_DETECTION = ("class_id", "class_name", "confidence", "bbox")
_BBOX = ("x", "y", "width", "height")


@dataclass(frozen=True)
class Send:
    """A frame that is lent, as the engine says it."""

    stream_id: str
    sequence: int
    width: int
    height: int
    format: str
    timestamp: int
    planes: tuple[Plane, ...] | None = None
    modifier: int = 0
    buffer_id: int | None = None
    fourcc: int | None = None
    pts_ns: int | None = None
    deadline_ns: int | None = None


class Complaint(LendingError):
    """What the engine says of a message of ours that it cannot read."""


class TooLarge(InvalidReturn):
    """A message that does not fit into a packet."""


def parse_send(data: bytes) -> Send:
    """Reads a frame's message. `RefusedFrame` if it is none, `Complaint` if it is about ours."""
    message = _object(data)
    if message.get("direction") == "return":
        error = message.get("error")
        words = error.get("message") if isinstance(error, dict) else None
        raise Complaint(words if isinstance(words, str) else "the engine does not say why")
    stream_id, sequence = message.get("stream_id"), message.get("sequence")
    if isinstance(stream_id, str) and _is_integer(sequence, _I64_NOT_NEGATIVE):
        named = {"stream_id": stream_id, "sequence": sequence}
    else:
        named = {}
    try:
        return _send(message)
    except RefusedFrame as error:
        raise RefusedFrame(error.code, str(error), **named) from None


def _send(message: dict[str, Any]) -> Send:
    direction = message.get("direction")
    if direction != "send":
        raise RefusedFrame("direction", f"direction is {_cut(direction)}; it is \"send\"")
    # Whoever says `v` says where the planes are. To take the frame for a plain one if that is wrong
    # would be to read other bytes.
    extras = _extras(message) if "v" in message else {}
    return Send(
        stream_id=_text(message, "stream_id"),
        sequence=_integer(message, "sequence", _I64_NOT_NEGATIVE),
        width=_integer(message, "width", _SIZE),
        height=_integer(message, "height", _SIZE),
        format=_text(message, "format"),
        timestamp=_integer(message, "timestamp", _I64),
        **extras,
    )


def _extras(message: dict[str, Any]) -> dict[str, Any]:
    _integer(message, "v", _U32)
    _integer(message, "size", _U64)
    _text(message, "clock")
    pts_ns = message.get("pts_ns")
    return {
        "planes": _planes(message.get("planes")),
        "modifier": _integer(message, "modifier", _U64),
        "buffer_id": _integer(message, "buffer_id", _U64),
        "fourcc": _integer(message, "fourcc", _U32),
        "pts_ns": None if pts_ns is None else _integer(message, "pts_ns", _I64),
        "deadline_ns": _integer(message, "deadline_ns", _I64),
    }


def _object(data: bytes) -> dict[str, Any]:
    try:
        message = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_members,
            parse_int=_parse_integer,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError) as error:
        raise RefusedFrame("malformed", f"not a message: {error}") from None
    if not isinstance(message, dict):
        raise RefusedFrame("malformed", "not a message: it is no object")
    return message


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _parse_integer(digits: str) -> int:
    # No integer of 64 bits has more; the time that a conversion takes grows with their square.
    if len(digits) > 20:
        raise ValueError("a number of more than 64 bits")
    return int(digits)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_integer(value: Any, allowed: range) -> bool:
    # True is an int.
    return type(value) is int and value in allowed


def _integer(message: Mapping[str, Any], name: str, allowed: range) -> int:
    value = message.get(name)
    if not _is_integer(value, allowed):
        raise RefusedFrame(
            "malformed",
            f"'{name}' is {_cut(value)}; it is an integer from {allowed.start} to {allowed[-1]}",
        )
    return value


def _text(message: Mapping[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str):
        raise RefusedFrame("malformed", f"'{name}' is {_cut(value)}; it is a text")
    return value


def _planes(planes: Any) -> tuple[Plane, ...]:
    if not isinstance(planes, list) or not all(isinstance(plane, dict) for plane in planes):
        raise RefusedFrame("malformed", "'planes' is no array of objects")
    return tuple(
        Plane(
            _integer(plane, "offset", _U64),
            _integer(plane, "stride", _U32),
            _integer(plane, "size", _U64),
        )
        for plane in planes
    )


def _cut(value: Any) -> str:
    """A stranger's value, short enough for a message."""
    return ascii(value)[:32]


def hello(name: str | None) -> bytes:
    """What a consumer says that knows the extensions."""
    message: dict[str, Any] = {"direction": "hello", "v": VERSION}
    if name is not None:
        message["name"] = check_text("name", name)
    return to_packet(message)


def to_packet(message: Mapping[str, Any]) -> bytes:
    """A message as it is sent. `InvalidReturn` if it cannot be, or is too large."""
    try:
        text = json.dumps(message, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        packet = text.encode("utf-8")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidReturn(f"what was found cannot be written as JSON: {error}") from None
    if len(packet) > MAX_PACKET:
        raise TooLarge(f"a return of {len(packet)} bytes; it has at most {MAX_PACKET}")
    return packet


def check_integer(name: str, value: Any) -> int:
    """A number of 64 bits that is not negative, of Python's or of numpy's types."""
    return _whole(name, value, _I64_NOT_NEGATIVE)


def check_text(name: str, value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise InvalidReturn(f"{name} is {_cut(value)}; it is a text")
    return value


def check_detections(detections: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What was found, with the types of JSON. `InvalidReturn` if something is amiss."""
    checked = [_detection(index, one) for index, one in enumerate(detections)]
    if len(checked) > MAX_DETECTIONS:
        raise InvalidReturn(f"{len(checked)} detections; a return has at most {MAX_DETECTIONS}")
    return checked


def _detection(index: int, detection: Mapping[str, Any]) -> dict[str, Any]:
    what = f"detection {index}"
    _has(what, detection, _DETECTION)
    confidence = _number(f"{what}: confidence", detection["confidence"])
    if not 0 <= confidence <= 1:
        raise InvalidReturn(f"{what}: confidence is {confidence}; it is 0 to 1")
    _has(f"{what}: bbox", detection["bbox"], _BBOX)
    bbox = {name: _number(f"{what}: bbox {name}", detection["bbox"][name]) for name in _BBOX}
    if bbox["width"] < 0 or bbox["height"] < 0:
        raise InvalidReturn(f"{what}: bbox has a negative width or height")
    return {
        **detection,
        "class_id": _whole(f"{what}: class_id", detection["class_id"], _I64),
        "class_name": check_text(f"{what}: class_name", detection["class_name"]),
        "confidence": confidence,
        "bbox": {**detection["bbox"], **bbox},
    }


def _has(what: str, members: Any, names: tuple[str, ...]) -> None:
    if not isinstance(members, Mapping):
        raise InvalidReturn(f"{what} is {_cut(members)}; it has {', '.join(names)}")
    missing = [name for name in names if name not in members]
    if missing:
        raise InvalidReturn(f"{what} has no {', '.join(missing)}")


def _whole(name: str, value: Any, allowed: range) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidReturn(f"{name} is {_cut(value)}; it is an integer") from None
    if isinstance(value, bool) or number not in allowed:
        bounds = f"from {allowed.start} to {allowed[-1]}"
        raise InvalidReturn(f"{name} is {_cut(value)}; it is an integer {bounds}")
    return number


def _number(name: str, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise InvalidReturn(f"{name} is {_cut(value)}; it is a number")
    try:
        number = float(value)
    except OverflowError:
        raise InvalidReturn(f"{name} is {_cut(value)}, which is too large") from None
    # An integer is written as one. What is not finite cannot be written.
    return value if type(value) is int else number
