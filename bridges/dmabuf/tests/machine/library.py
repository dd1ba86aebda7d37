"""A consumer by the library.

Takes so many frames. Of each it prints the message as a line, and then the bytes of the planes.
"""

import json
import sys

import frame_lending

path, count = sys.argv[1], int(sys.argv[3])
with frame_lending.Consumer(path) as consumer:
    for _ in range(count):
        with consumer.receive() as frame:
            message = {"stream_id": frame.stream_id, "sequence": frame.sequence}
            planes = [bytes(frame.plane(index)) for index in range(len(frame.planes))]
            frame.done("library", 1000)
        sys.stdout.buffer.write(json.dumps(message).encode() + b"\n" + b"".join(planes))
        sys.stdout.flush()
