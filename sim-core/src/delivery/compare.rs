//! Compares what git wants with what is there.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::console::kubectl::apply::{LAST_APPLIED, lists_of, merged, with_last_applied};
use crate::console::kubectl::write;
use crate::delivery::desired::{Target, is_kept, is_tracked};
use crate::delivery::health::{self, Health};
use crate::delivery::spec::{ApplicationSpec, Ignored};
use crate::delivery::{IN_THIS_BUILD, spec_of};
use crate::world::World;

/// Whether the cluster is as git says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncStatus {
    /// Nobody can tell.
    Unknown,
    /// It is.
    Synced,
    /// It is not.
    OutOfSync,
}

impl SyncStatus {
    /// As Argo CD writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Synced => "Synced",
            Self::OutOfSync => "OutOfSync",
        }
    }
}

/// One object of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceStatus {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Whether it is as git says.
    pub sync: SyncStatus,
    /// How it is, if it is a kind of which that can be said.
    pub health: Option<Health>,
    /// Why.
    pub message: String,
    /// Whether git no longer wants it.
    pub requires_pruning: bool,
}

/// How an application is, as a whole and object by object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Whether all is as git says.
    pub sync: SyncStatus,
    /// The worst health of its objects.
    pub health: Health,
    /// Its objects, by group, kind and name.
    pub resources: Vec<ResourceStatus>,
}

/// How the application of this name is; nothing if there is none.
pub(crate) fn overview(world: &World, name: &str) -> Option<Overview> {
    let application = world.delivery.application(name).filter(|_| IN_THIS_BUILD)?;
    let spec = spec_of(&world.api, name)?;
    let (true, Some((.., desired))) = (application.is_comparable(), &application.desired) else {
        let health = if application.revision.is_none() { Health::Unknown } else { Health::Healthy };
        return Some(Overview { sync: SyncStatus::Unknown, health, resources: Vec::new() });
    };
    let mut resources: Vec<ResourceStatus> = desired
        .objects
        .iter()
        .map(|target| {
            let differs = difference(world, spec, target).is_some();
            status(world, target.kind, &target.name, differs, false)
        })
        .collect();
    let extra = extra(world, name, &desired.objects);
    resources.extend(extra.into_iter().map(|(kind, name)| status(world, kind, &name, true, true)));
    resources.sort_by_cached_key(|one| (one.kind.group(), one.kind.name(), one.name.clone()));
    let out = resources.iter().any(|one| one.sync == SyncStatus::OutOfSync);
    let sync = if out { SyncStatus::OutOfSync } else { SyncStatus::Synced };
    // What git no longer wants does not count (it is about to go).
    let counted = resources.iter().filter(|one| !one.requires_pruning);
    let health = counted.filter_map(|one| one.health).max().unwrap_or(Health::Healthy);
    Some(Overview { sync, health, resources })
}

fn status(
    world: &World,
    kind: Kind,
    name: &str,
    differs: bool,
    requires_pruning: bool,
) -> ResourceStatus {
    let sync = if differs { SyncStatus::OutOfSync } else { SyncStatus::Synced };
    let (health, message) = health::of(kind, name, world).unzip();
    let message = message.unwrap_or_default();
    ResourceStatus { kind, name: name.to_owned(), sync, health, message, requires_pruning }
}

/// Live objects of the application that git does not want.
pub(super) fn extra(world: &World, application: &str, wanted: &[Target]) -> Vec<(Kind, String)> {
    let wanted: BTreeSet<(Kind, &str)> =
        wanted.iter().map(|target| (target.kind, target.name.as_str())).collect();
    let all = Kind::ALL.iter().flat_map(|&kind| world.api.list(kind).map(move |one| (kind, one)));
    all.filter(|(kind, (name, object))| {
        is_tracked(&object.manifest.document, application, *kind, name)
            && !wanted.contains(&(*kind, *name))
    })
    .map(|(kind, (name, _))| (kind, name.to_owned()))
    .collect()
}

/// Whether a live object that git does not want may be deleted.
pub(super) fn may_prune(world: &World, spec: &ApplicationSpec, kind: Kind, name: &str) -> bool {
    let object = world.api.get(kind, name);
    !spec.never_prune && object.is_some_and(|object| !is_kept(&object.manifest.document))
}

/// What is there and what a sync would make of it, if that differs: the comparison of three that
/// `kubectl apply` makes, without the fields that may differ (CD-03).
pub(crate) fn difference(
    world: &World,
    spec: &ApplicationSpec,
    target: &Target,
) -> Option<(Value, Value)> {
    let live = world.api.get(target.kind, &target.name).map(|object| &object.manifest.document);
    let Some(live) = live else {
        return Some((Value::Null, shown(spec, target, applied(target, None))));
    };
    let after = applied(target, Some(live));
    // What the API server would not take is told as it is written.
    let after = match write::admit(world, &target.object(), after.clone()) {
        Ok((_, manifest)) => manifest.document,
        Err(_) => after,
    };
    let (live, after) = (shown(spec, target, live.clone()), shown(spec, target, after));
    (live != after).then_some((live, after))
}

/// The document that a sync would store.
pub(super) fn applied(target: &Target, live: Option<&Value>) -> Value {
    let wanted = with_last_applied(&target.document);
    match live {
        None => wanted,
        Some(live) => merged(live, &target.document, &wanted, lists_of(target.object().resource)),
    }
}

fn shown(spec: &ApplicationSpec, target: &Target, mut document: Value) -> Value {
    if let Some(annotations) =
        document.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut)
    {
        annotations.remove(LAST_APPLIED);
    }
    for pointer in ignored(spec, target) {
        take(&mut document, pointer);
    }
    document
}

/// The fields of an object that may differ.
fn ignored<'s>(spec: &'s ApplicationSpec, target: &Target) -> impl Iterator<Item = &'s String> {
    let (kind, name) = (target.kind, target.name.clone());
    let concerns = move |one: &&Ignored| {
        let group = one.group == kind.group() || one.group == "*";
        let fits = one.kind == kind.name() || one.kind == "*";
        group && fits && one.name.as_ref().is_none_or(|wanted| *wanted == name)
    };
    spec.ignored.iter().filter(concerns).flat_map(|one| &one.pointers)
}

/// Takes a field away; what it was.
fn take(document: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, key) = pointer.rsplit_once('/')?;
    let key = key.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent)? {
        Value::Object(fields) => fields.remove(&key),
        Value::Array(items) => {
            let place: usize = key.parse().ok()?;
            (place < items.len()).then(|| items.remove(place))
        }
        _ => None,
    }
}

/// With `RespectIgnoreDifferences`, ignored fields stay as they are.
pub(super) fn respect(spec: &ApplicationSpec, target: &mut Target, live: &Value) {
    if !spec.respect_ignored {
        return;
    }
    let pointers: Vec<String> = ignored(spec, target).cloned().collect();
    for pointer in pointers {
        if let (Some(kept), Some(field)) =
            (live.pointer(&pointer), target.document.pointer_mut(&pointer))
        {
            *field = kept.clone();
        }
    }
}
