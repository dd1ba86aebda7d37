"""What can go wrong."""


class LendingError(Exception):
    """Whatever goes wrong here."""


class NotArrived(LendingError):
    """No engine listens at the path, and none came in time."""


class ForeignEngine(LendingError):
    """The engine is a user's who is not believed."""


class ConnectionLost(LendingError):
    """The engine closed the connection, or is gone."""


class FrameReturned(LendingError):
    """The frame is the engine's again: its pixels change."""


class InvalidReturn(LendingError, ValueError):
    """What a frame is to be returned with is not what a return may have; nothing was sent."""


class RefusedFrame(LendingError):
    """A frame that cannot be taken, as it is told to the engine.

    `code` is a short name of the reason. `stream_id` and `sequence` name the frame, if the message
    came so far as to name one.
    """

    def __init__(self, code: str, message: str, stream_id: str = "", sequence: int = 0):
        super().__init__(message)
        self.code = code
        self.stream_id = stream_id
        self.sequence = sequence
