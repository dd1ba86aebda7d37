"""The peer's Writer, driven by lines: writer.py NAME, which says `connected`, or an error.

metadata HEX                       ok
timeout SECONDS                    ok: how long a write waits for space
hex HEX                            ok: writes one frame of these bytes
frames COUNT SIZE KIND [FIRST]     COUNT MD5: writes frames FIRST, FIRST+1, ... of a pattern
begin SIZE                         ok: ring space for a frame
commit HEX                         ok: the bytes of that frame, and the frame is written
reader                             yes or no: is a reader connected
close                              closed
"""
import hashlib
import sys
from datetime import timedelta

from lines import answer, pattern, serve
from zerobuffer import Writer


class Commands:
    def __init__(self, writer):
        self.writer = writer
        self.space = None

    def metadata(self, digits):
        self.writer.set_metadata(bytes.fromhex(digits))
        return "ok"

    def timeout(self, seconds):
        self.writer.write_timeout = timedelta(seconds=float(seconds))
        return "ok"

    def hex(self, digits):
        self.writer.write_frame(bytes.fromhex(digits))
        return "ok"

    def frames(self, count, size, kind, first="0"):
        summed = hashlib.md5()
        for index in range(int(first), int(first) + int(count)):
            data = pattern(kind, index, int(size))
            self.writer.write_frame(data)
            summed.update(data)
        return f"{count} {summed.hexdigest()}"

    def begin(self, size):
        self.space = self.writer.get_frame_buffer(int(size))
        return "ok"

    def commit(self, digits):
        self.space[:] = bytes.fromhex(digits)
        self.space.release()
        self.writer.commit_frame()
        return "ok"

    def reader(self):
        return "yes" if self.writer.is_reader_connected() else "no"

    def close(self):
        self.writer.close()
        return "closed"


def main():
    try:
        writer = Writer(sys.argv[1])
    except Exception as error:
        answer(f"error {type(error).__name__} {' '.join(str(error).split())}")
        return 1
    answer("connected")
    commands = Commands(writer)
    names = ["metadata", "timeout", "hex", "frames", "begin", "commit", "reader", "close"]
    serve({name: getattr(commands, name) for name in names})
    writer.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
