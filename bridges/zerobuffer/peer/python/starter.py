"""Readers and writers of the peer that start at once, many in a row: starter.py, driven by lines.

reader NAME PAYLOAD    created: makes a buffer
writer NAME            `trying`, then `connected`: asks again and again until there is a buffer; an
                       answer that is final is an error
read                   SEQUENCE HEX of the next frame
write HEX              ok: writes one frame of these bytes
close                  closed: the reader or writer that is open
"""
import sys
import time

from lines import answer, serve
from zerobuffer import BufferConfig, Reader, Writer
from zerobuffer.exceptions import WriterAlreadyConnectedException

PATIENCE = 30


class Commands:
    def __init__(self):
        self.open = None

    def reader(self, name, payload):
        self.open = Reader(name, BufferConfig(1024, int(payload)))
        return "created"

    def writer(self, name):
        answer("trying")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                self.open = Writer(name)
                return "connected"
            except WriterAlreadyConnectedException:
                raise
            except Exception as error:
                why = error
        raise why

    def read(self):
        with self.open.read_frame(PATIENCE) as frame:
            return f"{frame.sequence} {bytes(frame.data).hex()}"

    def write(self, digits):
        self.open.write_frame(bytes.fromhex(digits))
        return "ok"

    def close(self):
        self.open.close()
        return "closed"


def main():
    commands = Commands()
    names = ["reader", "writer", "read", "write", "close"]
    serve({name: getattr(commands, name) for name in names})
    return 0


if __name__ == "__main__":
    sys.exit(main())
