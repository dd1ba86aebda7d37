//! Running what the user wrote, without being torn down by it.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{Failure, IntoDone, IntoResponse};
use crate::Frame;

/// The bytes of a response.
pub(super) enum Answer {
    Bytes(Cow<'static, [u8]>),
    /// Those of the request, changed in place.
    Request(Frame),
}

/// A handler of any kind.
pub(super) trait Handle: Send + Sync {
    fn handle(&self, request: Frame) -> Result<Answer, Failure>;
}

/// Request to new bytes.
pub(super) struct Immutable<H>(pub(super) H);

impl<H, R> Handle for Immutable<H>
where
    H: Fn(&Frame) -> R + Send + Sync,
    R: IntoResponse,
{
    fn handle(&self, request: Frame) -> Result<Answer, Failure> {
        // A handler that panicked is not run again before somebody decided so.
        let run = AssertUnwindSafe(|| (self.0)(&request).into_response());
        let response = catch_unwind(run).map_err(Failure::panicked)?;
        response.map(Answer::Bytes).map_err(Failure::Error)
    }
}

/// The request's own bytes, changed.
pub(super) struct Mutable<H>(pub(super) H);

impl<H, R> Handle for Mutable<H>
where
    H: Fn(&mut Frame) -> R + Send + Sync,
    R: IntoDone,
{
    fn handle(&self, mut request: Frame) -> Result<Answer, Failure> {
        let run = AssertUnwindSafe(|| (self.0)(&mut request).into_done());
        let done = catch_unwind(run).map_err(Failure::panicked)?;
        done.map_err(Failure::Error)?;
        Ok(Answer::Request(request))
    }
}
