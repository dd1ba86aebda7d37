"""Time bases and lines as ffmpeg writes them, and the geometry that the rows come from."""

from __future__ import annotations

import unittest
from fractions import Fraction

from cuframes_conformance import formats, framemd5, wire


class Rescale(unittest.TestCase):
    """av_rescale_q: to nearest, halves away from zero."""

    def test_to_nearest(self) -> None:
        base = framemd5.time_base("1/30")
        cases = {0: 0, 33_333_333: 1, 66_666_667: 2, 16_666_666: 0, 16_666_667: 1, -33_333_333: -1}
        self.assertEqual({ns: framemd5.rescale(ns, base) for ns in cases}, cases)

    def test_halves_away_from_zero(self) -> None:
        base = Fraction(2, 1_000_000_000)
        self.assertEqual([framemd5.rescale(ns, base) for ns in (1, -1, 3, -3)], [1, -1, 2, -2])

    def test_no_pts_stays(self) -> None:
        self.assertEqual(framemd5.rescale(wire.NO_PTS, Fraction(1, 30)), wire.NO_PTS)

    def test_bad_time_bases(self) -> None:
        for text in ("0/1", "-1/30", "x"):
            self.assertRaises(ValueError, framemd5.time_base, text)


class Shapes(unittest.TestCase):
    """Packed sizes of 65x49 as FFmpeg's own (-f rawvideo) of the same format."""

    def test_odd_sizes(self) -> None:
        sizes = {"nv12": 4835, "p010le": 9670, "yuv420p": 4835, "yuyv422": 6468, "uyvy422": 6468,
                 "bgr24": 9555, "rgb24": 9555, "bgra": 12740, "rgba": 12740, "bgr0": 12740,
                 "rgb0": 12740, "gray": 3185}
        found = {entry.ffmpeg: sum(plane.row_bytes(65) * plane.rows(49) for plane in entry.planes)
                 for entry in formats.FORMATS}
        self.assertEqual(found, sizes)


if __name__ == "__main__":
    unittest.main()
