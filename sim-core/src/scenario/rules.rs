//! `rules:` of a scenario: Prometheus's rule files in the workspace.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::suggest;
use crate::telemetry::rules::{self, Group};

/// The groups of all files, in their order.
pub(super) fn read(
    root: &Cursor<'_>,
    workspace: &BTreeMap<String, String>,
    (findings, all): (&mut Findings, &mut Vec<Diagnostic>),
) -> Vec<Group> {
    let mut groups = Vec::new();
    for place in root.list("rules") {
        let Some(name) = place.node.as_str() else { continue };
        let Some(text) = workspace.get(name) else {
            let message = format!("{}: there is no file workspace/{}", place.path, shorten(name));
            let help = suggest::did_you_mean(name, workspace.keys().map(String::as_str))
                .unwrap_or_else(|| "add it to the folder workspace".to_owned());
            findings.fix(place.position(), message, help);
            continue;
        };
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
