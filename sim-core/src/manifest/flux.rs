//! GitRepository and Kustomization of Flux: from a checked tree to a specification (CD-05, CD-06).

use crate::cluster::api::Kind;
use crate::delivery::flux::spec::{KustomizationSpec, SourceSpec};
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::time::SimDuration;

/// Shortest time-out of health checks, and what the interval exceeds it by if none is given.
const TIMEOUT: SimDuration = SimDuration::from_secs(30);
/// Shortest interval that makes sense.
const INTERVAL_MIN: SimDuration = SimDuration::from_secs(1);

/// Reads `spec` of a GitRepository.
pub(super) fn source(spec: &Cursor<'_>, findings: &mut Findings) -> SourceSpec {
    let reference = spec.get("ref");
    let of = |name: &str| reference.as_ref().and_then(|cursor| cursor.text(name));
    let revision = of("commit").or_else(|| of("name")).or_else(|| of("branch"));
    SourceSpec {
        url: spec.text("url").unwrap_or_default().to_owned(),
        revision: revision.unwrap_or("master").to_owned(),
        interval: interval(spec, "interval", findings).unwrap_or(TIMEOUT),
        suspended: spec.flag("suspend"),
    }
}

/// Reads `spec` of a Kustomization.
pub(super) fn kustomization(spec: &Cursor<'_>, findings: &mut Findings) -> KustomizationSpec {
    let interval = interval(spec, "interval", findings).unwrap_or(TIMEOUT);
    let retry = self::interval(spec, "retryInterval", findings).unwrap_or(interval);
    let rest = interval.as_micros().saturating_sub(TIMEOUT.as_micros());
    let timeout = spec.duration("timeout").unwrap_or(SimDuration::from_micros(rest));
    let path = spec.text("path").unwrap_or(".").trim_start_matches("./").trim_matches('/');
    let names = |list: &str| -> Vec<String> {
        let names = spec.list(list).into_iter();
        names.filter_map(|one| one.text("name").map(str::to_owned)).collect()
    };
    let namespace = spec.text("targetNamespace").unwrap_or("default");
    if let (Some(cursor), true) = (spec.get("targetNamespace"), namespace != "default") {
        let message =
            format!("{}: Invalid value: {:?}: not modelled", cursor.path, shorten(namespace));
        findings.fix(cursor.position(), message, "write default: everything here lives there");
    }
    let source = spec.get("sourceRef");
    KustomizationSpec {
        source: source.and_then(|one| one.text("name")).unwrap_or_default().to_owned(),
        path: if path.is_empty() { ".".to_owned() } else { path.to_owned() },
        interval,
        retry,
        timeout: timeout.max(TIMEOUT),
        prune: spec.flag("prune"),
        suspended: spec.flag("suspend"),
        wait: spec.flag("wait"),
        checks: spec.list("healthChecks").iter().filter_map(|one| check(one, findings)).collect(),
        depends_on: names("dependsOn"),
    }
}

fn interval(spec: &Cursor<'_>, name: &str, findings: &mut Findings) -> Option<SimDuration> {
    let (cursor, length) = (spec.get(name)?, spec.duration(name)?);
    if length < INTERVAL_MIN {
        let message = format!("{}: Invalid value: {length}: too short", cursor.path);
        findings.fix(cursor.position(), message, "write 1s or more");
        return None;
    }
    Some(length)
}

fn check(one: &Cursor<'_>, findings: &mut Findings) -> Option<(Kind, String)> {
    let (kind, name) = (one.text("kind")?, one.text("name")?);
    let known = Kind::ALL.iter().find(|known| known.name() == kind);
    if known.is_none() {
        let message = format!(
            "{}.kind: Invalid value: {:?}: there is no such kind here",
            one.path,
            shorten(kind)
        );
        findings.fix(one.position(), message, "write Deployment, Job or another modelled kind");
    }
    known.map(|&kind| (kind, name.to_owned()))
}
