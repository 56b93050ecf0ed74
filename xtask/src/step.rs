//! Progress on the terminal: each step with its time.

use std::time::Instant;

use anyhow::Result;

/// Runs `work`, saying its name before and its time after.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("xtask: {name} …");
    let started = Instant::now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "done" } else { "failed" };
    eprintln!("xtask: {name}: {verdict} in {:.1} s", started.elapsed().as_secs_f64());
    outcome
}
