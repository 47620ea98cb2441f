//! A real Prometheus with promtool, which judges queries, rules and their tests.

use anyhow::{Context, Result, ensure};

use super::{install, on_path};
use crate::steps::Step;

/// Makes sure that both programs are there; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    if is_here() {
        return Ok("present".into());
    }
    step.interrupt();
    install(&["prometheus"]).context("Prometheus is missing; install the package `prometheus`")?;
    ensure!(is_here(), "the package brought no prometheus and promtool");
    Ok("installed".into())
}

fn is_here() -> bool {
    on_path("prometheus").is_some() && on_path("promtool").is_some()
}
