"""Lines comparable with those of ``ffmpeg -f framemd5``."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from typing import Any

from . import wire
from .formats import Geometry
from .subscriber import Frame

NANOSECONDS = Fraction(1, 1_000_000_000)


def time_base(text: str) -> Fraction:
    """``num/den`` as on FFmpeg's command line."""
    num, _, den = text.partition("/")
    base = Fraction(int(num), int(den or 1))
    if base <= 0:
        raise ValueError(f"time base {text}")
    return base


def rescale(nanoseconds: int, base: Fraction) -> int:
    """To the nearest unit of ``base``, halves away from zero, as av_rescale_q does."""
    if nanoseconds == wire.NO_PTS:
        return nanoseconds
    exact = Fraction(nanoseconds) * NANOSECONDS / base
    whole = int(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def header(geometry: Geometry, stream: dict[str, Any], base: Fraction) -> list[str]:
    """The comment lines; ``stream`` is the control header, for the aspect ratio."""
    return [
        "#format: frame checksums", "#version: 2", "#hash: MD5",
        f"#tb 0: {base.numerator}/{base.denominator}", "#media_type 0: video",
        "#codec_id 0: rawvideo", f"#dimensions 0: {geometry.width}x{geometry.height}",
        f"#sar 0: {stream['sar_num']}/{stream['sar_den']}",
        "#stream#, dts,        pts, duration,     size, hash",
    ]


def digest(frame: Frame) -> str:
    """MD5 of the packed rows, hashed where they lie."""
    md5 = hashlib.md5()
    for row in frame.rows():
        md5.update(row)
    return md5.hexdigest()


def line(frame: Frame, md5: str, base: Fraction) -> str:
    """One frame; dts is pts for raw video."""
    pts = rescale(frame.meta["pts_ns"], base)
    duration = rescale(frame.meta["duration_ns"], base)
    return (f"0, {pts:10d}, {pts:10d}, {duration:8d}, "
            f"{frame.geometry.packed_size:8d}, {md5}")
