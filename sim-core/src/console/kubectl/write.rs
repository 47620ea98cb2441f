//! The one door through which commands change objects.

use serde_json::{Value, json};

use crate::cluster::api::{Applied, Kind, Manifest};
use crate::cluster::pod::Pod;
use crate::cluster::spec::Labels;
use crate::console::kubectl::defaults;
use crate::console::kubectl::document::strip_job;
use crate::console::kubectl::flag::DryRun;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::session::Session;
use crate::delivery::Addon;
use crate::diagnostic::Diagnostic;
use crate::engine::Context;
use crate::event::Event;
use crate::kruise;
use crate::manifest;
use crate::trace::Topic;
use crate::world::{Scope, World};

/// What the API server puts before what the webhook of OpenKruise says of a Rollout.
const KRUISE: &str = "admission webhook \"vrollout.kb.io\" denied the request: ";

/// Why the API server does not take a document.
#[derive(Clone, Debug)]
pub(crate) enum Denied {
    /// The document is wrong.
    Rejected(Vec<Diagnostic>),
    /// A field may not change.
    Immutable {
        /// The field.
        field: &'static str,
        /// What it was to become.
        value: Value,
    },
    /// The object is immutable, and so is this field of it.
    Sealed(&'static str),
    /// Only the control plane writes this kind here.
    NotModelled(&'static str),
    /// A webhook of OpenKruise says no.
    Webhook(String),
}

impl Denied {
    /// Paths of fields that nobody knows, if that is why.
    pub(crate) fn unknown_fields(&self) -> impl Iterator<Item = &str> {
        let findings = if let Self::Rejected(findings) = self { findings.as_slice() } else { &[] };
        let known = findings.iter().filter_map(|finding| {
            finding.message.strip_prefix("strict decoding error: unknown field ")
        });
        known.map(|field| field.trim_matches('"'))
    }

    /// What kubectl prints. `doing` is `error when creating "x.yaml": ` or nothing.
    pub(crate) fn message(&self, object: &ObjectRef, doing: &str) -> String {
        let kind = object.resource.info().kind;
        match self {
            Self::NotModelled(what) => format!("{doing}{what}"),
            Self::Webhook(why) => format!("Error from server: {doing}{KRUISE}{why}"),
            Self::Immutable { field, value } => format!(
                "The {kind} \"{}\" is invalid: {field}: Invalid value: {value}: field is immutable",
                object.name
            ),
            Self::Sealed(field) => format!(
                "The {kind} \"{}\" is invalid: {field}: Forbidden: field is immutable when `immutable` \
                 is set",
                object.name
            ),
            Self::Rejected(findings) => rejected(findings, object, doing),
        }
    }
}

/// At which stage the API server stops; it reports one stage at a time, the first first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Not a fault of the manifest: the simulator cannot do it.
    NotModelled,
    /// The document does not fit the kind's fields.
    Decoding,
    /// The namespace does not exist.
    Namespace,
    /// The values make no sense.
    Validation,
    /// Istio's own check, or OpenKruise's.
    Webhook,
}

impl Stage {
    fn of(finding: &Diagnostic, object: &ObjectRef) -> Self {
        let message = finding.message.as_str();
        let has = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        if message.starts_with("not modelled") {
            Self::NotModelled
        } else if has(&[
            "strict decoding error",
            "json: cannot unmarshal",
            "is not a quantity",
            "illegal base64",
        ]) {
            Self::Decoding
        } else if message.starts_with("namespaces ") {
            Self::Namespace
        } else if object.resource.info().group() == "networking.istio.io"
            && !has(&["Invalid value", "Required value", "Unsupported value"])
        {
            Self::Webhook
        } else if message.starts_with("Spec.") {
            // OpenKruise's webhook names fields as Go does.
            Self::Webhook
        } else {
            Self::Validation
        }
    }
}

fn rejected(findings: &[Diagnostic], object: &ObjectRef, doing: &str) -> String {
    let info = object.resource.info();
    let (kind, name) = (info.kind, &object.name);
    let stage = findings.iter().map(|f| Stage::of(f, object)).min().unwrap_or(Stage::Validation);
    let shown: Vec<&Diagnostic> =
        findings.iter().filter(|finding| Stage::of(finding, object) == stage).collect();
    let messages: Vec<&str> = shown.iter().map(|finding| finding.message.as_str()).collect();
    let mut text = match stage {
        Stage::NotModelled => format!("error: {doing}{}", messages.join(", ")),
        Stage::Decoding => {
            let version = info.version.rsplit('/').next().unwrap_or_default();
            let prefix = "strict decoding error: ";
            let bare = |message: &&str| message.trim_start_matches(prefix).to_owned();
            let strict = if messages[0].starts_with(prefix) { prefix } else { "" };
            let list = messages.iter().map(bare).collect::<Vec<_>>().join(", ");
            format!(
                "Error from server (BadRequest): {doing}{kind} in version \"{version}\" cannot be \
                 handled as a {kind}: {strict}{list}"
            )
        }
        Stage::Namespace => format!("Error from server (NotFound): {doing}{}", messages[0]),
        Stage::Webhook if info.group() == "rollouts.kruise.io" => match messages[..] {
            [message] => format!("Error from server: {doing}{KRUISE}{message}"),
            _ => format!("Error from server: {doing}{KRUISE}[{}]", messages.join(", ")),
        },
        Stage::Webhook => format!(
            "Error from server: {doing}admission webhook \"validation.istio.io\" denied the \
             request: configuration is invalid: {}",
            messages.join("; ")
        ),
        Stage::Validation => match messages[..] {
            [message] => format!("The {kind} \"{name}\" is invalid: {message}"),
            _ => {
                let list: String = messages.iter().map(|line| format!("\n* {line}")).collect();
                format!("The {kind} \"{name}\" is invalid: {list}")
            }
        },
    };
    for finding in shown.iter().filter(|finding| 0 < finding.position.line) {
        let (file, place) = (&finding.file, finding.position);
        text += &format!("\n  {file}:{}:{}", place.line, place.column);
        if let Some(help) = &finding.help {
            text += &format!(": {help}");
        }
    }
    text
}

/// Stores a document, tells the controllers, and writes a line of the trace.
pub(crate) fn put(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    document: Value,
    dry_run: DryRun,
) -> Result<Applied, Denied> {
    store(session.world, session.ctx, object, document, dry_run)
}

/// The same for whoever writes without a terminal: Argo CD, Flagger, OpenKruise.
pub(crate) fn store(
    world: &mut World,
    ctx: &mut Context<'_, Event>,
    object: &ObjectRef,
    document: Value,
    dry_run: DryRun,
) -> Result<Applied, Denied> {
    let (kind, manifest) = admit(world, object, document)?;
    if dry_run != DryRun::No {
        return Ok(match world.api.get(kind, &object.name) {
            None => Applied::Created,
            Some(before) if before.manifest.document == manifest.document => Applied::Unchanged,
            Some(_) => Applied::Configured,
        });
    }
    let uid = world.cluster.fresh_uid();
    let applied = world.api.put(manifest, ctx.now, ctx.id, uid);
    if applied != Applied::Unchanged {
        let done = if applied == Applied::Created { "created" } else { "changed" };
        tell(world, ctx, object, done);
        world.object_changed(kind, &object.name, ctx);
    }
    Ok(applied)
}

/// What the API server would store of a document, if it takes it.
pub(crate) fn admit(
    world: &World,
    object: &ObjectRef,
    mut document: Value,
) -> Result<(Kind, Manifest), Denied> {
    let Resource::Object(kind) = object.resource else {
        return Err(Denied::NotModelled("only the control plane writes objects of this kind here"));
    };
    strip_server_fields(&mut document);
    if let Some(before) = world.api.get(kind, &object.name).filter(|_| kind == Kind::Job) {
        strip_job(&mut document, before);
    }
    defaults::fill(kind, &mut document);
    let watched = world.delivery.addons().has(Addon::OpenKruise);
    if watched && kind == Kind::Deployment {
        kruise::hold(world, &object.name, &mut document);
    }
    let manifest = manifest::from_value(&document).map_err(Denied::Rejected)?;
    if let Some(why) = kruise::refusal(world, &manifest).filter(|_| watched) {
        return Err(Denied::Webhook(why));
    }
    if let Some(before) = world.api.get(kind, &object.name) {
        check_immutable(kind, &before.manifest.document, &manifest.document)?;
    }
    Ok((kind, manifest))
}

/// Removes an object that users write.
pub(crate) fn delete(session: &mut Session<'_, '_>, kind: Kind, name: &str) {
    take_away(session.world, session.ctx, kind, name);
}

/// The same for whoever deletes without a terminal.
pub(crate) fn take_away(world: &mut World, ctx: &mut Context<'_, Event>, kind: Kind, name: &str) {
    if world.api.delete(kind, name).is_some() {
        tell(world, ctx, &ObjectRef::new(Resource::Object(kind), name), "deleted");
        world.object_changed(kind, name, ctx);
    }
}

/// A line of the trace about an object.
pub(crate) fn note(session: &mut Session<'_, '_>, object: &ObjectRef, text: &str) {
    tell(session.world, session.ctx, object, text);
}

fn tell(world: &mut World, ctx: &mut Context<'_, Event>, object: &ObjectRef, text: &str) {
    let subject = format!("{}/{}", object.resource.info().singular, object.name);
    let mut scope = Scope { ctx, trace: &mut world.trace };
    let id = scope.id();
    scope.note_because(id, Topic::Object, subject, text, &[]);
}

/// Changes labels and annotations of a pod; None if it is not there.
pub(crate) fn change_pod(
    session: &mut Session<'_, '_>,
    name: &str,
    change: impl FnOnce(&mut Labels, &mut Labels),
) -> Option<Applied> {
    let state = &mut session.world.cluster.state;
    let pod: &mut Pod = state.pods.values_mut().find(|pod| pod.name == name)?;
    let before = (pod.labels.clone(), pod.annotations.clone());
    change(&mut pod.labels, &mut pod.annotations);
    if before == (pod.labels.clone(), pod.annotations.clone()) {
        return Some(Applied::Unchanged);
    }
    let id = pod.id;
    state.version += 1;
    note(session, &ObjectRef::new(Resource::Pod, name), "relabelled");
    let mut scope = Scope { ctx: session.ctx, trace: &mut session.world.trace };
    session.world.cluster.pod_relabelled(id, &mut scope);
    Some(Applied::Configured)
}

/// Changes labels of a namespace. Pods that are made from now on may get a sidecar (IST-80).
pub(crate) fn label_namespace(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    dry_run: DryRun,
    change: impl FnOnce(&mut Labels),
) -> Applied {
    let mut labels = object.labels(session.world);
    let before = labels.clone();
    change(&mut labels);
    if labels == before {
        return Applied::Unchanged;
    }
    if dry_run == DryRun::No {
        let state = &mut session.world.cluster.state;
        state.namespace_labels.insert(object.name.clone(), labels);
        state.version += 1;
        note(session, object, "relabelled");
    }
    Applied::Configured
}

/// Takes away what only the server writes, so that an edited copy can be stored.
fn strip_server_fields(document: &mut Value) {
    const SERVER: [&str; 7] = [
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "deletionTimestamp",
    ];
    let Some(fields) = document.as_object_mut() else { return };
    fields.remove("status");
    let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    for key in SERVER {
        metadata.remove(key);
    }
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("deployment.kubernetes.io/revision");
    }
    for key in ["annotations", "labels"] {
        if metadata.get(key).is_some_and(|value| value == &json!({}) || value.is_null()) {
            metadata.remove(key);
        }
    }
}

fn check_immutable(kind: Kind, before: &Value, after: &Value) -> Result<(), Denied> {
    match kind {
        Kind::Deployment => {
            let selector = |document: &Value| document["spec"]["selector"].clone();
            if selector(before) != selector(after) {
                return Err(Denied::Immutable { field: "spec.selector", value: selector(after) });
            }
        }
        Kind::Job => {
            for (field, key) in [("spec.template", "template"), ("spec.completions", "completions")]
            {
                if before["spec"][key] != after["spec"][key] {
                    return Err(Denied::Immutable { field, value: after["spec"][key].clone() });
                }
            }
        }
        Kind::ConfigMap | Kind::Secret => {
            if kind == Kind::Secret && before["type"] != after["type"] {
                return Err(Denied::Immutable { field: "type", value: after["type"].clone() });
            }
            let held = before["immutable"] == true;
            if held && after["immutable"] != true {
                return Err(Denied::Sealed("immutable"));
            }
            let changed = |field: &&str| held && before[*field] != after[*field];
            if let Some(field) = ["data", "binaryData"].into_iter().find(changed) {
                return Err(Denied::Sealed(field));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Reads, changes and stores an object; its document is changed in place.
pub(crate) fn modify(
    session: &mut Session<'_, '_>,
    object: &ObjectRef,
    dry_run: DryRun,
    change: impl FnOnce(&mut Value),
) -> Result<Applied, String> {
    let stored = match object.resource {
        Resource::Object(kind) => session.world.api.get(kind, &object.name),
        _ => None,
    };
    let Some(stored) = stored else { return Err(object.not_found()) };
    let mut document = stored.manifest.document.clone();
    change(&mut document);
    put(session, object, document, dry_run).map_err(|denied| denied.message(object, ""))
}
