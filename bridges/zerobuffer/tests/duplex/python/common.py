"""What both scripts share."""
import sys
from pathlib import Path

# Where the scripts that every test uses are.
sys.path.insert(0, str(Path(__file__).parents[3] / "peer/python"))


def pattern(size, seed):
    """The same bytes as `pattern` of the tests."""
    return bytes((i * 31 + seed * 7 + i // 251) & 255 for i in range(size))
