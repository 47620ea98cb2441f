//! `argocd app list`, `get` and `history`.

use serde_json::Value;

use crate::cluster::api::Kind;
use crate::console::age::go_time;
use crate::console::argocd::print::{conditions, operation, resources, seen, summary};
use crate::console::argocd::{Failure, GENERIC, Outcome, known};
use crate::console::kubectl::document;
use crate::console::kubectl::flag::Arguments;
use crate::console::kubectl::resource::{ObjectRef, Resource};
use crate::console::session::Session;
use crate::console::table::{self, DESCRIBE};
use crate::manifest;

fn unknown_format(format: &str) -> Failure {
    Failure::Fatal(format!("unknown output format: {format}"), GENERIC)
}

fn printed(document: &Value, format: &str) -> Option<String> {
    match format {
        "yaml" => Some(manifest::to_yaml(document)),
        "json" => Some(serde_json::to_string_pretty(document).unwrap_or_default() + "\n"),
        _ => None,
    }
}

fn live(session: &Session<'_, '_>, name: &str) -> Value {
    document::live(&ObjectRef::new(Resource::Object(Kind::Application), name), session.world)
}

/// `argocd app list`.
pub(super) fn list(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let names: Vec<String> =
        session.world.delivery.applications().map(|(name, _)| name.to_owned()).collect();
    let format = arguments.text("output").unwrap_or("wide");
    match format {
        "name" => names.iter().for_each(|name| session.out.print(format!("default/{name}"))),
        "json" | "yaml" => {
            let all = Value::Array(names.iter().map(|name| live(session, name)).collect());
            let text = printed(&all, format).unwrap_or_default();
            session.out.stdout.push_str(&text);
        }
        "wide" | "" => {
            let mut heads = vec![
                "NAME",
                "CLUSTER",
                "NAMESPACE",
                "PROJECT",
                "STATUS",
                "HEALTH",
                "SYNCPOLICY",
                "CONDITIONS",
            ];
            if format == "wide" {
                heads.extend(["REPO", "PATH", "TARGET"]);
            }
            let columns = heads.len();
            let mut rows = vec![heads.into_iter().map(str::to_owned).collect::<Vec<_>>()];
            for name in &names {
                let Some(seen) = seen(session.world, name) else { continue };
                let spec = seen.spec;
                let policy = match spec.automated {
                    None => "Manual",
                    Some(automated) if automated.prune => "Auto-Prune",
                    Some(_) => "Auto",
                };
                let wrong: Vec<&str> =
                    seen.application.conditions.iter().map(|one| one.kind).collect();
                let wrong = if wrong.is_empty() { "<none>".to_owned() } else { wrong.join(",") };
                let full = format!("default/{name}");
                let cells: [&str; 11] = [
                    &full,
                    &spec.destination.cluster,
                    &spec.destination.namespace,
                    &spec.project,
                    seen.overview.sync.name(),
                    seen.overview.health.name(),
                    policy,
                    &wrong,
                    &spec.source.repository,
                    &spec.source.path,
                    &spec.source.revision,
                ];
                rows.push(cells[..columns].iter().map(|&cell| cell.to_owned()).collect());
            }
            session.out.stdout.push_str(&table::rows_in(DESCRIBE, rows));
        }
        other => return Err(unknown_format(other)),
    }
    Ok(())
}

/// `argocd app get APPNAME [--refresh]`.
pub(super) fn get(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = known(session, &arguments.words[0])?;
    if arguments.has("refresh") || arguments.has("hard-refresh") {
        session.world.refresh_application(&name, session.ctx);
    }
    let format = arguments.text("output").unwrap_or("wide");
    if !matches!(format, "wide" | "") {
        let text = printed(&live(session, &name), format).ok_or_else(|| unknown_format(format))?;
        session.out.stdout.push_str(&text);
        return Ok(());
    }
    let Some(seen) = seen(session.world, &name) else { return Ok(()) };
    let mut text = summary(&name, &seen) + "\n";
    if !seen.application.conditions.is_empty() {
        text += &format!("{}\n", conditions(seen.application));
    }
    if arguments.has("show-operation") {
        text += &operation(seen.application, session.ctx.now);
        text.push('\n');
    }
    if !seen.overview.resources.is_empty() {
        text += &resources(&seen);
    }
    session.out.stdout.push_str(&text);
    Ok(())
}

/// `argocd app history APPNAME`.
pub(super) fn history(session: &mut Session<'_, '_>, arguments: &Arguments) -> Outcome {
    let name = known(session, &arguments.words[0])?;
    let Some(seen) = seen(session.world, &name) else { return Ok(()) };
    let entries = &seen.application.history;
    let text = if arguments.text("output") == Some("id") {
        entries.iter().map(|entry| format!("{}\n", entry.id)).collect()
    } else if entries.is_empty() {
        String::new()
    } else {
        let mut rows = vec![
            vec!["SOURCE".to_owned(), seen.spec.source.repository.clone()],
            ["ID", "DATE", "REVISION"].map(str::to_owned).to_vec(),
        ];
        rows.extend(entries.iter().map(|entry| {
            let revision = format!("{} ({})", entry.source.revision, &entry.revision[..7]);
            vec![entry.id.to_string(), go_time(entry.at), revision]
        }));
        table::rows_in(DESCRIBE, rows)
    };
    session.out.stdout.push_str(&text);
    Ok(())
}
