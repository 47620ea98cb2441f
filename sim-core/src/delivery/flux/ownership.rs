//! Which objects are a Kustomization's, and which of them it leaves alone or deletes (CD-05).

use serde_json::{Map, Value};

use crate::cluster::api::Kind;
use crate::console::kubectl::write;
use crate::delivery::desired::Target;
use crate::engine::Context;
use crate::event::Event;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// Labels by which an object is known as a Kustomization's.
const LABELS: [&str; 2] =
    ["kustomize.toolkit.fluxcd.io/name", "kustomize.toolkit.fluxcd.io/namespace"];
/// An object that says one of these is neither applied nor deleted.
const LEFT_ALONE: &[(&str, &str)] = &[
    ("kustomize.toolkit.fluxcd.io/reconcile", "disabled"),
    ("kustomize.toolkit.fluxcd.io/ssa", "Ignore"),
];
/// A manifest that says this is applied only if there is no such object.
const IF_ABSENT: &[(&str, &str)] = &[("kustomize.toolkit.fluxcd.io/ssa", "IfNotPresent")];
/// An object that says this is never deleted.
const KEPT: &[(&str, &str)] = &[("kustomize.toolkit.fluxcd.io/prune", "disabled")];

/// Marks an object as a Kustomization's.
pub(super) fn label(document: &mut Value, name: &str) {
    let Some(metadata) = document.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let labels = metadata.entry("labels").or_insert(Value::Null);
    if !labels.is_object() {
        *labels = Value::Object(Map::new());
    }
    labels[LABELS[0]] = name.into();
    labels[LABELS[1]] = "default".into();
}

/// Whether an object says one of these, in a label or an annotation, in whatever case.
fn says(document: &Value, words: &[(&str, &str)]) -> bool {
    let metadata = &document["metadata"];
    words.iter().any(|(key, word)| {
        [&metadata["labels"][key], &metadata["annotations"][key]]
            .iter()
            .any(|said| said.as_str().is_some_and(|said| said.eq_ignore_ascii_case(word)))
    })
}

impl World {
    /// Whether a manifest is not applied, as it says itself, or the object that is there does.
    pub(super) fn leaves_alone(&self, target: &Target) -> bool {
        let live = self.api.get(target.kind, &target.name);
        says(&target.document, LEFT_ALONE)
            || live.is_some_and(|live| {
                says(&live.manifest.document, LEFT_ALONE) || says(&target.document, IF_ABSENT)
            })
    }

    /// Whether a Kustomization may delete an object that it has applied: not if it is another one's by now.
    pub(super) fn may_go(&self, owner: &str, kind: Kind, name: &str) -> bool {
        self.api.get(kind, name).is_some_and(|object| {
            let document = &object.manifest.document;
            let labels = &document["metadata"]["labels"];
            let is_own = labels[LABELS[0]] == owner && labels[LABELS[1]] == "default";
            is_own && !says(document, KEPT) && !says(document, LEFT_ALONE)
        })
    }

    /// Deletes what a Kustomization that is gone has applied.
    pub(super) fn finalize(&mut self, number: u16, ctx: &mut Context<'_, Event>) {
        let Some((owner, gone)) = self.delivery.flux.finalizing.remove(&number) else { return };
        let mut stale = gone.inventory;
        stale.retain(|(kind, name)| self.may_go(&owner, *kind, name));
        if !stale.is_empty() {
            let scope = &mut Scope { ctx, trace: &mut self.trace };
            let subject = format!("kustomization/{owner}");
            let text = "Flux deletes what it has applied, for it is gone";
            scope.note_because(gone.asked_by, Topic::Delivery, subject, text, &["CD-05"]);
        }
        for (kind, name) in stale {
            write::take_away(self, ctx, kind, &name);
        }
    }
}
