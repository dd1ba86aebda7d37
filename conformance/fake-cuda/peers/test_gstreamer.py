"""GStreamer's nvcodec plugin. Its elements exist only where a driver answers."""

from __future__ import annotations

import hashlib
import unittest
from pathlib import Path

from common import DELAYS, FFMPEG, clip, folder, hashes, run, simulated, succeeds

FRAMES = 30
DECODED = 200
WIDTH, HEIGHT = 640, 368
FRAME_BYTES = WIDTH * HEIGHT * 3 // 2


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
    def made(self, name: str, pipeline: str, wanted: int, options: tuple[str, ...] = ()) -> list[str]:
        path = folder() / name
        succeeds(simulated(*launch(pipeline, path), options=options, environment=environment()))
        return frames(path, wanted)

    def test_what_was_uploaded_is_downloaded(self) -> None:
        source = (f"videotestsrc num-buffers={FRAMES} pattern=snow ! "
                  f"video/x-raw,format=NV12,width={WIDTH},height={HEIGHT}")
        plain = folder() / "plain"
        succeeds(run(*launch(source, plain), environment=environment()))
        wanted = frames(plain, FRAMES)
        self.assertEqual(len(set(wanted)), FRAMES)
        for options in [(), *DELAYS]:
            with self.subTest(options):
                through = f"{source} ! cudaupload ! cudadownload"
                self.assertEqual(self.made("through", through, FRAMES, options), wanted)

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
