"""What a publisher says of its frames arrives in FFmpeg as FFmpeg itself says it of the source."""

from __future__ import annotations

import json
import subprocess
import unittest
from pathlib import Path
from typing import Any

from demux import FFPROBE, DemuxCase
from harness import VERSION, WATCHDOG, inputs, reference

SAID = ("key_frame", "interlaced_frame", "top_field_first", "color_range", "color_space",
        "color_primaries", "color_transfer", "sample_aspect_ratio", "side_data_list")
COUNT = 10
CODER = "x265-params"
DISPLAY = ("master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)"
           "L(10000000,50):max-cll=1000,400")


def shown(*arguments: str | Path) -> list[dict[str, Any]]:
    """The frames of an input, as ffprobe of the FFmpeg under test sees them."""
    done = subprocess.run([FFPROBE, "-v", "error", "-of", "json", "-show_frames",
                           *map(str, arguments)], capture_output=True, text=True,
                          timeout=WATCHDOG, check=True)
    return json.loads(done.stdout)["frames"]


def said(frames: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """Only what is to be compared; side data of the encoder is none of the picture."""
    kept = []
    for frame in frames:
        row = {name: frame.get(name) for name in names}
        if "side_data_list" in names:
            row["side_data_list"] = [
                data for data in frame.get("side_data_list", [])
                if data["side_data_type"] in ("Mastering display metadata",
                                              "Content light level metadata")]
        kept.append(row)
    return kept


class Said(DemuxCase):
    """Frame by frame."""

    def source(self, name: str, *encoder: str, size: str = "64x64") -> Path:
        path = inputs() / name
        if not path.exists():
            reference("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", "-frames:v", str(COUNT),
                      "-pix_fmt", "yuv420p", *encoder, path)
        return path

    def read_back(self, path: Path, output: str) -> list[dict[str, Any]]:
        writer = self.write("-i", path)
        frames = shown("-strict", "1", "-timeout", str(WATCHDOG), "-output", output, self.url())
        self.finish(writer)
        self.assertEqual(len(frames), COUNT)
        return frames

    def same(self, path: Path, output: str, *names: str) -> list[dict[str, Any]]:
        expected = said(shown(path), *names)
        self.assertEqual(len(expected), COUNT)
        got = said(self.read_back(path, output), *names)
        self.assertEqual(got, expected)
        return got

    def test_hdr(self) -> None:
        path = self.source("display.hevc", "-c:v", "libx265", f"-{CODER}",
                           f"log-level=none:repeat-headers=1:{DISPLAY}")
        for output in ("rawvideo", "frame"):
            with self.subTest(output=output):
                frames = said(self.read_back(path, output), "side_data_list")
                first = frames[0]["side_data_list"]
                self.assertEqual(frames, [frames[0]] * COUNT)
                self.assertEqual({data["side_data_type"] for data in first},
                                 {"Mastering display metadata", "Content light level metadata"})
                self.assertEqual(first, said(shown(path), "side_data_list")[0]["side_data_list"])

    def test_no_hdr(self) -> None:
        path = self.source("plain.hevc", "-c:v", "libx265", f"-{CODER}", "log-level=none")
        for output in ("rawvideo", "frame"):
            frames = said(self.read_back(path, output), "side_data_list")
            self.assertEqual([frame["side_data_list"] for frame in frames], [[]] * COUNT)

    def test_colour_and_aspect(self) -> None:
        path = self.source("colour.h264", "-c:v", "libx264", "-x264-params",
                           "colorprim=bt709:transfer=bt709:colormatrix=bt709:fullrange=on",
                           "-vf", "setsar=4/3")
        for output in ("rawvideo", "frame"):
            with self.subTest(output=output):
                [first, *_] = self.same(path, output, *SAID[3:8])
                self.assertEqual((first["color_range"], first["color_space"],
                                  first["sample_aspect_ratio"]), ("pc", "bt709", "4:3"))

    def test_fields(self) -> None:
        path = self.source("fields.h264", "-vf", "setfield=tff", "-c:v", "libx264", "-x264-params",
                           "tff=1", "-flags", "+ildct+ilme")
        for output in ("rawvideo", "frame"):
            with self.subTest(output=output):
                [first, *_] = self.same(path, output, "interlaced_frame", "top_field_first")
                self.assertEqual((first["interlaced_frame"], first["top_field_first"]), (1, 1))

    def test_key_frames(self) -> None:
        path = self.source("keys.h264", "-c:v", "libx264", "-g", "4")
        frames = self.same(path, "frame", "key_frame")
        self.assertEqual([number for number, frame in enumerate(frames) if frame["key_frame"]],
                         [0, 4, 8])

    def test_crop(self) -> None:
        path = self.source("cropped.h264", "-c:v", "libx264", size="320x180")
        off = "0" if VERSION == "5.1" else "none"
        for output in ("rawvideo", "frame"):
            with self.subTest(output=output):
                reader = self.read("read", "-output", output)
                self.finish(self.write("-apply_cropping", off, "-i", path))
                told = self.finish(reader)
                self.assertEqual(told.count("means them to be shown with crop=320:180:0:0"), 1)
                self.assertIn("320x192", told)


if __name__ == "__main__":
    unittest.main()
