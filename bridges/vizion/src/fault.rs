//! Faults that a control of the tests can plant, to see that a test fails with them.
//!
//! Without the feature `faults` there are none. With it, the one named by `VIZION_FAULT` is there.

/// What can be done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Writer: does not say that a frame is being written.
    NoOdd,
    /// Writer: does not count a frame that does not fit.
    DropUncounted,
}

#[cfg(not(feature = "faults"))]
#[inline(always)]
pub(crate) fn planted(_fault: Fault) -> bool {
    false
}

#[cfg(feature = "faults")]
pub(crate) fn planted(fault: Fault) -> bool {
    static PLANTED: ::failpoint::Planted = ::failpoint::Planted::new("VIZION_FAULT");
    PLANTED.is(fault)
}
