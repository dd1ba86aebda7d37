"""A consumer that knows what the documentation of others says, and no more: JSON and descriptors.

Takes so many frames of so many bytes, prints what each was, and returns it.
"""

import hashlib
import json
import mmap
import os
import socket
import sys
import time

path, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
engine = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
engine.connect(path)
for _ in range(count):
    packet, descriptors, flags, _ = socket.recv_fds(engine, 65536, 4)
    frame = json.loads(packet)
    assert frame["direction"] == "send" and len(descriptors) == 1, frame
    with mmap.mmap(descriptors[0], 0, prot=mmap.PROT_READ) as memory:
        pixels = memory[:size]
    os.close(descriptors[0])
    told = {"keys": list(frame), "frame": frame, "md5": hashlib.md5(pixels).hexdigest()}
    print(json.dumps(told), flush=True)
    engine.send(json.dumps({
        "direction": "return",
        "stream_id": frame["stream_id"],
        "sequence": frame["sequence"],
        "width": frame["width"],
        "height": frame["height"],
        "inference_time": 1000,
        "status": "success",
        "model_name": "plain",
        "timestamp": time.time_ns(),
        "detections": [],
    }).encode())
