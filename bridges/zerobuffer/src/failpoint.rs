//! Named points at which a crash test kills its own process.
//!
//! Without the feature `failpoints` a point is nothing at all. With it, the process that runs
//! into the point named by `ZEROBUFFER_FAILPOINT=name[:n]` for the n-th time (default: the
//! first) sends SIGKILL to itself, so that a crash at an exact place is a real one.

/// Where a process can be made to die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Reader: has the lock, and nothing else yet.
    LockTaken,
    /// Reader: the semaphores are there, the segment is not.
    SemaphoresMade,
    /// Reader: the segment is there, with everything in it.
    SegmentLinked,
    /// Reader: has taken a token, and not looked at the frame.
    TokenTaken,
    /// Reader: has stored its position, and not counted the frame.
    ReadPositionStored,
    /// Reader: has given space back, and told nobody.
    SpaceGiven,
    /// Reader: is closing, and has removed the semaphores.
    SemaphoresRemoved,
    /// Writer: has stored its process number.
    WriterStored,
    /// Writer: a place is ready to be written into.
    PlaceBegun,
    /// Writer: the space at the end is left out, the position is not stored.
    TailTaken,
    /// Writer: the header is written, the space is not taken.
    HeaderWritten,
    /// Writer: the space is taken, the position is not stored.
    SpaceTaken,
    /// Writer: the position is stored, the frame is not counted.
    PositionStored,
    /// Writer: the frame is counted, and nobody was told.
    FrameCounted,
    /// Writer: the reader was told.
    FramePosted,
    /// Writer: waits for space.
    WaitsForSpace,
}

#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub(crate) fn reach(_point: Point) {}

#[cfg(feature = "failpoints")]
pub(crate) fn reach(point: Point) {
    static CRASH: ::failpoint::Crash = ::failpoint::Crash::new("ZEROBUFFER_FAILPOINT");
    CRASH.reach(point);
}
