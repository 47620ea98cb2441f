//! `curl -X POST http://prometheus:9090/-/reload`: Prometheus reads its rule files again.
//!
//! The files that the scenario names under `rules:` lie in the workspace, as if a sidecar of Prometheus kept
//! them in step. Nothing else answers here.

use crate::console::session::Session;
use crate::diagnostic::Diagnostic;
use crate::telemetry::rules::{self, Group};
use crate::trace::Topic;
use crate::world::Scope;

/// What can be asked, for completion.
pub(super) const WORDS: [&str; 3] = ["-X", "POST", RELOAD];

const RELOAD: &str = "http://prometheus:9090/-/reload";

/// What Prometheus answers if a file is wrong.
const FAILED: &str = "failed to reload config: one or more errors occurred while applying the new \
                      configuration (--config.file=\"/etc/prometheus/prometheus.yml\")";

pub(super) fn curl(words: &[String], session: &mut Session<'_, '_>) {
    let (mut method, mut address, mut fails) = ("GET", None, false);
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "-X" | "--request" => method = words.next().unwrap_or_default(),
            "-XPOST" | "--request=POST" => method = "POST",
            "-XPUT" => method = "PUT",
            "-f" | "--fail" => fails = true,
            "-s" | "-S" | "-sS" | "-i" | "-v" => {}
            flag if flag.starts_with('-') => {
                let problem = format!("curl: option {flag}: is unknown\ncurl: try 'help curl'");
                session.out.fail(problem);
                session.out.status = 2;
                return;
            }
            other => address = Some(other),
        }
    }
    let Some(address) = address else {
        session.out.fail("curl: try 'curl -X POST http://prometheus:9090/-/reload'");
        session.out.status = 2;
        return;
    };
    let bare = address.trim_start_matches("http://");
    let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
    match (host, path) {
        ("prometheus:9090", "-/reload") if ["POST", "PUT"].contains(&method) => {
            // Without -f, curl is content with any answer.
            if !reload(session) && fails {
                session.out.status = 22;
            }
        }
        ("prometheus:9090", "-/reload") => session.out.print("Only POST or PUT requests allowed"),
        ("prometheus:9090", _) => {
            session.out.print("404 page not found: ask with promtool or promql");
        }
        _ => {
            let name = host.split(':').next().unwrap_or_default();
            session.out.fail(format!("curl: (6) Could not resolve host: {name}"));
            session.out.status = 6;
        }
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
        session.out.print(FAILED);
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
