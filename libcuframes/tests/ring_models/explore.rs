//! Runs a model, in all its executions, with the rules that the environment leaves out.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cuframes::ring::{ALL_RULES, PACKET_RULES, Rule, break_rules};
use loom::model::Builder;

/// Names of the rules to leave out, with `+` between them.
pub const BROKEN: &str = "CUFRAMES_BROKEN_RULES";

/// Explores `model`; `preemptions` limits how often a thread is interrupted while it could go
/// on, where the model is too large without a limit.
pub fn explore(preemptions: Option<usize>, model: fn()) {
    break_rules(&broken());
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

fn broken() -> Vec<Rule> {
    let names = std::env::var(BROKEN).unwrap_or_default();
    let rule = |name: &str| {
        let known = ALL_RULES
            .into_iter()
            .chain(PACKET_RULES)
            .find(|rule| format!("{rule:?}") == name);
        known.unwrap_or_else(|| panic!("{BROKEN} has {name}, which is no rule"))
    };
    names
        .split('+')
        .filter(|name| !name.is_empty())
        .map(rule)
        .collect()
}
