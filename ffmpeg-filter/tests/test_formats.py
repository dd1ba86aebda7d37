"""Every format arrives byte by byte, at subscribers and behind the filter."""

from __future__ import annotations

import hashlib
import re
import unittest
from pathlib import Path
from typing import Callable

from harness import CLIP, FRAMES, WATCHDOG, Case, hashes, lines, raw, reference

FORMATS = {"nv12": "NV12", "p010le": "P010", "yuv420p": "YU12", "yuyv422": "YUYV",
           "uyvy422": "UYVY", "bgr24": "RG24", "rgb24": "BG24", "bgra": "AR24", "rgba": "AB24",
           "bgr0": "XR24", "rgb0": "XB24", "gray": "R8"}


class Formats(Case):
    """Compared line by line with what Debian's ffmpeg reads from the same file."""

    def reference(self, source: tuple[str, ...]) -> Path:
        path = self.path("reference")
        reference(*source, "-an", "-f", "framemd5", path)
        return path

    def publish(self, source: tuple[str, ...], graph: str) -> str:
        reader = self.sub(self.path("read"))
        writer = self.ffmpeg(*source, "-an", "-vf", graph, "-f", "framemd5", self.path("passed"))
        self.finish(reader)
        return self.finish(writer)

    def equal(self, count: int) -> None:
        wanted = lines(self.path("reference"))
        self.assertEqual(len(wanted), count)
        self.assertEqual(len(set(hashes(self.path("reference")))), count, "pictures repeat")
        self.assertEqual(lines(self.path("read")), wanted)
        self.assertEqual(lines(self.path("passed")), wanted)

    def format(self, pixels: str, fourcc: str) -> None:
        source = raw(pixels)
        self.reference(source)
        said = self.publish(source, self.strict())
        self.equal(FRAMES)
        self.assertIn(f"publishing 321x241 {pixels},", said)
        self.assertIn(f"{FRAMES} published, 0 dropped", said)

    def test_a_decoded_clip(self) -> None:
        source = ("-i", CLIP)
        self.reference(source)
        self.publish(source, self.strict())
        self.equal(132)

    def test_a_picture_drawn_on_before_is_another_one(self) -> None:
        source = raw("yuv420p")
        self.reference(source)
        self.publish(source, "drawbox=w=40:h=40:color=invert:t=fill," + self.strict())
        wanted = hashes(self.path("reference"))
        self.assertEqual(len(wanted), FRAMES)
        for name in ("read", "passed"):
            got = hashes(self.path(name))
            self.assertEqual(len(got), FRAMES)
            self.assertEqual(set(got) & set(wanted), set(), "the comparison sees no difference")

    def test_a_foreign_format_is_converted(self) -> None:
        reader = self.sub(self.path("read"))
        writer = self.ffmpeg(*raw("yuv444p"), "-vf", self.strict(), "-f", "null", "-")
        self.finish(reader)
        said = self.finish(writer)
        self.assertEqual(len(lines(self.path("read"))), FRAMES)
        self.assertRegex(said, "publishing 321x241 (%s)," % "|".join(FORMATS))

    def refused(self, source: tuple[str, ...], graph: str, pixels: str) -> None:
        """Without conversions ffmpeg ends, and our own sentence has the whole list."""
        writer = self.ffmpeg("-noauto_conversion_filters", *source, "-vf", graph, "-f", "null", "-")
        said = self.finish(writer, None)
        self.assertNotEqual(writer.returncode, 0)
        found = re.search(rf"pixel format {pixels} cannot be published;.* one of:(.*)", said)
        assert found, said
        self.assertEqual(set(found[1].split()), {*FORMATS, "yuvj420p", "cuda"})

    def test_a_foreign_format_without_conversion_is_refused(self) -> None:
        self.refused(raw("yuv444p"), self.filter(), "yuv444p")

    def test_a_foreign_format_is_refused_behind_filters_that_take_any(self) -> None:
        self.refused(raw("yuv444p"), f"copy,null,{self.filter()},copy", "yuv444p")

    def test_an_accepted_format_needs_no_conversion(self) -> None:
        writer = self.ffmpeg("-noauto_conversion_filters", *raw("nv12"), "-vf",
                             f"copy,{self.filter()},copy", "-f", "null", "-")
        self.assertIn("publishing 321x241 nv12,", self.finish(writer))

    def test_full_range_travels_beside_the_format(self) -> None:
        source = raw("yuvj420p")
        self.reference(source)
        writer = self.ffmpeg(*source, "-vf", self.strict(), "-f", "framemd5", self.path("passed"))
        reader = self.join()
        read = []
        for _ in range(FRAMES):
            with reader.next(WATCHDOG) as frame:
                read.append(hashlib.md5(frame.packed()).hexdigest())
                self.assertEqual(frame.meta["colour"][3], 2)
        self.assertEqual(reader.attachment.header["format"], int.from_bytes(b"YU12", "little"))
        reader.close()
        self.assertIn("publishing 321x241 yuvj420p,", self.finish(writer))
        self.assertEqual(len(set(read)), FRAMES)
        self.assertEqual(read, hashes(self.path("reference")))


def _test(pixels: str, fourcc: str) -> Callable[[Formats], None]:
    return lambda self: self.format(pixels, fourcc)


for _pixels, _fourcc in FORMATS.items():
    setattr(Formats, f"test_{_pixels}_is_{_fourcc}", _test(_pixels, _fourcc))


if __name__ == "__main__":
    unittest.main()
