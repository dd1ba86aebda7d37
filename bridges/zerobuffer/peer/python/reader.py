"""The peer's Reader, driven by lines: reader.py NAME METADATA PAYLOAD, which says `created`, or an
error.

connected MS                       yes or no: is a writer connected, or within so many milliseconds
metadata                           HEX, or `none`
hex SECONDS                        SEQUENCE HEX of the next frame, or `none` after so long
frames COUNT SECONDS               COUNT MD5 FIRST LAST: reads so many, or fewer before the time-out;
                                   the sum of all their bytes, the first and last sequence number
verify COUNT SECONDS KIND [FIRST]  COUNT ERRORS: compares with frames FIRST, FIRST+1, ... of a pattern
hold SECONDS                       SEQUENCE HEX, or `none`: reads a frame and keeps it
release                            ok: gives back the oldest one kept
close                              closed

The peer gives back only the newest frame that was read, whichever is given back: keep one at a time.
"""
import hashlib
import sys

from lines import answer, pattern, serve
from zerobuffer import BufferConfig, Reader


class Commands:
    def __init__(self, reader):
        self.reader = reader
        self.held = []

    def connected(self, milliseconds):
        return "yes" if self.reader.is_writer_connected(int(milliseconds)) else "no"

    def metadata(self):
        data = self.reader.get_metadata()
        return "none" if data is None else bytes(data).hex()

    def hex(self, seconds):
        frame = self.reader.read_frame(float(seconds))
        if frame is None:
            return "none"
        with frame:
            return f"{frame.sequence} {bytes(frame.data).hex()}"

    def each(self, count, seconds):
        for _ in range(int(count)):
            frame = self.reader.read_frame(float(seconds))
            if frame is None:
                return
            with frame:
                yield frame.sequence, bytes(frame.data)

    def frames(self, count, seconds):
        summed = hashlib.md5()
        sequences = []
        for sequence, data in self.each(count, seconds):
            sequences.append(sequence)
            summed.update(data)
        ends = (sequences[0], sequences[-1]) if sequences else (0, 0)
        return f"{len(sequences)} {summed.hexdigest()} {ends[0]} {ends[1]}"

    def verify(self, count, seconds, kind, first="0"):
        read = errors = 0
        for _, data in self.each(count, seconds):
            errors += data != pattern(kind, int(first) + read, len(data))
            read += 1
        return f"{read} {errors}"

    def hold(self, seconds):
        frame = self.reader.read_frame(float(seconds))
        if frame is None:
            return "none"
        self.held.append(frame)
        return f"{frame.sequence} {bytes(frame.data).hex()}"

    def release(self):
        self.held.pop(0).dispose()
        return "ok"

    def close(self):
        self.reader.close()
        return "closed"


def main():
    name, metadata, payload = sys.argv[1:4]
    try:
        reader = Reader(name, BufferConfig(int(metadata), int(payload)))
    except Exception as error:
        answer(f"error {type(error).__name__} {' '.join(str(error).split())}")
        return 1
    answer("created")
    commands = Commands(reader)
    names = ["connected", "metadata", "hex", "frames", "verify", "hold", "release", "close"]
    serve({name: getattr(commands, name) for name in names})
    reader.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
