"""What FFmpeg knows of a frame and of a stream arrives with it."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any, Callable

from cuframes_conformance import wire
from cuframes_conformance.errors import CuframesError, ErrorCode
from harness import CLIP, VERSION, WATCHDOG, Case, inputs, reference

FLAG = wire.FRAME_FLAG
NS = 1_000_000_000
FULL, LIMITED = 2, 1


class Reading(Case):
    """Read by the independent subscriber."""

    def read(self, *arguments: str, before: str = "", **options: Any) -> list[dict[str, Any]]:
        """The records of every frame, as published. What was said about the stream is in
        self.streams for each frame, and in self.stream for the end."""
        graph = ",".join(filter(None, (before, self.strict(**options))))
        writer = self.ffmpeg(*arguments, "-an", "-vf", graph, "-f", "null", "-")
        reader = self.join()
        frames, self.streams = [], []
        while True:
            try:
                with reader.next(WATCHDOG) as frame:
                    frames.append(frame.meta)
                    self.streams.append(reader.attachment.header)
            except CuframesError as problem:
                self.assertEqual(problem.code, ErrorCode.END_OF_STREAM)
                break
        self.stream = reader.attachment.header
        reader.close()  # the publisher gives its readers time to read the last frames
        self.finish(writer)
        self.assertEqual(reader.missed, 0)
        return frames

    def flags(self, frames: list[dict[str, Any]], flag: str) -> list[int]:
        """Which frames have it, by number."""
        return [number for number, meta in enumerate(frames) if meta["flags"] & FLAG[flag]]


class Metadata(Reading):
    """Field by field."""

    def pattern(self, before: str = "", rate: str = "25", frames: int = 10) -> list[dict[str, Any]]:
        got = self.read("-f", "lavfi", "-i", f"testsrc2=size=64x64:rate={rate}",
                        "-frames:v", str(frames), before=before)
        self.assertEqual(len(got), frames)
        return got

    def test_times_come_in_nanoseconds(self) -> None:
        frames = self.pattern(rate="30000/1001")
        self.assertEqual([meta["pts_ns"] for meta in frames],
                         [round(n * NS * 1001 / 30000) for n in range(10)])
        self.assertEqual({meta["duration_ns"] for meta in frames}, {round(NS * 1001 / 30000)})
        self.assertEqual((self.stream["fps_num"], self.stream["fps_den"]), (30000, 1001))

    def test_gaps_and_other_time_bases(self) -> None:
        frames = self.pattern("settb=1/1000,setpts=N*N*7+100")
        self.assertEqual([meta["pts_ns"] for meta in frames],
                         [(n * n * 7 + 100) * 1_000_000 for n in range(10)])

    def test_colour(self) -> None:
        frames = self.pattern("format=yuv420p,setparams=color_primaries=bt2020:"
                              "color_trc=smpte2084:colorspace=bt2020nc:range=pc")
        self.assertEqual({tuple(meta["colour"]) for meta in frames}, {(9, 16, 9, FULL)})

    def test_another_colour(self) -> None:
        frames = self.pattern("format=yuv420p,setparams=color_primaries=bt709:"
                              "color_trc=bt709:colorspace=smpte170m:range=tv")
        self.assertEqual({tuple(meta["colour"]) for meta in frames}, {(1, 1, 6, LIMITED)})

    def test_pixel_aspect(self) -> None:
        self.pattern("setsar=16/11")
        self.assertEqual((self.stream["sar_num"], self.stream["sar_den"]), (16, 11))

    def test_fields(self) -> None:
        for mode, flags in (("tff", {"INTERLACED", "TOP_FIELD_FIRST"}), ("bff", {"INTERLACED"}),
                            ("prog", set())):
            with self.subTest(mode=mode):
                frames = self.pattern(f"setfield={mode}")
                for flag in ("INTERLACED", "TOP_FIELD_FIRST"):
                    self.assertEqual(self.flags(frames, flag),
                                     list(range(10)) if flag in flags else [])

    def test_key_frames(self) -> None:
        path = inputs() / "keys.mp4"
        reference("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-frames:v", "60", "-c:v",
                  "libx264", "-g", "12", "-keyint_min", "12", "-sc_threshold", "0", path)
        frames = self.read("-i", str(path))
        self.assertEqual(len(frames), 60)
        self.assertEqual(self.flags(frames, "KEY"), [0, 12, 24, 36, 48])
        self.assertEqual(self.flags(frames, "CORRUPT"), [])

    def test_corrupt_frames(self) -> None:
        path = inputs() / "damaged.h264"
        reference("-i", CLIP, "-an", "-c", "copy", "-bsf:v", "h264_mp4toannexb,noise=50000", path)
        frames = self.read("-f", "h264", "-i", str(path))
        self.assertGreater(len(frames), 50)
        self.assertTrue(0 < len(self.flags(frames, "CORRUPT")) < len(frames))

    def test_crop(self) -> None:
        path = inputs() / "cropped.h264"
        reference("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25", "-frames:v", "10",
                  "-c:v", "libx264", path)
        # The decoder leaves the crop to whoever shows the picture.
        off = "0" if VERSION == "5.1" else "none"
        frames = self.read("-apply_cropping", off, "-i", str(path))
        self.assertEqual(len(frames), 10)
        self.assertEqual((self.stream["width"], self.stream["height"]), (320, 192))
        self.assertEqual({tuple(meta["crop"]) for meta in frames}, {(0, 0, 0, 12)})

    def hdr(self, before: str) -> None:
        path = inputs() / "hdr.hevc"
        reference("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-frames:v", "10", "-pix_fmt",
                  "yuv420p", "-c:v", "libx265", "-x265-params", "log-level=none:repeat-headers=1:"
                  "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
                  "L(10000000,50):max-cll=1000,400", path)
        frames = self.read("-i", str(path), before=before)
        self.assertEqual(len(frames), 10)
        # Red, green, blue, white: in units of 1/50000, as AVMasteringDisplayMetadata has them.
        self.assertEqual(tuple(self.stream["mastering_display"]),
                         (34000, 16000, 13250, 34500, 7500, 3000, 15635, 16450))
        self.assertEqual((self.stream["mastering_max_luminance"],
                          self.stream["mastering_min_luminance"]), (10000000, 50))
        self.assertEqual((self.stream["max_cll"], self.stream["max_fall"]), (1000, 400))

    def test_hdr(self) -> None:
        self.hdr(before="")

    def test_hdr_of_frames_that_stand_in_slots(self) -> None:
        # The first frame was given its slot before anything was known.
        self.hdr(before="copy")


class Changes(Reading):
    """Aspect and HDR data that change in mid-stream are a new epoch, at a key frame."""

    PART = 15

    def parts(self, name: str, *encoders: list[str]) -> Path:
        """One elementary stream of several, each its own way encoded."""
        whole = inputs() / name
        with open(whole, "wb") as file:
            for number, encoder in enumerate(encoders):
                part = inputs() / f"{number}-{name}"
                reference("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=25", "-frames:v",
                          str(self.PART), "-pix_fmt", "yuv420p", *encoder, part)
                file.write(part.read_bytes())
        return whole

    def changes(self, path: Path, count: int, what: Callable[[dict[str, Any]], Any]) -> list[Any]:
        """What was said during each part; nothing lost, and a new epoch only for news."""
        frames = self.read("-i", str(path))
        self.assertEqual([meta["seq"] for meta in frames], list(range(1, count * self.PART + 1)))
        said = [what(header) for header in self.streams]
        parts = [said[start:start + self.PART] for start in range(0, len(said), self.PART)]
        for part in parts:
            self.assertEqual(part, part[:1] * self.PART)
        news = [number for number in range(1, len(said)) if said[number] != said[number - 1]]
        self.assertEqual(self.flags(frames, "DISCONTINUITY"), news)
        epochs = [header["epoch"] for header in self.streams]
        self.assertEqual(len(set(epochs)), len(news) + 1)
        return [part[0] for part in parts]

    def aspects(self, name: str, *parts: tuple[str, str]) -> list[tuple[int, int]]:
        """What was said while each part, of a size and an aspect, was shown."""
        path = self.parts(name, *(["-c:v", "libx264", "-vf", f"scale={size},setsar={aspect}"]
                                  for size, aspect in parts))
        return self.changes(path, len(parts), lambda header: (header["sar_num"], header["sar_den"]))

    # The first part says nothing: ffmpeg takes what the first frame says for the container's
    # word, and puts it into every frame.

    def test_pixel_aspect(self) -> None:
        got = self.aspects("aspects.h264", ("64:64", "0"), ("64:64", "16/11"), ("64:64", "4/3"),
                           ("64:64", "4/3"))
        # From 7.0 on, ffmpeg gives all frames of a graph the aspect that it began with.
        kept = [(0, 0)] * 4
        self.assertEqual(got, [(0, 0), (16, 11), (4, 3), (4, 3)] if VERSION == "5.1" else kept)

    def test_pixel_aspect_with_the_size(self) -> None:
        got = self.aspects("sizes.h264", ("64:64", "0"), ("96:64", "16/11"), ("64:96", "4/3"))
        self.assertEqual(got, [(0, 0), (16, 11), (4, 3)])

    def test_hdr(self) -> None:
        def encoder(more: str) -> list[str]:
            return ["-c:v", "libx265", "-x265-params", "log-level=none:repeat-headers=1" + more]

        display = (":master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
                   "L(10000000,50):max-cll=")
        # None at first, then some, then other; a part without takes nothing back.
        path = self.parts("lights.hevc", encoder(""), encoder(display + "1000,400"),
                          encoder(display + "800,300"), encoder(""))
        self.assertEqual(
            self.changes(path, 4, lambda header: (header["mastering_max_luminance"],
                                                  header["max_cll"], header["max_fall"])),
            [(0, 0, 0), (10000000, 1000, 400), (10000000, 800, 300), (10000000, 800, 300)])


if __name__ == "__main__":
    unittest.main()
