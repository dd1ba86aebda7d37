"""A consumer that knows what the documentation of others says, and no more: JSON and DMA-BUFs.

Takes so many frames of so many bytes. Of each it prints the message as a line, and then the bytes.
"""

import fcntl
import json
import mmap
import os
import socket
import struct
import sys
import time

DMA_BUF_IOCTL_SYNC, READ, END = 0x40086200, 1, 4

path, size, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
engine = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
engine.connect(path)
for _ in range(count):
    packet, descriptors, flags, _ = socket.recv_fds(engine, 65536, 4)
    frame = json.loads(packet)
    assert frame["direction"] == "send" and len(descriptors) == 1, frame
    (dma_buf,) = descriptors
    frame["file"] = os.readlink(f"/proc/self/fd/{dma_buf}")
    with mmap.mmap(dma_buf, size, prot=mmap.PROT_READ) as memory:
        if frame["file"].startswith("/dmabuf:"):
            fcntl.ioctl(dma_buf, DMA_BUF_IOCTL_SYNC, struct.pack("Q", READ))
        pixels = memory[:size]
        if frame["file"].startswith("/dmabuf:"):
            fcntl.ioctl(dma_buf, DMA_BUF_IOCTL_SYNC, struct.pack("Q", READ | END))
    os.close(dma_buf)
    sys.stdout.buffer.write(json.dumps(frame).encode() + b"\n" + pixels)
    sys.stdout.flush()
    engine.send(json.dumps({
        "direction": "return",
        "stream_id": frame["stream_id"],
        "sequence": frame["sequence"],
        "inference_time": 1000,
        "status": "success",
        "model_name": "plain",
        "timestamp": time.time_ns(),
    }).encode())
