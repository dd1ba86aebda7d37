"""A consumer in Python that kills itself at a named point: POINT:n as its second argument."""

import os
import signal
import sys

from frame_lending import Consumer

path = sys.argv[1]
point, _, nth = sys.argv[2].partition(":") if len(sys.argv) > 2 else ("", "", "1")
reached = 0


def reach(name):
    global reached
    if name == point:
        reached += 1
        if reached == int(nth):
            os.kill(os.getpid(), signal.SIGKILL)


class Doomed(Consumer):
    def _frame(self, *packet):
        reach("FrameReceived")
        frame = super()._frame(*packet)
        reach("FrameMapped")
        return frame

    def _say(self, packet):
        if b'"return"' not in packet:
            return super()._say(packet)
        reach("ReturnBuilt")
        super()._say(packet)
        reach("ReturnSent")


with Doomed(path, hello="plain" not in sys.argv) as consumer:
    print("READY", flush=True)
    for frame in consumer:
        number = int.from_bytes(frame.plane(0)[:8], "little")
        print(f"FRAME seq={frame.sequence} whole={int(number == frame.sequence)}", flush=True)
        frame.done("painted", 0)
        print(f"BACK seq={frame.sequence}", flush=True)
print("CLOSED refused=0", flush=True)
