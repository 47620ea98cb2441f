//! The columns of Flagger's Canary.

use serde_json::Value;

use crate::cluster::api::Object;
use crate::console::age::timestamp;
use crate::world::World;

/// Headers; the second part is added by `-o wide`. (kubectl shows LASTTRANSITIONTIME last even then.)
pub(super) const CANARY_COLUMNS: (&[&str], &[&str]) = (
    &["NAME", "STATUS", "WEIGHT", "LASTTRANSITIONTIME"],
    &["SUSPENDED", "FAILEDCHECKS", "INTERVAL", "MIRROR", "STEPWEIGHT", "STEPWEIGHTS", "MAXWEIGHT"],
);

/// The cells of one Canary: what is not written is empty.
pub(super) fn canary_cells(object: &Object, world: &World) -> Vec<String> {
    let name = &object.manifest.name;
    let Some(status) = world.flagger.status(name) else { return vec![name.clone()] };
    let written = |path: &str| match object.manifest.document.pointer(path) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    vec![
        name.clone(),
        status.phase.name().to_owned(),
        status.weight.to_string(),
        timestamp(status.changed),
        written("/spec/suspend"),
        status.failed_checks.to_string(),
        written("/spec/analysis/interval"),
        written("/spec/analysis/mirror"),
        written("/spec/analysis/stepWeight"),
        written("/spec/analysis/stepWeights"),
        written("/spec/analysis/maxWeight"),
    ]
}
