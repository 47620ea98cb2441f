//! Application of Argo CD: from a checked tree to a specification (CD-01..04).

use crate::delivery::spec::{ApplicationSpec, Automated, Destination, Ignored, Retry, Source};
use crate::manifest::check::shown;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;

/// The address of the cluster in which Argo CD itself runs.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// Options of a sync that have an effect here.
const OPTIONS: &[&str] =
    &["ApplyOutOfSyncOnly=true", "PruneLast=true", "RespectIgnoreDifferences=true", "Prune=false"];

/// Options that say what is so anyway.
const ANYWAY: &[&str] = &[
    "ApplyOutOfSyncOnly=false",
    "CreateNamespace=false",
    "CreateNamespace=true",
    "FailOnSharedResource=false",
    "Force=false",
    "PruneLast=false",
    "Prune=true",
    "Replace=false",
    "RespectIgnoreDifferences=false",
    "ServerSideApply=false",
    "Validate=true",
];

/// Reads `spec` of an Application.
pub(super) fn read(spec: &Cursor<'_>, findings: &mut Findings) -> ApplicationSpec {
    let text = |cursor: &Cursor<'_>, name: &str| cursor.text(name).unwrap_or_default().to_owned();
    if spec.get("source").is_none() {
        let message = "spec.source: Required value: an application has one source";
        findings.fix(spec.position(), message, "write source: {repoURL: ..., path: ...}");
    }
    let source = spec.get("source").map(|source| Source {
        repository: text(&source, "repoURL"),
        path: source.text("path").unwrap_or(".").trim_matches('/').to_owned(),
        revision: text(&source, "targetRevision"),
        recurse: source.get("directory").is_some_and(|directory| directory.flag("recurse")),
    });
    let policy = spec.get("syncPolicy");
    let automated = policy.as_ref().and_then(|policy| policy.get("automated"));
    let enabled =
        |automated: &Cursor<'_>| automated.get("enabled").is_none() || automated.flag("enabled");
    let automated = automated.filter(enabled).map(|automated| Automated {
        prune: automated.flag("prune"),
        self_heal: automated.flag("selfHeal"),
        allow_empty: automated.flag("allowEmpty"),
    });
    let given = options(policy.as_ref(), findings);
    let has = |option: &str| given.iter().any(|given| given == option);
    ApplicationSpec {
        project: text(spec, "project"),
        source: source.unwrap_or_default(),
        destination: destination(spec, findings),
        automated,
        retry: policy
            .as_ref()
            .and_then(|policy| policy.get("retry"))
            .map(|retry| read_retry(&retry)),
        ignored: spec.list("ignoreDifferences").iter().map(|one| ignored(one, findings)).collect(),
        only_out_of_sync: has("ApplyOutOfSyncOnly=true"),
        prune_last: has("PruneLast=true"),
        never_prune: has("Prune=false"),
        respect_ignored: has("RespectIgnoreDifferences=true"),
        history: spec.count("revisionHistoryLimit").unwrap_or(10),
    }
}

fn destination(spec: &Cursor<'_>, findings: &mut Findings) -> Destination {
    let Some(cursor) = spec.get("destination") else { return Destination::default() };
    let (server, name) = (cursor.text("server"), cursor.text("name"));
    let mut wrong = |field: &str, message: String, help: &str| {
        let place = cursor.get(field).map_or(cursor.position(), |cursor| cursor.position());
        findings.fix(place, message, help);
    };
    match (server, name) {
        (Some(server), None) if server != IN_CLUSTER => {
            let message = format!(
                "spec.destination.server: Invalid value: {server:?}: there is no such cluster"
            );
            wrong("server", message, "write https://kubernetes.default.svc: there is one cluster");
        }
        (None, Some(name)) if name != "in-cluster" => {
            let message =
                format!("spec.destination.name: Invalid value: {name:?}: there is no such cluster");
            wrong("name", message, "write in-cluster: there is one cluster");
        }
        (None, None) => {
            let message = "spec.destination: Required value: server or name".to_owned();
            wrong("server", message, "write server: https://kubernetes.default.svc");
        }
        (Some(_), Some(_)) => {
            let message =
                "spec.destination: Invalid value: server and name cannot be both set".to_owned();
            wrong("name", message, "leave one of them out");
        }
        _ => {}
    }
    let namespace = cursor.text("namespace").unwrap_or("default");
    if namespace != "default" {
        let message =
            format!("spec.destination.namespace: Invalid value: {namespace:?}: not modelled");
        wrong("namespace", message, "write default: everything here lives there");
    }
    Destination {
        cluster: server.or(name).unwrap_or(IN_CLUSTER).to_owned(),
        namespace: namespace.to_owned(),
    }
}

fn options(policy: Option<&Cursor<'_>>, findings: &mut Findings) -> Vec<String> {
    let all = policy.map(|policy| policy.list("syncOptions")).unwrap_or_default();
    for option in &all {
        let text = option.node.as_str().unwrap_or_default();
        if !OPTIONS.contains(&text) && !ANYWAY.contains(&text) {
            findings.note(
                option.position(),
                format!("not modelled: {}: {}", option.path, shown(option.node)),
            );
        }
    }
    all.iter().filter_map(|option| option.node.as_str()).map(str::to_owned).collect()
}

fn read_retry(retry: &Cursor<'_>) -> Retry {
    let default = Retry::AUTOMATED;
    let backoff = retry.get("backoff");
    let length = |name: &str| backoff.as_ref().and_then(|backoff| backoff.duration(name));
    let factor = backoff.as_ref().and_then(|backoff| backoff.count("factor"));
    Retry {
        limit: retry.count("limit").unwrap_or(0),
        first: length("duration").unwrap_or(default.first),
        factor: factor.unwrap_or(default.factor),
        longest: length("maxDuration").unwrap_or(default.longest),
    }
}

fn ignored(one: &Cursor<'_>, findings: &mut Findings) -> Ignored {
    for pointer in one.list("jsonPointers") {
        let text = pointer.node.as_str().unwrap_or("/");
        if !text.starts_with('/') {
            let message = format!(
                "{}: Invalid value: {text:?}: a JSON pointer begins with a slash",
                pointer.path
            );
            findings.fix(pointer.position(), message, "write something like /spec/replicas");
        }
    }
    Ignored {
        group: one.text("group").unwrap_or_default().to_owned(),
        kind: one.text("kind").unwrap_or_default().to_owned(),
        name: one.text("name").map(str::to_owned),
        pointers: one.texts("jsonPointers"),
    }
}
