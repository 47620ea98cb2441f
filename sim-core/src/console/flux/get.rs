//! `flux get`.

use crate::console::flux::{Target, failure};
use crate::console::session::Session;
use crate::console::table::{self, Layout};
use crate::delivery::flux::{Ready, kustomization_spec, source_spec};
use crate::world::World;

/// Columns as Flux aligns them.
const FLUX: Layout = Layout { min_width: 0, padding: 1 };

/// `flux get sources git` and `flux get kustomizations`.
pub(super) fn table(target: Target, name: Option<&str>, session: &mut Session<'_, '_>) {
    let mut names = target.names(session.world);
    names.retain(|one| name.is_none_or(|name| name == one));
    if names.is_empty() {
        let kind = target.words().0;
        return match name {
            Some(name) => failure(
                session,
                format!("{kind} object '{name}' not found in \"default\" namespace"),
            ),
            None => failure(session, format!("no {kind} objects found in \"default\" namespace")),
        };
    }
    let text = rows(target, &names, "", session.world);
    session.out.stdout.push_str(&text);
}

/// `flux get all`.
pub(super) fn all(session: &mut Session<'_, '_>) {
    let mut tables = Vec::new();
    for (target, prefix) in
        [(Target::Source, "gitrepository/"), (Target::Kustomization, "kustomization/")]
    {
        let names = target.names(session.world);
        if !names.is_empty() {
            tables.push(rows(target, &names, prefix, session.world));
        }
    }
    session.out.stdout.push_str(&tables.join("\n"));
}

fn rows(target: Target, names: &[String], prefix: &str, world: &World) -> String {
    let head = ["NAME", "REVISION", "SUSPENDED", "READY", "MESSAGE"].map(str::to_owned).to_vec();
    let row = |name: &String| {
        let (ready, revision, suspended) = seen(target, name, world).unwrap_or_default();
        vec![
            format!("{prefix}{name}"),
            short(&revision),
            if suspended { "True" } else { "False" }.to_owned(),
            ready.word().to_owned(),
            short(&ready.message),
        ]
    };
    let rows = std::iter::once(head).chain(names.iter().map(row));
    // Each column ends with a tab, the last one too.
    let rows = rows.map(|mut row| {
        row.push(String::new());
        row
    });
    table::rows_in(FLUX, rows)
}

fn seen(target: Target, name: &str, world: &World) -> Option<(Ready, String, bool)> {
    let flux = &world.delivery.flux;
    Some(match target {
        Target::Source => {
            let source = flux.sources().get(name)?;
            let revision = source.artifact.as_ref().map(|one| one.revision.clone());
            let suspended = source_spec(&world.api, name)?.suspended;
            (source.ready.clone(), revision.unwrap_or_default(), suspended)
        }
        Target::Kustomization => {
            let one = flux.kustomizations().get(name)?;
            let suspended = kustomization_spec(&world.api, name)?.suspended;
            (one.ready.clone(), one.applied.clone().unwrap_or_default(), suspended)
        }
    })
}

/// Names of commits are cut to eight digits, as Flux prints them.
fn short(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(place) = rest.find("sha1:") {
        let (before, after) = rest.split_at(place + 5);
        out += before;
        let digits = after.bytes().take_while(u8::is_ascii_hexdigit).count();
        out += &after[..digits.min(8)];
        rest = &after[digits..];
    }
    out + rest
}
