"""GStreamer's nvcodec plugin. Its elements exist only where a driver answers."""

from __future__ import annotations

import hashlib
import unittest
from pathlib import Path

from common import DELAYS, FFMPEG, Calls, clip, folder, hashes, run, simulated, succeeds

FRAMES = 30
DECODED = 200
WIDTH, HEIGHT = 640, 368
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2
SOURCE = (f"videotestsrc num-buffers={FRAMES} pattern=snow ! "
          f"video/x-raw,format=NV12,width={WIDTH},height={HEIGHT}")
# Without the caps in between, both elements pass the host's memory through.
THROUGH = f"{SOURCE} ! cudaupload ! video/x-raw(memory:CUDAMemory) ! cudadownload"
# A file sink writes the padding of rows too; other planes have none.
PACKED = " ! videoconvert ! video/x-raw,format=I420"


def environment() -> dict[str, str]:
    """A registry of our own: the machine's says what was there without a GPU."""
    return {"GST_REGISTRY": str(folder() / "registry.bin"), "GST_REGISTRY_FORK": "no"}


def launch(pipeline: str, to: Path) -> tuple[str, ...]:
    return ("gst-launch-1.0", "-q", *pipeline.split(), "!", "filesink", f"location={to}")


def frames(path: Path, wanted: int) -> list[str]:
    data = path.read_bytes()
    if len(data) != wanted * FRAME_BYTES:
        raise AssertionError(f"{len(data)} bytes, not {wanted} frames of {FRAME_BYTES}")
    return [hashlib.md5(data[at:at + FRAME_BYTES]).hexdigest() for at in range(0, len(data), FRAME_BYTES)]


class GStreamer(unittest.TestCase):
    def made(self, name: str, pipeline: str, wanted: int, options: tuple[str, ...] = (),
             **variables: str) -> list[str]:
        path = folder() / name
        succeeds(simulated(*launch(pipeline, path), options=options, environment={**environment(), **variables}))
        return frames(path, wanted)

    def test_what_was_uploaded_is_downloaded(self) -> None:
        plain = folder() / "plain"
        succeeds(run(*launch(SOURCE + PACKED, plain), environment=environment()))
        wanted = frames(plain, FRAMES)
        self.assertEqual(len(set(wanted)), FRAMES)
        for options in [(), *DELAYS]:
            with self.subTest(options):
                calls = Calls()
                self.assertEqual(self.made("through", THROUGH + PACKED, FRAMES, options, **calls.environment), wanted)
                # Two planes up, the whole frame down.
                self.assertEqual(calls.of("cuMemcpy2DAsync_v2"), 2 * FRAMES)
                self.assertEqual(calls.of("cuMemcpy2D_v2"), FRAMES)

    def test_calls_that_fail_end_it_with_an_error(self) -> None:
        succeeds(simulated("gst-inspect-1.0", "cudaupload", environment=environment()))
        for call in ("cuInit", "cuCtxCreate_v2", "cuMemAllocPitch_v2", "cuMemcpy2DAsync_v2"):
            with self.subTest(call):
                done = simulated(*launch(THROUGH, folder() / "failed"), options=("--fault", f"{call}:1+:999"),
                                 environment=environment())
                self.assertNotEqual(done.returncode, 0)

    def test_its_decoder_gives_the_frames_that_ffmpeg_gets(self) -> None:
        path = clip("libx264", DECODED)
        stream = folder() / "clip.h264"
        succeeds(run(FFMPEG, "-v", "error", "-y", "-i", path, "-c", "copy", "-bsf", "h264_mp4toannexb", stream))
        wanted = hashes(succeeds(simulated(
            FFMPEG, "-v", "error", "-nostdin", "-hwaccel", "cuda", "-hwaccel_output_format", "cuda", "-i",
            path, "-vf", "hwdownload,format=nv12", "-f", "framemd5", "-")), DECODED)
        for decoder in ("nvh264dec", "nvh264sldec"):
            for options in [(), *DELAYS]:
                with self.subTest(decoder=decoder, options=options):
                    pipeline = f"filesrc location={stream} ! h264parse ! {decoder} ! video/x-raw,format=NV12"
                    self.assertEqual(self.made(decoder, pipeline, DECODED, options), wanted)


if __name__ == "__main__":
    unittest.main()
