//! Named points at which a crash test kills its own process.
//!
//! Without the feature `failpoints` a point is nothing at all. With it, the process that runs
//! into the point named by `LENDING_FAILPOINT=name[:n]` for the n-th time (default: the
//! first) sends SIGKILL to itself, so that a crash at an exact place is a real one.

/// Where a process can be made to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Engine: has taken a frame from its stream, and nothing else yet.
    FrameTaken,
    /// Engine: the frame is ready, as a copy if it takes one, and not counted.
    FramePacked,
    /// Engine: the frame is counted, and not sent.
    FrameCounted,
    /// Engine: the frame is sent, and nobody noted that.
    FrameSent,
    /// Engine: has read a return, and nothing else yet.
    ReturnRead,
    /// Engine: a return is counted; the frame is not free, and nobody was told.
    ReturnCounted,
    /// Engine: a frame is in quarantine, and nobody was told.
    Quarantined,
    /// Consumer: has a frame's message and descriptor, and has not mapped it.
    FrameReceived,
    /// Consumer: has mapped a frame, and not looked at it.
    FrameMapped,
    /// Consumer: a return is built, and not sent.
    ReturnBuilt,
    /// Consumer: a return is sent, and the frame is still mapped.
    ReturnSent,
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub(crate) fn reach(_point: Point) {}

#[cfg(feature = "failpoints")]
pub(crate) fn reach(point: Point) {
    static CRASH: ::failpoint::Crash = ::failpoint::Crash::new("LENDING_FAILPOINT");
    CRASH.reach(point);
}
