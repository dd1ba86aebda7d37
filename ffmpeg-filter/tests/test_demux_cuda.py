"""cuframes://KEY of frames on a GPU: as CUDA frames, or downloaded; however late work is done."""

from __future__ import annotations

import os
import unittest

from demux import DemuxCase, wanted
from harness import FRAMES, Process, hashes, interposer, lines, raw
from simulated import GpuCase
from test_demux import KEEP_SIZE
from test_cuda import FORMATS, PAIRS, SIZE

PLACES = [{"memory": memory, "sync": sync} for memory, sync in PAIRS]
DOWNLOAD = "hwdownload,format={}"


class Cuda(GpuCase, DemuxCase):
    """Compared with what Debian's ffmpeg reads from the source."""

    def upload(self, pixels: str, size: str = SIZE, **options: object) -> Process:
        return self.write(*raw(pixels, size), before="hwupload_cuda", **options)

    def arrives(self, pixels: str, *options: str, output: tuple[str, ...] = (), size: str = SIZE,
                **publisher: object) -> int:
        """How many were copied."""
        expected = wanted(self.path("reference"), *raw(pixels, size))
        self.assertEqual(len(expected), FRAMES)
        reader = self.read("read", *options, output=(*output, "-f", "framemd5"))
        self.finish(self.upload(pixels, size, **publisher))
        said = self.finish(reader)
        self.assertEqual(lines(self.path("read")), expected)
        return self.copies(said, FRAMES)

    def on_gpu(self, pixels: str, *options: str, **publisher: object) -> int:
        return self.arrives(pixels, "-output", "cuda", *options,
                            output=("-vf", DOWNLOAD.format(pixels)), **publisher)

    def test_every_format_on_the_gpu(self) -> None:
        for pixels in FORMATS:
            with self.subTest(pixels=pixels):
                copies = self.on_gpu(pixels)
                # Encoders expect the chroma planes of this one elsewhere.
                self.assertEqual(copies == FRAMES, pixels == "yuv420p")

    def test_every_memory_and_order(self) -> None:
        for place in PLACES:
            with self.subTest(**place):
                self.on_gpu("nv12", **place)

    def test_none_may_stay(self) -> None:
        self.assertEqual(self.on_gpu("nv12", "-leases", "0"), FRAMES)

    def test_downloaded_as_raw_video(self) -> None:
        for place in PLACES:
            with self.subTest(**place):
                self.assertEqual(self.arrives("nv12", **place), FRAMES)

    def test_pixels_that_nobody_waits_for_are_noticed(self) -> None:
        # A publisher that works late and says that its frames are complete; a quick reader.
        self.machine("--delay-us", "5000", "--seed", "1")
        expected = wanted(self.path("reference"), *raw("nv12", SIZE))
        reader = self.read("read", "-output", "cuda",
                           output=("-vf", DOWNLOAD.format("nv12"), "-f", "framemd5"),
                           env=os.environ | {"FAKE_CUDA_DELAY_US": "0"})
        env = {"LD_PRELOAD": str(interposer()), "UNORDERED": "1"}
        writer = self.ffmpeg(*raw("nv12", SIZE), "-vf", f"hwupload_cuda,{self.strict()}", "-f",
                             "null", "-", env=os.environ | env)
        self.finish(writer)
        self.finish(reader)
        got = lines(self.path("read"))
        self.assertEqual(len(got), FRAMES)
        self.assertNotEqual(got, expected)

    def test_another_size_begins_other_frames(self) -> None:
        source = raw("nv12", "128x128")
        reader = self.read("read", "-output", "cuda", output=(
            "-vf", DOWNLOAD.format("nv12"), *KEEP_SIZE, "-f", "framemd5"))
        first = self.endless_on_gpu(wait_subscribers=1)
        self.reads_some("read", 20)
        first.terminate()
        self.finish(first, None)
        self.finish(self.upload("nv12", "128x128"))
        self.assertIn("the key is published again", self.finish(reader))
        wanted(self.path("reference"), *source)
        self.assertEqual(hashes(self.path("read"))[-FRAMES:], hashes(self.path("reference")))

    def endless_on_gpu(self, **options: object) -> Process:
        return self.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=50", "-vf",
                           f"realtime,format=nv12,hwupload_cuda,{self.filter(**options)}",
                           "-f", "null", "-")

    def test_frames_in_host_memory_are_not_uploaded(self) -> None:
        writer = self.write(*raw("nv12", SIZE))
        self.live()
        said = self.refused("-timeout", "1", "-output", "cuda", "-i", self.url())
        self.assertIn("cannot subscribe: ", said)
        self.assertIn("output=cuda is for frames on GPU 0 alone", said)
        self.assertIsNone(writer.poll())

    def test_frames_on_a_gpu_are_not_downloaded_for_frames_in_host_memory(self) -> None:
        self.upload("nv12")
        self.live()
        said = self.refused("-timeout", "1", "-output", "frame", "-i", self.url())
        self.assertRegex(said, "cannot subscribe: .*CUDA VMM")
        self.assertIn("output=cuda leaves them there, output=rawvideo downloads them", said)

    def test_ffprobe(self) -> None:
        writer = self.endless_on_gpu()
        self.live()
        told = self.probe("-output", "cuda")
        self.assertEqual((told["codec_name"], told["pix_fmt"]), ("wrapped_avframe", "cuda"))
        self.assertEqual(self.probe()["pix_fmt"], "nv12")
        writer.terminate()
        self.finish(writer, None)


if __name__ == "__main__":
    unittest.main()
