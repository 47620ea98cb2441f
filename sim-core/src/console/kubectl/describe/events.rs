//! The events at the end of a description.

use crate::cluster::state::ClusterNote;
use crate::console::age;
use crate::console::kubectl::resource::ObjectRef;
use crate::time::SimTime;
use crate::world::World;

/// Events about one object, oldest first.
pub(crate) fn text(object: &ObjectRef, world: &World, now: SimTime) -> String {
    let subject = format!("{}/{}", object.resource.info().singular, object.name);
    let notes = world.cluster.state.notes.iter();
    let mut about: Vec<&ClusterNote> = notes.filter(|note| note.object == subject).collect();
    about.sort_by_key(|note| note.at);
    if about.is_empty() {
        return "Events:\t<none>\n".to_owned();
    }
    let mut out = "Events:\n  Type\tReason\tAge\tFrom\tMessage\n".to_owned();
    out += "  ----\t------\t----\t----\t-------\n";
    for note in about {
        let mut seen = age::since(now, note.at);
        if 1 < note.count {
            seen += &format!(" (x{} over {})", note.count, age::since(now, note.first));
        }
        let part = if note.field_path.is_empty() { "" } else { ": " };
        out += &format!(
            "  {}\t{}\t{seen}\t{}\t{}{part}{}\n",
            note.level,
            note.reason,
            source(note),
            note.field_path,
            note.message.trim().replace(['\n', '\t'], " ")
        );
    }
    out
}

/// Which component wrote an event.
pub(crate) fn source(note: &ClusterNote) -> &'static str {
    match (note.object.split('/').next().unwrap_or_default(), note.reason) {
        ("deployment", _) => "deployment-controller",
        ("job", _) => "job-controller",
        ("replicaset", _) => "replicaset-controller",
        ("pod", "Scheduled" | "FailedScheduling") => "default-scheduler",
        ("pod", _) => "kubelet",
        ("canary", _) => "flagger",
        // Of the two kinds of this name, OpenKruise's alone gives this reason.
        ("rollout", "Progressing") => "rollout-controller",
        ("rollout" | "analysisrun", _) => "rollouts-controller",
        ("horizontalpodautoscaler", _) => "horizontal-pod-autoscaler",
        ("node", _) => "node-controller",
        ("service" | "endpoints" | "endpointslice", _) => "endpoint-slice-controller",
        _ => "controller-manager",
    }
}
