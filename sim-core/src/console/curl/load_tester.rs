//! Flagger's load tester: gates that hold a canary until somebody opens them (FLG-03).

use serde_json::Value;

use crate::cluster::NAMESPACE;
use crate::cluster::api::Kind;
use crate::console::curl::{Answer, Request};
use crate::console::session::Session;
use crate::flagger::Gate;
use crate::trace::Topic;
use crate::world::{Scope, World};

pub(super) use crate::flagger::spec::LOAD_TESTER as HOST;

/// Pages of the load tester, for completion.
const PAGES: [&str; 8] = [
    "gate/approve",
    "gate/check",
    "gate/close",
    "gate/halt",
    "gate/open",
    "rollback/check",
    "rollback/close",
    "rollback/open",
];

/// What can be asked of it, for completion.
pub(super) fn words(world: &World) -> impl Iterator<Item = String> {
    let canaries = world
        .api
        .list(Kind::Canary)
        .map(|(name, _)| format!("'{{\"name\": \"{name}\", \"namespace\": \"{NAMESPACE}\"}}'"));
    let pages = PAGES.iter().map(|page| format!("http://{HOST}/{page}"));
    pages.chain(canaries).chain(["-d".to_owned()])
}

/// What it answers.
pub(super) fn answer(request: &Request, session: &mut Session<'_, '_>) -> Answer {
    let (code, text) = respond(&request.path, &request.body, session);
    (code, text.to_owned())
}

fn respond(page: &str, body: &str, session: &mut Session<'_, '_>) -> (u16, &'static str) {
    let (what, verb) = page.split_once('/').unwrap_or((page, ""));
    let rolls_back = match (what, verb) {
        ("gate", "approve") => return (200, "OK"),
        ("gate", "halt") => return (403, "Forbidden"),
        ("gate", _) => false,
        ("rollback", _) => true,
        _ => return (404, "404 page not found"),
    };
    let Ok(payload) = serde_json::from_str::<Value>(body) else { return (400, "") };
    let text = |field: &str| payload[field].as_str().unwrap_or_default().to_owned();
    let gate = Gate { canary: format!("{}.{}", text("name"), text("namespace")), rolls_back };
    let open = match verb {
        "check" if session.world.flagger.is_open(&gate) => return (200, "Approved"),
        "check" => return (403, "Forbidden"),
        "open" => true,
        "close" => false,
        _ => return (404, "404 page not found"),
    };
    let done = if open { "opened" } else { "closed" };
    let scope = &mut Scope { ctx: session.ctx, trace: &mut session.world.trace };
    let (id, subject) = (scope.id(), format!("canary/{}", text("name")));
    scope.note_because(id, Topic::Object, subject, format!("{gate} {done}"), &["FLG-03"]);
    session.world.flagger.set_gate(gate, open);
    (202, "")
}
