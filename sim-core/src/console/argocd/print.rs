//! What `argocd` prints of an application.

use crate::console::age::go_time;
use crate::console::table::{self, DESCRIBE};
use crate::delivery::spec::ApplicationSpec;
use crate::delivery::{Application, Overview, SyncStatus, overview, spec_of};
use crate::time::SimTime;
use crate::world::World;

/// One object as the tables show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) group: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) health: String,
    pub(super) hook: String,
    pub(super) message: String,
}

impl Row {
    pub(super) fn cells(&self) -> Vec<String> {
        [
            self.group,
            self.kind,
            "default",
            &self.name,
            &self.status,
            &self.health,
            &self.hook,
            &self.message,
        ]
        .map(str::to_owned)
        .to_vec()
    }
}

/// All that is printed of an application at a moment.
pub(super) struct Seen<'w> {
    pub(super) application: &'w Application,
    pub(super) spec: &'w ApplicationSpec,
    pub(super) overview: Overview,
}

/// The application of this name, if it is there.
pub(super) fn seen<'w>(world: &'w World, name: &str) -> Option<Seen<'w>> {
    let application = world.delivery.application(name)?;
    Some(Seen { application, spec: spec_of(&world.api, name)?, overview: overview(world, name)? })
}

fn line(title: &str, value: &str) -> String {
    format!("{title:<20}{value}\n")
}

/// The block at the top of `argocd app get`.
pub(super) fn summary(name: &str, seen: &Seen<'_>) -> String {
    let Seen { application, spec, overview } = seen;
    let (sync, health) = (overview.sync, overview.health);
    let policy = match spec.automated {
        None => "Manual",
        Some(automated) if automated.prune => "Automated (Prune)",
        Some(_) => "Automated",
    };
    let target = &spec.source.revision;
    let towards = match sync {
        SyncStatus::Synced => format!(" to {target}"),
        SyncStatus::OutOfSync => format!(" from {target}"),
        SyncStatus::Unknown => String::new(),
    };
    let hex = (7..=40).contains(&target.len()) && target.bytes().all(|b| b.is_ascii_hexdigit());
    let at = application.revision.as_ref().filter(|_| !hex);
    let at = at.map_or(String::new(), |revision| format!(" ({})", revision.short()));
    [
        line("Name:", &format!("default/{name}")),
        line("Project:", &spec.project),
        line("Server:", &spec.destination.cluster),
        line("Namespace:", &spec.destination.namespace),
        line("URL:", &format!("https://argocd.example.com/applications/{name}")),
        "Source:\n".to_owned(),
        line("- Repo:", &spec.source.repository),
        line("  Target:", target),
        line("  Path:", &spec.source.path),
        line("SyncWindow:", "Sync Allowed"),
        line("Sync Policy:", policy),
        line("Sync Status:", &format!("{}{towards}{at}", sync.name())),
        line("Health Status:", health.name()),
    ]
    .concat()
}

/// The conditions, as `argocd app get` prints them.
pub(super) fn conditions(application: &Application) -> String {
    let mut rows = vec![["CONDITION", "MESSAGE", "LAST TRANSITION"].map(str::to_owned)];
    let all = application.conditions.iter();
    rows.extend(all.map(|one| [one.kind.to_owned(), one.message.clone(), go_time(one.since)]));
    table::rows_in(DESCRIBE, rows)
}

/// The last sync, or the one that goes on.
pub(super) fn operation(application: &Application, now: SimTime) -> String {
    let (revision, phase, started, finished, message) =
        match (&application.operation, &application.finished) {
            (Some(at_work), _) => {
                (&at_work.revision.id, "Running", at_work.started, None, &at_work.message)
            }
            (None, Some(done)) => (
                &done.revision,
                done.phase.name(),
                done.started,
                Some(done.finished),
                &done.message,
            ),
            (None, None) => return String::new(),
        };
    let seconds = finished.unwrap_or(now).as_whole_secs() - started.as_whole_secs();
    let length = match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    };
    let mut text = [
        line("Operation:", "Sync"),
        line("Sync Revision:", revision),
        line("Phase:", phase),
        line("Start:", &go_time(started)),
        line("Finished:", &finished.map_or("<nil>".to_owned(), go_time)),
        line("Duration:", &length),
    ]
    .concat();
    if !message.is_empty() {
        text += &line("Message:", message);
    }
    text
}

/// Every object: what the last sync was about, in its order, then the rest.
pub(super) fn rows(seen: &Seen<'_>) -> Vec<Row> {
    let Seen { application, overview, .. } = seen;
    let mut rest: Vec<_> = overview.resources.iter().collect();
    let mut rows = Vec::new();
    for result in application.results() {
        let found = rest.iter().position(|one| one.kind == result.kind && one.name == result.name);
        let live = found.filter(|_| result.hook.is_none()).map(|place| rest.remove(place));
        let (status, health, hook) = match (live, result.hook) {
            (Some(live), _) => {
                (live.sync.name(), live.health.map_or("", |health| health.name()), "")
            }
            (None, Some((hook, phase))) => (phase.name(), result.code.name(), hook.name()),
            (None, None) => ("", result.code.name(), ""),
        };
        rows.push(Row {
            group: result.kind.group(),
            kind: result.kind.name(),
            name: result.name.clone(),
            status: status.to_owned(),
            health: health.to_owned(),
            hook: hook.to_owned(),
            message: result.message.clone(),
        });
    }
    rows.extend(rest.into_iter().map(|one| Row {
        group: one.kind.group(),
        kind: one.kind.name(),
        name: one.name.clone(),
        status: one.sync.name().to_owned(),
        health: one.health.map_or("", |health| health.name()).to_owned(),
        hook: String::new(),
        message: String::new(),
    }));
    rows
}

/// The table of objects.
pub(super) fn resources(seen: &Seen<'_>) -> String {
    let heads = ["GROUP", "KIND", "NAMESPACE", "NAME", "STATUS", "HEALTH", "HOOK", "MESSAGE"];
    let mut table = vec![heads.map(str::to_owned).to_vec()];
    table.extend(rows(seen).iter().map(Row::cells));
    table::rows_in(DESCRIBE, table)
}
