//! Prometheus's management API: it reads its rule files again.
//!
//! The files that the scenario names under `rules:` lie in the workspace, as if a sidecar of Prometheus kept
//! them in step.

use crate::console::curl::{Answer, Request};
use crate::console::session::Session;
use crate::diagnostic::Diagnostic;
use crate::telemetry::rules::{self, Group};
use crate::trace::Topic;
use crate::world::Scope;

/// Where it listens.
pub(super) const HOST: &str = "prometheus:9090";
/// Reads the rule files again.
pub(super) const RELOAD: &str = "http://prometheus:9090/-/reload";

/// What it answers if a file is wrong.
const FAILED: &str = "failed to reload config: one or more errors occurred while applying the new \
                      configuration (--config.file=\"/etc/prometheus/prometheus.yml\")";

/// What it answers.
pub(super) fn answer(request: &Request, session: &mut Session<'_, '_>) -> Answer {
    let is_write = matches!(request.method.as_deref(), Some("POST" | "PUT"));
    match request.path.as_str() {
        "-/reload" if is_write && reload(session) => (200, String::new()),
        "-/reload" if is_write => (500, FAILED.to_owned()),
        "-/reload" => (405, "Only POST or PUT requests allowed".to_owned()),
        _ => (404, "404 page not found: ask with promtool or promql".to_owned()),
    }
}

/// All files, or none: what is wrong in one leaves the rules as they were. Whether it went well.
fn reload(session: &mut Session<'_, '_>) -> bool {
    let (mut groups, mut problems): (Vec<Group>, Vec<Diagnostic>) = (Vec::new(), Vec::new());
    for name in session.world.telemetry.rule_files.iter() {
        // A file that is gone matches no pattern of rule_files, and brings no rules.
        let Some(text) = session.workspace.files.get(name) else { continue };
        match rules::parse(name, text) {
            Ok((read, _)) => groups.extend(read),
            Err(wrong) => problems.extend(wrong),
        }
    }
    if !problems.is_empty() {
        problems.iter().for_each(|problem| session.out.warn(problem.to_string()));
        return false;
    }
    let count: usize = groups.iter().map(|group| group.rules.len()).sum();
    let world = &mut *session.world;
    let scope = &mut Scope { ctx: session.ctx, trace: &mut world.trace };
    let text = format!("reads its rules again: {count} in {} groups", groups.len());
    scope.note(Topic::Alert, "prometheus", text, &[]);
    world.reload_rules(&groups, session.ctx);
    true
}
