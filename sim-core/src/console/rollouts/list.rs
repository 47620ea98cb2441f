//! `kubectl argo rollouts list rollouts`.

use crate::cluster::api::{Kind, Spec};
use crate::console::kubectl::flag::Arguments;
use crate::console::rollouts::Outcome;
use crate::console::session::Session;
use crate::console::table::{self, DESCRIBE};
use crate::rollouts::set_weight;
use crate::rollouts::spec::Strategy;

const HEADER: [&str; 9] = [
    "NAME",
    "STRATEGY",
    "STATUS",
    "STEP",
    "SET-WEIGHT",
    "READY",
    "DESIRED",
    "UP-TO-DATE",
    "AVAILABLE",
];

/// `list rollouts`.
pub(super) fn list(session: &mut Session<'_, '_>, _: &Arguments) -> Outcome {
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    for (name, object) in session.world.api.list(Kind::Rollout) {
        let Spec::Rollout(spec) = &object.manifest.spec else { continue };
        let status = session.world.rollouts.status(name).cloned().unwrap_or_default();
        let (strategy, step, weight) = match &spec.strategy {
            Strategy::BlueGreen(_) => ("BlueGreen", "-".to_owned(), "-".to_owned()),
            Strategy::Canary(_) => {
                let step = match status.steps.len() {
                    0 => "-".to_owned(),
                    of => format!("{}/{of}", status.step),
                };
                ("Canary", step, set_weight(&status).to_string())
            }
        };
        let counts = status.counts;
        rows.push(vec![
            name.to_owned(),
            strategy.to_owned(),
            status.phase.name().to_owned(),
            step,
            weight,
            format!("{}/{}", counts.ready, counts.replicas),
            spec.replicas.to_string(),
            counts.updated.to_string(),
            counts.available.to_string(),
        ]);
    }
    if rows.len() == 1 {
        session.out.warn("No resources found.");
        return Ok(());
    }
    let text = table::rows_in(DESCRIBE, rows);
    session.out.stdout.push_str(&text);
    Ok(())
}
