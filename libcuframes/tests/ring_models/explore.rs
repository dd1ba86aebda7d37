//! Runs a model, in all its executions, with the rules that the environment leaves out.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cuframes::ring::break_rules;
use loom::model::Builder;

/// Explores `model`; `preemptions` limits how often a thread is interrupted while it could go
/// on, where the model is too large without a limit.
pub fn explore(preemptions: Option<usize>, model: fn()) {
    break_rules();
    let executions = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&executions);
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut builder = Builder::new();
        builder.preemption_bound = preemptions;
        // A thousand turns of waiting for a claim are branches too.
        builder.max_branches = 20_000;
        builder.check(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            model();
        });
    }));
    println!(
        "{} executions, {:.2} s",
        executions.load(Ordering::Relaxed),
        start.elapsed().as_secs_f64()
    );
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}
