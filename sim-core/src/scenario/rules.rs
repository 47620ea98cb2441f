//! `rules:` and `alertmanager:` of a scenario: files of Prometheus and Alertmanager in the workspace.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::suggest;
use crate::telemetry::alertmanager::Routing;
use crate::telemetry::rules::{self, Group};

/// The groups of all files, in their order.
pub(super) fn read(
    root: &Cursor<'_>,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> Vec<Group> {
    let mut groups = Vec::new();
    for place in root.list("rules") {
        let Some((name, text)) = file(&place, workspace, findings) else { continue };
        match rules::parse(&format!("workspace/{name}"), text) {
            Ok((read, notes)) => {
                groups.extend(read);
                all.extend(notes);
            }
            Err(problems) => all.extend(problems),
        }
    }
    groups
}

/// Whom Alertmanager tells.
pub(super) fn routing(
    root: &Cursor<'_>,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> Routing {
    let place = root.get("alertmanager");
    let Some((name, text)) = place.and_then(|place| file(&place, workspace, findings)) else {
        return Routing::default();
    };
    match Routing::parse(&format!("workspace/{name}"), text) {
        Ok((routing, notes)) => {
            all.extend(notes);
            routing
        }
        Err(problems) => {
            all.extend(problems);
            Routing::default()
        }
    }
}

/// The file of the workspace that is named here.
fn file<'w>(
    place: &Cursor<'w>,
    workspace: &'w BTreeMap<String, String>,
    findings: &mut Findings,
) -> Option<(&'w str, &'w str)> {
    let name = place.node.as_str()?;
    let Some(text) = workspace.get(name) else {
        let message = format!("{}: there is no file workspace/{}", place.path, shorten(name));
        let help = suggest::did_you_mean(name, workspace.keys().map(String::as_str))
            .unwrap_or_else(|| "add it to the folder workspace".to_owned());
        findings.fix(place.position(), message, help);
        return None;
    };
    Some((name, text))
}
