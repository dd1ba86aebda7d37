//! Faults that a control of the tests can plant, to see that a test fails with them.
//!
//! Without the feature `faults` there are none. With it, the one named by `ZEROBUFFER_FAULT` is
//! there.

/// What can be done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Writer: goes to the beginning without a word.
    NoWrapMarker,
    /// Writer: leaves 1 to 15 bytes at the end.
    NoEarlyWrap,
    /// Reader: space of a frame is given back at once, whatever is held before it.
    ReleaseInAnyOrder,
    /// Writer: does not ask for the space that it leaves out.
    ForgetTail,
    /// Reader: does not look at numbers.
    SequenceUnchecked,
    /// Writer: metadata may be written again.
    MetadataTwice,
    /// Writer: does not ask whether there is another one.
    SecondWriter,
    /// Reader: does not ask whether there is another one.
    SecondReader,
    /// Writer: tells nobody of a frame.
    NoPost,
    /// Reader: leaves its semaphores behind.
    LeakSemaphores,
    /// Writer: believes what is free.
    FreeUnchecked,
    /// Writer: does not look whether its reader lives.
    ReaderDeathUnseen,
    /// Reader: does not look whether its writer lives.
    WriterDeathUnseen,
    /// Writer: takes a frame without data.
    ZeroSizeFrame,
    /// Reader: does not mend what a dead writer left.
    NoMending,
    /// Reader: does not take a marker before its frame.
    NoEarlyMarker,
    /// Duplex server: writes a response as soon as it is there.
    OutOfTurn,
    /// Duplex server: numbers responses by itself also where they should have their requests'.
    OwnNumbers,
    /// Duplex client: hands out responses to cancelled requests.
    CancelledDelivered,
}

#[cfg(not(feature = "faults"))]
#[inline(always)]
pub(crate) fn planted(_fault: Fault) -> bool {
    false
}

#[cfg(feature = "faults")]
pub(crate) fn planted(fault: Fault) -> bool {
    static PLANTED: ::failpoint::Planted = ::failpoint::Planted::new("ZEROBUFFER_FAULT");
    PLANTED.is(fault)
}
