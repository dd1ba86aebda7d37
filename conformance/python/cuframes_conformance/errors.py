"""Error codes of the wire (protocol 3, "Error codes") and the exception that carries one."""

from __future__ import annotations

import enum


class ErrorCode(enum.IntEnum):
    """The i32 of an ERROR message and of ``evicted`` in a subscriber page."""

    OK = 0
    INVALID_ARGUMENT = -1
    NOT_FOUND = -2
    ALREADY_EXISTS = -3
    TIMEOUT = -4
    DISCONNECTED = -5
    PROTOCOL = -6
    CUDA = -7
    NO_MEMORY = -8
    PERMISSION = -9
    SYSTEM = -10
    WOULD_BLOCK = -11
    EVICTED = -12
    UNSUPPORTED = -13
    TOO_MANY_SUBSCRIBERS = -14
    RECONFIGURED = -15
    END_OF_STREAM = -16
    ABORTED = -17
    PACKET_OVERSIZED = -20
    NO_PACKET_RING = -21
    NO_CODEC_PARAMS = -22
    PACKET_OVERRUN = -23


class CuframesError(Exception):
    """What went wrong, as a protocol code and a sentence.

    ``refused`` says that the code came from the publisher in an ERROR message
    and was not found out on this side.
    """

    def __init__(self, code: ErrorCode | int, text: str, refused: bool = False) -> None:
        try:
            self.code: ErrorCode | int = ErrorCode(code)
        except ValueError:
            self.code = code
        self.text = text
        self.refused = refused
        super().__init__(f"{self.name}: {text}")

    @property
    def name(self) -> str:
        """The code's name, or the bare number of a code this version does not know."""
        return self.code.name if isinstance(self.code, ErrorCode) else str(self.code)
