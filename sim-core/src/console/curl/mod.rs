//! `curl`, as far as something answers: Prometheus reads its rule files again, and Flagger's load tester opens
//! and closes the gates of canaries.

mod load_tester;
mod prometheus;

use crate::console::session::Session;
use crate::delivery::Addon;
use crate::world::World;

/// What is asked.
struct Request {
    method: Option<String>,
    /// Host without its port, and path.
    host: String,
    path: String,
    body: String,
    /// `-i`: the head of the answer is printed too.
    with_head: bool,
    /// `-f`: an error fails the command.
    fails: bool,
    /// `-w '%{http_code}'`.
    format: Option<String>,
}

/// Status and body.
type Answer = (u16, String);

/// `curl [-s] [-i] [-f] [-X METHOD] [-d DATA] URL`.
pub(super) fn curl(words: &[String], session: &mut Session<'_, '_>) {
    let outcome = read(words).and_then(|request| {
        let answer = ask(&request, session)?;
        Ok((request, answer))
    });
    match outcome {
        Ok((request, answer)) => print(&request, answer, session),
        Err((status, problem)) => {
            session.out.fail(format!("curl: {problem}"));
            session.out.status = status;
        }
    }
}

/// Completions of the last word.
pub(super) fn complete(world: &World) -> Vec<String> {
    let mut offered = ["-X", "POST", prometheus::RELOAD].map(str::to_owned).to_vec();
    if world.delivery.addons().has(Addon::Flagger) {
        offered.extend(load_tester::words(world));
    }
    offered
}

fn read(words: &[String]) -> Result<Request, (i32, String)> {
    let mut url = String::new();
    let mut request = Request {
        method: None,
        host: String::new(),
        path: String::new(),
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
            "-X" | "--request" => request.method = Some(value()?),
            "-XPOST" | "--request=POST" => request.method = Some("POST".to_owned()),
            "-H" | "--header" | "-m" | "--max-time" | "-o" | "--output" => drop(value()?),
            "-w" | "--write-out" => request.format = Some(value()?),
            "-i" | "--include" => request.with_head = true,
            "-f" | "--fail" => request.fails = true,
            "-s" | "--silent" | "-S" | "--show-error" | "-sS" | "-L" | "-v" => {}
            flag if flag.starts_with('-') => {
                return Err((2, format!("option {flag}: is unknown, or not modelled here")));
            }
            word => url = word.to_owned(),
        }
    }
    if url.is_empty() {
        return Err((2, "no URL specified".to_owned()));
    }
    let rest = url.strip_prefix("http://").unwrap_or(&url);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    request.host = host.to_owned();
    request.path = path.trim_end_matches('/').to_owned();
    Ok(request)
}

fn ask(request: &Request, session: &mut Session<'_, '_>) -> Result<Answer, (i32, String)> {
    let name = request.host.split(':').next().unwrap_or_default();
    if request.host == prometheus::HOST {
        return Ok(prometheus::answer(request, session));
    }
    let has_flagger = session.world.delivery.addons().has(Addon::Flagger);
    if has_flagger && name.split('.').next() == Some(load_tester::HOST) {
        return Ok(load_tester::answer(request, session));
    }
    Err((6, format!("(6) Could not resolve host: {name}")))
}

fn print(request: &Request, (code, body): Answer, session: &mut Session<'_, '_>) {
    if request.with_head {
        let reason = match code {
            200 => "OK",
            202 => "Accepted",
            400 => "Bad Request",
            403 => "Forbidden",
            405 => "Method Not Allowed",
            500 => "Internal Server Error",
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
