"""Frames on a GPU arrive bit by bit, through every kind of memory and order, however late work is
done there."""

from __future__ import annotations

import os
import signal
import unittest
from typing import Any, Callable

from harness import CLIP, CUFRAMES, FRAMES, VERSION, hashes, interposer, lines, raw, reference
from simulated import GpuCase, h264

# What memory and sync of the filter become.
PAIRS = [(memory, sync) for memory in ("cuda_ipc", "cuda_vmm")
         for sync in ("cpu", "event", "timeline")]
FORMATS = ("nv12", "p010le", "yuv420p", "bgr0", "rgb0")
SIZE = "322x242"  # rows have padding; FFmpeg itself loses chroma of odd heights on a GPU
DECODED = ("-hwaccel", "cuda", "-hwaccel_output_format", "cuda")
CLIP_FRAMES = 132
PART = 30


def source(pixels: str = "nv12") -> tuple[str, ...]:
    return raw(pixels, SIZE)


class Chain(GpuCase):
    """Compared with what Debian's ffmpeg downloads from the same chain without the filter."""

    def wanted(self, given: tuple[str, ...], chain: str, *output: str) -> list[str]:
        path = self.path("reference")
        reference(*given, "-an", "-vf", chain, *output, "-f", "framemd5", path)
        return lines(path)

    def publish(self, given: tuple[str, ...], graph: str, **more: Any) -> str:
        """With a strict subscriber; what ffmpeg said."""
        subscriber = self.gpu_sub(self.path("read"))
        writer = self.ffmpeg(*given, "-an", "-vf", graph, "-f", "framemd5", self.path("passed"),
                             **more)
        self.finish(subscriber)
        return self.finish(writer)

    def arrives(self, given: tuple[str, ...], before: str, after: str, count: int,
                **options: Any) -> str:
        """Publish and compare; what ffmpeg said."""
        wanted = self.wanted(given, ",".join(filter(None, (before, after))))
        graph = ",".join(filter(None, (before, self.strict(**options), after)))
        said = self.publish(given, graph)
        self.assertEqual(len({line.rsplit(",", 1)[1] for line in wanted}), count)
        self.assertEqual(lines(self.path("read")), wanted)
        self.assertEqual(lines(self.path("passed")), wanted)
        self.assertIn(f"{count} published, 0 dropped", said)
        return said


class Frames(Chain):
    """What a strict subscriber reads, and what passes on."""

    def uploads(self, pixels: str = "nv12", **options: Any) -> str:
        return self.arrives(source(pixels), "hwupload_cuda", f"hwdownload,format={pixels}", FRAMES,
                            **options)

    def decodes(self, **options: Any) -> str:
        return self.arrives((*DECODED, "-i", CLIP), "", "hwdownload,format=nv12", CLIP_FRAMES,
                            **options)

    def pair(self, memory: str, sync: str) -> None:
        said = self.uploads(memory=memory, sync=sync)
        self.assertIn(f"publishing {SIZE} nv12, 8 slots, memory {memory}, sync {sync},", said)
        said = self.decodes(memory=memory, sync=sync)
        self.assertIn(f"memory {memory}, sync {sync}, one copy a frame", said)

    def another_seed(self, memory: str, sync: str) -> None:
        self.machine("--delay-us", "300", "--seed", "2")
        self.uploads(memory=memory, sync=sync)

    def format(self, pixels: str) -> None:
        said = self.uploads(pixels)
        self.assertIn(f"publishing {SIZE} {pixels},", said)
        self.assertIn("one copy" if pixels == "yuv420p" else "in place, without a copy", said)

    def test_auto_is_the_best_that_works(self) -> None:
        self.assertIn("memory cuda_vmm, sync timeline", self.uploads())

    def test_auto_passes_over_what_does_not_work(self) -> None:
        self.machine("--fault", "cuMemCreate:1+:801")
        self.assertIn("memory cuda_ipc, sync timeline", self.uploads())

    def test_auto_passes_over_an_order_that_does_not_work(self) -> None:
        self.machine("--fault", "cuStreamWriteValue64_v2:1+:801")
        self.assertIn("memory cuda_vmm, sync cpu", self.uploads())

    def test_auto_ends_in_host_memory_and_says_so(self) -> None:
        self.machine("--fault", "cuMemCreate:1+:801;cuIpcGetMemHandle:1+:801")
        said = self.uploads()
        self.assertIn("memory=auto: this GPU's memory cannot be shared here", said)
        self.assertIn("memory host, sync cpu, one copy a frame", said)

    def refused(self, fault: str, *sentence: str, **options: str) -> None:
        """ffmpeg ends where auto goes on with something else."""
        self.machine("--fault", fault)
        writer = self.ffmpeg(*source(), "-vf", f"hwupload_cuda,{self.filter(**options)}",
                             "-f", "null", "-")
        said = self.finish(writer, None)
        self.assertGreater(writer.returncode, 0, said)
        self.assertRegex(said, "cannot publish: .*" + ".*".join(sentence))

    def test_memory_that_is_asked_for_is_not_replaced(self) -> None:
        self.refused("cuMemCreate:1+:801", "cuMemCreate", memory="cuda_vmm")
        self.refused("cuIpcGetMemHandle:1+:801", "cuIpcGetMemHandle", memory="cuda_ipc")

    def test_sync_that_is_asked_for_is_not_replaced(self) -> None:
        self.refused("cuStreamWriteValue64_v2:1+:801", "cuStreamWriteValue64", sync="timeline")
        self.refused("cuIpcGetEventHandle:1+:801", "cuIpcGetEventHandle", sync="event")

    def test_host_memory(self) -> None:
        said = self.uploads(memory="host")
        self.assertIn("memory host, sync cpu, one copy a frame", said)
        self.assertIn(f"{FRAMES} copies", said)
        self.decodes(memory="host")

    def test_the_generic_upload(self) -> None:
        given = ("-init_hw_device", "cuda=gpu", "-filter_hw_device", "gpu", *source())
        self.arrives(given, "hwupload", "hwdownload,format=nv12", FRAMES)

    @unittest.skipIf(VERSION == "5.1", "FFmpeg 5.1 gives out the decoder's surfaces as it is")
    def test_surfaces_of_the_decoder_itself(self) -> None:
        direct = ("-hwaccel_flags", "+unsafe_output", "-extra_hw_frames", "16")
        wanted = self.wanted((*DECODED, "-i", CLIP), "hwdownload,format=nv12")
        self.publish((*DECODED, *direct, "-i", CLIP), f"{self.strict()},hwdownload,format=nv12")
        self.assertEqual(len(wanted), CLIP_FRAMES)
        self.assertEqual(lines(self.path("read")), wanted)
        self.assertEqual(lines(self.path("passed")), wanted)

    def test_two_publishers_in_a_row(self) -> None:
        first, second = self.path("first"), self.path("second")
        wanted = self.wanted(source(), "hwupload_cuda,hwdownload,format=nv12")
        strict = self.strict()
        readers = [self.gpu_sub(first)]
        self.key += "-2"
        readers.append(self.gpu_sub(second))
        graph = f"hwupload_cuda,{strict},{self.strict()},hwdownload,format=nv12"
        said = self.finish(self.ffmpeg(*source(), "-vf", graph, "-f", "null", "-"))
        for reader in readers:
            self.finish(reader)
        self.assertEqual((lines(first), lines(second)), (wanted, wanted))
        self.assertEqual(len(wanted), FRAMES)
        self.assertIn("in place", said)
        self.assertIn(f"{FRAMES} copies", said)

    def test_a_frame_that_is_told_too_early_is_noticed(self) -> None:
        # The comparison is worth something only if it fails without the order of streams.
        self.machine("--delay-us", "3000", "--seed", "1")
        wanted = self.wanted(source(), "hwupload_cuda,hwdownload,format=nv12")
        env = os.environ | {"LD_PRELOAD": str(interposer()), "UNORDERED": "1"}
        self.publish(source(), f"hwupload_cuda,{self.strict()},hwdownload,format=nv12", env=env)
        self.assertEqual(len(lines(self.path("read"))), FRAMES)
        self.assertNotEqual(lines(self.path("read")), wanted)

    def test_what_a_gpu_frame_consists_of_is_checked(self) -> None:
        writer = self.ffmpeg(*source("yuv444p"), "-vf", f"hwupload_cuda,{self.filter()}",
                             "-f", "null", "-")
        said = self.finish(writer, None)
        self.assertNotEqual(writer.returncode, 0)
        self.assertIn("GPU frames of format yuv444p cannot be published", said)
        self.assertIn(" one of: " + " ".join(FORMATS), said)

    def test_order_of_a_gpu_needs_memory_there(self) -> None:
        writer = self.ffmpeg(*source(), "-vf",
                             f"hwupload_cuda,{self.filter(memory='host', sync='event')}",
                             "-f", "null", "-")
        said = self.finish(writer, None)
        self.assertNotEqual(writer.returncode, 0)
        self.assertRegex(said, "cannot publish: .*event.* host memory")

    def test_what_others_are_told(self) -> None:
        key = self.key
        for memory, sync in (*PAIRS, ("host", "cpu")):
            with self.subTest(memory=memory, sync=sync):
                self.key = f"{key}-{memory}-{sync}"
                writer = self.ffmpeg(*source(), "-vf", "hwupload_cuda," +
                                     self.strict(memory=memory, sync=sync), "-f", "null", "-")
                info = self.live()
                self.assertEqual((info["memory"], info["sync"], info["format"]),
                                 (memory, sync, "nv12"))
                writer.send_signal(signal.SIGTERM)
                self.finish(writer, None)


class SizeChange(Chain):
    """In the middle of an input, with ffmpeg's default options."""

    def changes(self, before: str, given: tuple[str, ...], count: int, reattached: int = 0,
                **options: Any) -> None:
        after = "hwdownload,format=nv12"
        # What passes on is scaled to one size, by whatever scaler; the reference is not.
        self.wanted(given, ",".join(filter(None, (before, after))), "-autoscale", "0")
        wanted = hashes(self.path("reference"))
        reader = self.start(CUFRAMES, "sub", self.key, "--strict", "--cuda", "--framemd5", "--stats",
                            "--json", "-o", self.path("read"))
        graph = ",".join(filter(None, (before, self.strict(**options), after)))
        self.finish(self.ffmpeg(*given, "-vf", graph, "-f", "null", "-"))
        heard = self.finish(reader)
        self.assertEqual(len(wanted), count)
        self.assertEqual(hashes(self.path("read")), wanted)
        self.assertIn("from here on 192x128", heard)
        self.assertRegex(heard, '"missed": ?0,')
        self.assertRegex(heard, f'"reattached": ?{reattached}\\b')

    def two_sizes(self) -> tuple[str, ...]:
        return ("-i", str(h264("two-sizes.h264", "320x240", "192x128", frames=PART)))

    def test_decoded_frames(self) -> None:
        self.changes("", (*DECODED, *self.two_sizes()), 2 * PART)

    def test_uploads_in_another_context_for_each_size(self) -> None:
        for memory, sync in (*PAIRS, ("host", "cpu")):
            with self.subTest(memory=memory, sync=sync):
                self.changes("format=nv12,hwupload_cuda", self.two_sizes(), 2 * PART,
                             memory=memory, sync=sync)

    def test_more_contexts_than_are_kept(self) -> None:
        # Eight are; then another publisher takes over, and readers find it.
        path = h264("ten-sizes.h264", *("320x240", "192x128") * 5, frames=5)
        self.changes("format=nv12,hwupload_cuda", ("-i", str(path)), 50, reattached=1)


def _pair(memory: str, sync: str) -> Callable[[Frames], None]:
    return lambda self: self.pair(memory, sync)


def _seed(memory: str, sync: str) -> Callable[[Frames], None]:
    return lambda self: self.another_seed(memory, sync)


def _format(pixels: str) -> Callable[[Frames], None]:
    return lambda self: self.format(pixels)


for _memory, _sync in PAIRS:
    setattr(Frames, f"test_{_memory}_with_{_sync}", _pair(_memory, _sync))
    setattr(Frames, f"test_{_memory}_with_{_sync}_and_another_seed", _seed(_memory, _sync))
for _pixels in FORMATS:
    setattr(Frames, f"test_{_pixels}", _format(_pixels))


if __name__ == "__main__":
    unittest.main()
