"""What the scripts share: a command a line on standard input, an answer a line on standard output.

An exception is an answer too: `error NAME MESSAGE`. The end of standard input ends the script, which
then closes what it has open, as a `close` does.
"""
import sys


def answer(text):
    print(text, flush=True)


def serve(commands):
    """Runs the commands of the lines that come, by their first words, until the input ends."""
    for line in sys.stdin:
        words = line.split()
        try:
            answer(commands[words[0]](*words[1:]))
        except Exception as error:  # whatever the peer raises is what the test asks for
            message = " ".join(str(error).split())
            answer(f"error {type(error).__name__} {message}")


def pattern(kind, index, size):
    """Frame `index` of a pattern, as the peer's command line makes it; `random` is faster here."""
    if kind == "sequential":
        lap = bytes((index + i) % 256 for i in range(256))
        return (lap * (size // 256 + 1))[:size]
    if kind == "random":
        import random

        return random.Random(index).randbytes(size)
    return {"zero": b"\x00", "ones": b"\xff"}[kind] * size
