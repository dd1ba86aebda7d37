"""Debian's own ffmpeg, which was never told that there is no GPU."""

from __future__ import annotations

import unittest

from common import DELAYS, FFMPEG, Calls, clip, hashes, run, simulated, succeeds

UPLOADED = 100
DECODED = 200
DEEP = 50
FEW = 5
# What it calls before the first frame, and for each.
SETUP = ["cuInit", "cuDeviceGet", "cuCtxCreate_v2", "cuCtxPushCurrent_v2", "cuMemAlloc_v2"]
TRANSFER = ["cuMemcpy2DAsync_v2", "cuStreamSynchronize"]
# What it calls of the decoder, and which of the calls is to fail.
DECODER = [("cuvidGetDecoderCaps", 1), ("cuvidCreateVideoParser", 1), ("cuvidCreateDecoder", 1),
           ("cuvidDecodePicture", 5), ("cuvidMapVideoFrame64", 5), ("cuvidUnmapVideoFrame64", 5)]
GPU = ("-init_hw_device", "cuda=cu", "-filter_hw_device", "cu")


def framemd5(*arguments: str, **given: object) -> str:
    quiet = (FFMPEG, "-v", "error", "-nostdin")
    tail = ("-an", "-f", "framemd5", "-")
    if "options" in given:
        return succeeds(simulated(*quiet, *arguments, *tail, **given))
    return succeeds(run(*quiet, *arguments, *tail))


def source(size: str = "1280x720") -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25", "-frames:v", str(UPLOADED))


class Upload(unittest.TestCase):
    def check(self, pixels: str, options: tuple[str, ...] = (), size: str = "1280x720") -> None:
        chain = f"format={pixels},hwupload_cuda,hwdownload,format={pixels}"
        through = hashes(framemd5(*GPU, *source(size), "-vf", chain, options=options), UPLOADED)
        plain = hashes(framemd5(*source(size), "-vf", f"format={pixels}"), UPLOADED)
        self.assertEqual(through, plain)
        self.assertEqual(len(set(through)), UPLOADED)

    def test_what_was_uploaded_is_downloaded(self) -> None:
        for pixels in ("nv12", "yuv420p", "p010le", "bgr0"):
            with self.subTest(pixels):
                self.check(pixels)

    def test_every_plane_goes_up_and_down_once(self) -> None:
        calls = Calls()
        chain = "format=nv12,hwupload_cuda,hwdownload,format=nv12"
        hashes(framemd5(*GPU, *source(), "-vf", chain, options=(), environment=calls.environment), UPLOADED)
        self.assertEqual(calls.of("cuMemcpy2DAsync_v2"), 4 * UPLOADED)

    def test_a_size_with_padded_rows(self) -> None:
        self.check("nv12", size="322x242")

    def test_late_copies_change_nothing(self) -> None:
        for options in DELAYS:
            with self.subTest(options):
                self.check("nv12", options)


class Decode(unittest.TestCase):
    def decoded(self, decoder: tuple[str, ...], path: str, frames: int, pixels: str = "nv12",
                options: tuple[str, ...] = ()) -> list[str]:
        chain = f"hwdownload,format={pixels}"
        found = hashes(framemd5(*decoder, "-hwaccel_output_format", "cuda", "-i", path, "-vf", chain,
                                options=options), frames)
        self.assertEqual(len(set(found)), frames)
        return found

    def test_every_picture_is_there_and_always_the_same(self) -> None:
        path = str(clip("libx264", DECODED))
        first = self.decoded(("-hwaccel", "cuda"), path, DECODED)
        self.assertEqual(self.decoded(("-hwaccel", "cuda"), path, DECODED), first)
        for options in DELAYS:
            with self.subTest(options):
                self.assertEqual(self.decoded(("-hwaccel", "cuda"), path, DECODED, options=options), first)

    def test_every_plane_is_painted_and_read_once(self) -> None:
        calls = Calls()
        framemd5("-hwaccel", "cuda", "-hwaccel_output_format", "cuda", "-i", str(clip("libx264", DECODED)),
                 "-vf", "hwdownload,format=nv12", options=(), environment=calls.environment)
        self.assertEqual(calls.of("cuMemcpy2DAsync_v2"), 4 * DECODED)

    def test_the_parser_of_the_library_finds_the_same_pictures_in_the_same_order(self) -> None:
        path = str(clip("libx264", DECODED))
        by_ffmpeg = self.decoded(("-hwaccel", "cuda"), path, DECODED)
        cuvid = ("-hwaccel", "cuda", "-c:v", "h264_cuvid")
        self.assertEqual(self.decoded(cuvid, path, DECODED), by_ffmpeg)
        for options in DELAYS:
            with self.subTest(options):
                self.assertEqual(self.decoded(cuvid, path, DECODED, options=options), by_ffmpeg)

    def test_a_height_that_is_cropped(self) -> None:
        path = str(clip("libx264", DECODED, "640x360"))
        by_ffmpeg = self.decoded(("-hwaccel", "cuda"), path, DECODED)
        self.assertEqual(self.decoded(("-hwaccel", "cuda", "-c:v", "h264_cuvid"), path, DECODED), by_ffmpeg)

    def test_ten_bits(self) -> None:
        path = str(clip("libx265", DEEP, pixels="yuv420p10le"))
        first = self.decoded(("-hwaccel", "cuda"), path, DEEP, "p010le")
        for options in DELAYS:
            with self.subTest(options):
                self.assertEqual(self.decoded(("-hwaccel", "cuda"), path, DEEP, "p010le", options), first)


class Failures(unittest.TestCase):
    def upload(self, *options: str) -> tuple[int, list[str], str]:
        done = simulated(FFMPEG, "-v", "error", "-nostdin", *GPU, "-f", "lavfi", "-i",
                         "testsrc2=size=320x240:rate=25", "-frames:v", str(FEW), "-vf",
                         "format=nv12,hwupload_cuda,hwdownload,format=nv12", "-f", "framemd5", "-",
                         options=options)
        return done.returncode, done.stdout.splitlines(), done.stderr

    def frames(self, *options: str) -> tuple[list[str], str]:
        status, lines, said = self.upload(*options)
        self.assertEqual(status, 0, said)
        return hashes("\n".join(lines), FEW), said

    def test_without_a_fault_nothing_is_said(self) -> None:
        frames, said = self.frames()
        self.assertEqual((len(set(frames)), said), (FEW, ""))

    def test_each_call_of_the_setup_that_fails_ends_it_with_an_error(self) -> None:
        for call in SETUP:
            with self.subTest(call):
                status, _, said = self.upload("--fault", f"{call}:1:999")
                self.assertNotEqual(status, 0)
                self.assertIn("CUDA_ERROR_UNKNOWN", said)

    def test_a_transfer_that_fails_is_told_and_ffmpeg_goes_on(self) -> None:
        right, _ = self.frames()
        for call in TRANSFER:
            with self.subTest(call):
                # Its transfer of 5.1 returns success all the same.
                found, said = self.frames("--fault", f"{call}:1:999")
                self.assertIn("CUDA_ERROR_UNKNOWN", said)
                if call != "cuStreamSynchronize":
                    self.assertNotEqual(found[0], right[0])

    def test_each_call_of_the_decoder_that_fails_ends_it_with_an_error(self) -> None:
        for call, count in DECODER:
            with self.subTest(call):
                done = simulated(FFMPEG, "-v", "error", "-nostdin", "-xerror", "-hwaccel", "cuda", "-c:v",
                                 "h264_cuvid", "-i", clip("libx264", DECODED), "-f", "null", "-",
                                 options=("--fault", f"{call}:{count}:205"))
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("CUDA_ERROR_MAP_FAILED", done.stderr)

    def test_a_driver_without_a_function_is_refused_by_its_name(self) -> None:
        status, _, said = self.upload("--missing", "cuStreamQuery")
        self.assertNotEqual(status, 0)
        self.assertIn("cuStreamQuery", said)

    def test_a_machine_without_nvdec_says_so(self) -> None:
        done = simulated(FFMPEG, "-v", "error", "-nostdin", "-hwaccel", "cuda", "-c:v", "h264_cuvid", "-i",
                         clip("libx264", DECODED), "-f", "null", "-", options=("--without", "cuvid"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("libnvcuvid.so.1", done.stderr)


if __name__ == "__main__":
    unittest.main()
