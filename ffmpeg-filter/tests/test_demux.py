"""cuframes://KEY gives every frame, bit by bit, and what is known of it."""

from __future__ import annotations

import unittest

from demux import DemuxCase, wanted
from harness import CLIP, FRAMES, VERSION, WATCHDOG, Process, hashes, lines, raw, until
from test_formats import FORMATS
from test_lifetime import PART, two_sizes

OUTPUTS = ("rawvideo", "frame")
CLIP_FRAMES = 132
KEEP_SIZE = ("-autoscale", "0") if VERSION == "5.1" else ("-noautoscale",)


class Frames(DemuxCase):
    """Compared line by line with what Debian's ffmpeg reads from the source."""

    def arrives(self, source: tuple[str, ...], count: int, *options: str) -> str:
        """What the reader said."""
        expected = wanted(self.path("reference"), *source)
        self.assertEqual(len(expected), count)
        reader = self.read("read", *options)
        writer = self.write(*source)
        said = self.finish(reader)
        self.finish(writer)
        self.assertEqual(lines(self.path("read")), expected)
        return said

    def every_format(self, output: str) -> None:
        for pixels in FORMATS:
            with self.subTest(pixels=pixels):
                said = self.arrives(raw(pixels), FRAMES, "-output", output)
                self.assertRegex(said, rf"Video: \w+.* {pixels}[(,]")
                self.copies(said, FRAMES)

    def test_every_format_as_raw_video(self) -> None:
        self.every_format("rawvideo")

    def test_every_format_as_frames(self) -> None:
        self.every_format("frame")

    def test_a_decoded_clip(self) -> None:
        for output in OUTPUTS:
            with self.subTest(output=output):
                self.arrives(("-i", CLIP), CLIP_FRAMES, "-output", output)

    def test_the_bytes_of_raw_video_are_those_of_the_file(self) -> None:
        source = raw("yuv420p")
        reader = self.read("read", output=("-c", "copy", "-f", "rawvideo"))
        self.finish(self.write(*source))
        self.finish(reader)
        with open(source[-1], "rb") as file:
            self.assertEqual(self.path("read").read_bytes(), file.read())

    def test_a_picture_drawn_on_before_is_another_one(self) -> None:
        expected = wanted(self.path("reference"), *raw("yuv420p"))
        reader = self.read("read")
        self.finish(self.write(*raw("yuv420p"), before="drawbox=w=40:h=40:color=invert:t=fill"))
        self.finish(reader)
        got = hashes(self.path("read"))
        self.assertEqual(len(got), FRAMES)
        self.assertEqual(set(got) & {line.rsplit(",", 1)[1].strip() for line in expected}, set())

    def test_a_picture_drawn_on_after_is_drawn_on_for_nobody_else(self) -> None:
        source = raw("yuv420p", "512x256")  # without padding: raw video in place
        expected = wanted(self.path("reference"), *source)
        for output in OUTPUTS:
            with self.subTest(output=output):
                drawing = ("-vf", "drawbox=w=40:h=40:color=invert:t=fill", "-f", "framemd5")
                artist = self.read("drawn", "-output", output, output=drawing)
                reader = self.read("read", "-output", output)
                self.finish(self.write(*source, wait_subscribers=2))
                self.finish(artist)
                self.finish(reader)
                self.assertEqual(lines(self.path("read")), expected)
                drawn = lines(self.path("drawn"))
                self.assertEqual(len(drawn), FRAMES)
                self.assertEqual(set(drawn) & set(expected), set())

    def test_a_new_size_in_the_middle(self) -> None:
        expected = wanted(self.path("reference"), "-i", two_sizes(), "-autoscale", "0")
        sizes = {line.split(",")[4].strip() for line in expected}
        self.assertEqual((len(expected), len(sizes)), (2 * PART, 2))
        for output in OUTPUTS:
            with self.subTest(output=output):
                reader = self.read("read", "-output", output,
                                   output=(*KEEP_SIZE, "-f", "framemd5"))
                self.finish(self.write("-i", two_sizes()))
                self.assertIn("the publisher has changed its frames", self.finish(reader))
                self.assertEqual(lines(self.path("read")), expected)


class Leases(DemuxCase):
    """What FFmpeg holds in place."""

    def count(self, *options: str, size: str = "512x256", pixels: str = "gray",
              **publisher: object) -> int:
        """Copies, of frames that are all right."""
        expected = wanted(self.path("reference"), *raw(pixels, size))
        reader = self.read("read", *options)
        self.finish(self.write(*raw(pixels, size), **publisher))
        said = self.finish(reader)
        self.assertEqual(lines(self.path("read")), expected)
        return self.copies(said, FRAMES)

    def test_none_may_stay(self) -> None:
        for output in OUTPUTS:
            self.assertEqual(self.count("-output", output, "-leases", "0"), FRAMES)

    def test_a_publisher_that_lends_one_only(self) -> None:
        for output in OUTPUTS:
            self.assertEqual(self.count("-output", output, max_leases=1), FRAMES)

    def test_some_stay(self) -> None:
        for output in OUTPUTS:
            for options in ((), ("-leases", "1")):
                self.assertLess(self.count("-output", output, *options), FRAMES)

    def test_rows_with_padding_are_copied_for_raw_video(self) -> None:
        self.assertEqual(self.count(size="320x240"), FRAMES)
        self.assertLess(self.count("-output", "frame", size="320x240"), FRAMES)

    def test_all_stay_where_there_is_room_for_all(self) -> None:
        # Of 16 slots 15 may be held, and 12 frames are all there are.
        frames = 12
        for output in OUTPUTS:
            reader = self.read("read", "-output", output)
            self.finish(self.write(*raw("gray", "512x256"), "-frames:v", str(frames), slots=16,
                                   max_leases=16))
            self.assertEqual(self.copies(self.finish(reader), frames), 0)


class Known(DemuxCase):
    """What ffprobe tells before a frame is shown."""

    def test_raw_video(self) -> None:
        writer = self.endless_of("setsar=4/3,setparams=color_primaries=bt709:color_trc=bt709:"
                                 "colorspace=bt709:range=tv,format=nv12")
        told = self.probe()
        for name, value in {"demuxer": "cuframes", "codec_name": "rawvideo", "width": 64,
                            "height": 48, "pix_fmt": "nv12", "sample_aspect_ratio": "4:3",
                            "color_primaries": "bt709", "color_transfer": "bt709",
                            "color_space": "bt709", "color_range": "tv",
                            "r_frame_rate": "30000/1001",
                            "avg_frame_rate": "30000/1001", "time_base": "1/1000000000"}.items():
            self.assertEqual(told[name], value, name)
        self.assertIsNone(writer.poll())

    def test_frames(self) -> None:
        self.endless_of("format=rgb24")
        told = self.probe("-output", "frame")
        self.assertEqual((told["codec_name"], told["pix_fmt"]), ("wrapped_avframe", "rgb24"))

    def test_fields(self) -> None:
        self.endless_of("setfield=tff,format=yuv420p")
        self.assertEqual(self.probe()["field_order"], "tt")

    def test_progressive(self) -> None:
        self.endless_of("format=yuv420p")
        self.assertEqual(self.probe()["field_order"], "progressive")

    def endless_of(self, chain: str) -> Process:
        writer = self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=30000/1001", "-vf",
                             f"{chain},realtime,{self.filter()}", "-f", "null", "-")
        self.live()
        return writer

    def test_times_and_durations(self) -> None:
        reader = self.read("read", output=("-c", "copy", "-f", "framemd5"))
        self.finish(self.write("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=30000/1001",
                               "-frames:v", "10"))
        self.finish(reader)
        step = 10**9 * 1001 / 30000
        rows = [line.split(",") for line in lines(self.path("read"))]
        self.assertEqual([(int(row[1]), int(row[2])) for row in rows],
                         [(round(n * step), round(n * step)) for n in range(10)])
        self.assertEqual({int(row[3]) for row in rows}, {round(step)})

    def test_hdr(self) -> None:
        chain = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
        self.endless_of(f"{chain},format=p010le")
        told = self.probe()
        self.assertEqual((told["color_transfer"], told["color_space"]), ("smpte2084", "bt2020nc"))


class Newest(DemuxCase):
    """Without -strict a slow reader gets the newest frame and misses others."""

    def test_a_slow_reader(self) -> None:
        expected = wanted(self.path("reference"), *raw("gray"))
        reader = self.read("read", "-leases", "0", strict=False,
                           output=("-vf", "realtime=speed=0.5", "-f", "framemd5"))
        writer = self.ffmpeg(*raw("gray"), "-vf", "realtime=speed=4," + self.filter(
            wait_subscribers=1), "-f", "null", "-")
        self.finish(writer)
        self.finish(reader)
        pictures = [line.rsplit(",", 1)[1].strip() for line in expected]
        numbers = [pictures.index(picture) for picture in hashes(self.path("read"))]
        self.assertEqual(numbers, sorted(numbers))
        self.assertIn(FRAMES - 1, numbers)

    def test_two_inputs_of_one_program(self) -> None:
        self.endless()
        self.live()
        options = ("-timeout", str(WATCHDOG), "-i", self.url())
        both = self.ffmpeg(*options, *options, "-map", "0", "-map", "1", "-f", "null", "-")
        until(lambda: len((self.info() or {}).get("subscribers", [])) == 2, "two readers")
        names = [row["name"] for row in self.live()["subscribers"]]
        self.assertEqual(sorted(names), [f"ffmpeg-{both.pid}-1", f"ffmpeg-{both.pid}-2"])
        self.interrupt(both)


if __name__ == "__main__":
    unittest.main()
