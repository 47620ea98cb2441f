//! What a scenario has installed, and which known bugs that has.

use crate::delivery::{Addon, Addons, IN_THIS_BUILD, Pitfall};
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;

/// Reads `installed` and `pitfalls`.
pub(super) fn addons(root: &Cursor<'_>, findings: &mut Findings) -> Addons {
    if let (Some(list), false) = (root.get("installed"), IN_THIS_BUILD) {
        findings.error(list.position(), "installed: this build has nothing to install");
    }
    let names = root.texts("installed");
    let given = |addon: &Addon| names.iter().any(|name| name == addon.name());
    let addons: Addons = Addon::ALL.into_iter().filter(given).collect();
    let mut pitfalls = Vec::new();
    for cursor in root.list("pitfalls") {
        let text = cursor.node.as_str();
        let found = Pitfall::ALL.into_iter().find(|pitfall| Some(pitfall.name()) == text);
        let Some(pitfall) = found else { continue };
        let (name, addon) = (pitfall.name(), pitfall.addon());
        if IN_THIS_BUILD && !addons.has(addon) {
            let message = format!("{}: {name}: {} is not installed", cursor.path, addon.name());
            findings.fix(
                cursor.position(),
                message,
                format!("write installed: [{}]", addon.name()),
            );
        }
        pitfalls.push(pitfall);
    }
    addons.with(pitfalls)
}
