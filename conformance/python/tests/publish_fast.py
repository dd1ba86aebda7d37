"""A publisher process for tests: COUNT frames into RUN_DIR as fast as it can, then the end.

It starts when the first subscriber has attached.
"""

from __future__ import annotations

import contextlib
import sys

from tests.peer import Publisher
from tests.simulated import Segment


def main() -> None:
    """Arguments: run directory, number of frames."""
    run_dir, count = sys.argv[1], int(sys.argv[2])
    segment = Segment(slots=3, width=256, height=16)
    publisher = Publisher(run_dir, "fast", segment)
    print("listening", flush=True)
    publisher.await_message("ATTACHED")
    while segment.seq < count:
        segment.publish()
    segment.set_state("CLOSED")
    # The end was to be seen in memory before: the reader may have said DETACH and left.
    with contextlib.suppress(BrokenPipeError):
        publisher.say_close("END_OF_STREAM")
    publisher.await_message("DETACH")
    publisher.close()
    segment.close()


if __name__ == "__main__":
    main()
