//! Faults that a control of the tests can plant, to see that a test fails with them.
//!
//! Without the feature `faults` there are none. With it, the one named by `LENDING_FAULT` is there.

/// What can be done wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Engine: what a consumer had that is gone is not counted.
    ForgetAbandoned,
    /// Engine: what a consumer had that is gone stays as if it had it.
    KeepAbandoned,
    /// Engine: a late return is counted as one in time, too.
    CountLateTwice,
}

#[cfg(not(feature = "faults"))]
#[inline(always)]
pub(crate) fn planted(_fault: Fault) -> bool {
    false
}

#[cfg(feature = "faults")]
pub(crate) fn planted(fault: Fault) -> bool {
    static PLANTED: ::failpoint::Planted = ::failpoint::Planted::new("LENDING_FAULT");
    PLANTED.is(fault)
}
