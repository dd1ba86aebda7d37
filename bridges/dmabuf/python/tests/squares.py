"""Frames with squares at known places."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np

SIZES = (32, 64, 96)
STEP = 16
# Red, green and blue; and Y, U and V of BT.601 in the range of video.
COLOURS = {"red": ((255, 0, 0), (81, 90, 240)), "green": ((0, 255, 0), (145, 54, 34))}


class Square(NamedTuple):
    colour: str
    x: int
    y: int
    side: int

    def touches(self, other: Square) -> bool:
        apart = (
            self.x + self.side <= other.x or other.x + other.side <= self.x
            or self.y + self.side <= other.y or other.y + other.side <= self.y
        )
        return not apart


def some(number: int, width: int, height: int) -> list[Square]:
    """One square of each colour; every eighth frame has none."""
    chance = random.Random(f"{number} {width} {height}")
    squares: list[Square] = []
    while len(squares) < len(COLOURS) and number % 8 != 7:
        side = chance.choice(SIZES)
        x = STEP * chance.randrange((width - side) // STEP + 1)
        y = STEP * chance.randrange((height - side) // STEP + 1)
        square = Square(list(COLOURS)[len(squares)], x, y, side)
        if not any(square.touches(other) for other in squares):
            squares.append(square)
    return squares


def noise(number: int, width: int, height: int) -> np.ndarray:
    return np.random.default_rng(number).integers(16, 236, (height, width), np.uint8)


def bgr(number: int, width: int, height: int) -> list[np.ndarray]:
    """The one plane of BGR24, grey noise behind the squares."""
    picture = np.repeat(noise(number, width, height)[:, :, np.newaxis], 3, axis=2)
    for square in some(number, width, height):
        part = picture[square.y : square.y + square.side, square.x : square.x + square.side]
        part[:] = COLOURS[square.colour][0][::-1]
    return [picture]


def nv12(number: int, width: int, height: int) -> list[np.ndarray]:
    """Y, and U with V."""
    luma = noise(number, width, height)
    chroma = np.full(((height + 1) // 2, (width + 1) // 2, 2), 128, np.uint8)
    for square in some(number, width, height):
        y, u, v = COLOURS[square.colour][1]
        luma[square.y : square.y + square.side, square.x : square.x + square.side] = y
        half = square.y // 2, square.x // 2, square.side // 2
        chroma[half[0] : half[0] + half[2], half[1] : half[1] + half[2]] = (u, v)
    return [luma, chroma]


def in_rows(planes: list[np.ndarray], padding: int) -> tuple[bytes, list[dict[str, int]]]:
    """The bytes of planes whose rows have bytes between them, and where the planes are."""
    content, places = b"", []
    for plane in planes:
        rows = plane.reshape(plane.shape[0], -1)
        padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xEE)
        places.append({"offset": len(content), "stride": padded.shape[1], "size": padded.size})
        content += padded.tobytes()
    return content, places
