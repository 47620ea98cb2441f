//! `curl`, as far as Flagger's load tester answers: it opens and closes the gates of canaries.

use serde_json::Value;

use crate::cluster::NAMESPACE;
use crate::console::session::Session;
use crate::flagger::Gate;
use crate::flagger::spec::LOAD_TESTER;
use crate::trace::Topic;
use crate::world::Scope;

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

/// What is asked.
struct Request {
    url: String,
    body: String,
    /// `-i`: the head of the answer is printed too.
    with_head: bool,
    /// `-f`: an error fails the command.
    fails: bool,
    /// `-w '%{http_code}'`.
    format: Option<String>,
}

/// `curl [-s] [-i] [-f] [-X POST] [-d DATA] URL`.
pub(super) fn curl(words: &[String], session: &mut Session<'_, '_>) {
    match read(words).and_then(|request| {
        let page = page(&request.url)?;
        Ok((request, page))
    }) {
        Err((status, problem)) => {
            session.out.fail(format!("curl: {problem}"));
            session.out.status = status;
        }
        Ok((request, page)) => answer(&request, &page, session),
    }
}

/// Completions of the last word.
pub(super) fn complete(world: &crate::world::World) -> Vec<String> {
    use crate::cluster::api::Kind;
    let canaries = world
        .api
        .list(Kind::Canary)
        .map(|(name, _)| format!("'{{\"name\": \"{name}\", \"namespace\": \"{NAMESPACE}\"}}'"));
    let pages = PAGES.iter().map(|page| format!("http://{LOAD_TESTER}/{page}"));
    pages.chain(canaries).chain(["-d".to_owned()]).collect()
}

fn read(words: &[String]) -> Result<Request, (i32, String)> {
    let mut request = Request {
        url: String::new(),
        body: String::new(),
        with_head: false,
        fails: false,
        format: None,
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut value = || {
            let missing = || (2, format!("option {word}: requires parameter"));
            words.next().cloned().ok_or_else(missing)
        };
        match word.as_str() {
            "-d" | "--data" | "--data-raw" | "--json" => request.body = value()?,
            "-X" | "--request" | "-H" | "--header" | "-m" | "--max-time" | "-o" | "--output" => {
                value()?;
            }
            "-w" | "--write-out" => request.format = Some(value()?),
            "-i" | "--include" => request.with_head = true,
            "-f" | "--fail" => request.fails = true,
            "-s" | "--silent" | "-S" | "--show-error" | "-sS" | "-L" | "-v" => {}
            flag if flag.starts_with('-') => {
                return Err((2, format!("option {flag}: is unknown, or not modelled here")));
            }
            url => request.url = url.to_owned(),
        }
    }
    if request.url.is_empty() {
        return Err((2, "no URL specified".to_owned()));
    }
    Ok(request)
}

/// The page of the load tester at this address.
fn page(url: &str) -> Result<String, (i32, String)> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split(':').next().unwrap_or_default();
    if host.split('.').next() != Some(LOAD_TESTER) {
        let help = format!("only http://{LOAD_TESTER}/ answers here");
        return Err((6, format!("(6) Could not resolve host: {host} ({help})")));
    }
    Ok(path.trim_end_matches('/').to_owned())
}

fn answer(request: &Request, page: &str, session: &mut Session<'_, '_>) {
    let (code, body) = respond(page, &request.body, session);
    if request.with_head {
        let reason = match code {
            200 => "OK",
            202 => "Accepted",
            400 => "Bad Request",
            403 => "Forbidden",
            _ => "Not Found",
        };
        session.out.print(format!("HTTP/1.1 {code} {reason}\n"));
    }
    if request.fails && 400 <= code {
        session.out.fail(format!("curl: (22) The requested URL returned error: {code}"));
        session.out.status = 22;
    } else if !body.is_empty() {
        session.out.print(body);
    }
    if let Some(format) = &request.format {
        let text = format.replace("%{http_code}", &code.to_string()).replace("\\n", "\n");
        session.out.stdout.push_str(&text);
    }
}

/// What the load tester answers.
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
