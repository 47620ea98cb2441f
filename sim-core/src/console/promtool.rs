//! `promtool query`: PromQL over what has been scraped so far, and `promtool check rules`, in promtool's own
//! words (2.42).
//!
//! Times are seconds since the scenario began, as everywhere in PromQL here, or RFC 3339 in the run's
//! calendar. Any server's address that promtool could ask is answered by the run.

use crate::console::complete::paths;
use crate::console::session::Session;
use crate::console::{Workspace, age};
use crate::diagnostic::Diagnostic;
use crate::telemetry::promql::{Query, Value};
use crate::telemetry::rules;
use crate::time::{SimDuration, SimTime};

/// What can be typed next.
pub(super) fn complete(words: &[String], last: &str, workspace: &Workspace) -> Vec<String> {
    let known: &[&str] = match words.first().map(String::as_str) {
        Some("check") if words.len() == 1 => &["rules"],
        Some("check") => return paths(last, workspace),
        Some("query") => &["instant", "range"],
        _ => &["check", "query"],
    };
    known.iter().map(|&word| word.to_owned()).collect()
}

/// The part of promtool's help that is about what can be asked here.
const USAGE: &str = "\
usage: promtool [<flags>] <command> [<args> ...]

Tooling for the Prometheus monitoring system.

Commands:
check rules [<rule-files>...]
    Check if the rule files are valid or not.

query instant [<flags>] <server> <expr>
    Run instant query.

query range [<flags>] <server> <expr>
    Run range query.
";

/// A refused call: what goes to standard error.
type Refused = String;

pub(super) fn promtool(words: &[String], session: &mut Session<'_, '_>) {
    if let [check, rules, files @ ..] = words
        && check == "check"
        && rules == "rules"
    {
        return check_rules(files, session);
    }
    match ask(words, session) {
        Ok(text) => session.out.stdout.push_str(&text),
        Err(problem) => session.out.fail(problem),
    }
}

fn check_rules(files: &[String], session: &mut Session<'_, '_>) {
    for name in files {
        session.out.print(format!("Checking {name}"));
        let missing = || format!("open {name}: no such file or directory");
        let text = session.workspace.files.get(name).ok_or_else(|| vec![missing()]);
        let read = text.and_then(|text| {
            let told =
                |problems: Vec<Diagnostic>| problems.iter().map(ToString::to_string).collect();
            rules::parse(name, text).map_err(told)
        });
        match read {
            Ok((groups, _)) => {
                let count: usize = groups.iter().map(|group| group.rules.len()).sum();
                session.out.print(format!("  SUCCESS: {count} rules found"));
            }
            Err(problems) => {
                session.out.fail("  FAILED:");
                problems.iter().for_each(|problem| session.out.warn(problem));
            }
        }
        session.out.print("");
    }
}

fn misused(problem: &str) -> Refused {
    format!("promtool: error: {problem}, try --help")
}

fn ask(words: &[String], session: &Session<'_, '_>) -> Result<String, Refused> {
    let (kind, rest) = match words {
        [query, kind, rest @ ..] if query == "query" => (kind.as_str(), rest),
        [query] if query == "query" => {
            return Err(misused("must select a subcommand of 'query'"));
        }
        [other, ..] if other != "query" => {
            return Err(misused(&format!("expected command but got {other:?}")));
        }
        _ => return Ok(USAGE.to_owned()),
    };
    let flags: &[&str] = match kind {
        "instant" => &["time", "format"],
        "range" => &["start", "end", "step", "format"],
        "series" | "labels" => {
            return Err(format!("promtool query {kind} is not simulated; ask with query instant"));
        }
        _ => return Err(misused(&format!("expected command but got {kind:?}"))),
    };
    let call = Call::parse(rest, flags)?;
    let tsdb = &session.world.telemetry.tsdb;
    let text = call.expr.as_str();
    let query = Query::parse(text);
    let now = session.ctx.now;
    let (at, answer) = match kind {
        "instant" => {
            let at = call.moment("time", "evaluation time")?.unwrap_or(now);
            let wrong = |problem| format!("invalid parameter \"query\": {problem}");
            let query = query.map_err(|error| bad_data(&wrong(error.in_text(text))))?;
            (at, query.answer(tsdb, at))
        }
        _ => {
            let end = call.moment("end", "end time")?.unwrap_or(now);
            let start = call.moment("start", "start time")?;
            let start = start.unwrap_or(SimTime::from_micros(end.as_micros() - FIVE_MINUTES));
            if end <= start {
                return Err("start time is not before end time".to_owned());
            }
            let step = call.step(end.since(start))?;
            let query = query.map_err(|error| bad_data(&error.in_text(text)))?;
            query.check_range(start, end, step).map_err(|error| bad_data(&error.message))?;
            (end, query.evaluate_range(tsdb, start, end, step).map(Value::Matrix))
        }
    };
    let answer = answer.map_err(|error| format!("query error: execution: {}", error.message))?;
    Ok(match call.is_json() {
        true => answer.result_json(at) + "\n",
        false => answer.to_lines(at),
    })
}

/// How long a range is if nothing is said, in microseconds.
const FIVE_MINUTES: i64 = 300_000_000;

fn bad_data(problem: &str) -> Refused {
    format!("query error: bad_data: {problem}")
}

/// Flags and arguments of a query.
struct Call {
    flags: Vec<(String, String)>,
    expr: String,
}

impl Call {
    fn parse(words: &[String], known: &[&str]) -> Result<Self, Refused> {
        let (mut flags, mut arguments) = (Vec::new(), Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let long = word.strip_prefix("--").map(|flag| match flag.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (flag, None),
            });
            let (name, value) = match (long, word.strip_prefix("-o")) {
                (Some(flag), _) => flag,
                (None, Some("")) => ("format", None),
                (None, Some(value)) => ("format", Some(value.to_owned())),
                (None, None) => {
                    arguments.push(word.clone());
                    continue;
                }
            };
            if !known.contains(&name) {
                return Err(misused(&format!("unknown long flag '--{name}'")));
            }
            let value = value.or_else(|| words.next().cloned());
            let missing = || misused(&format!("expected argument for flag '--{name}'"));
            flags.push((name.to_owned(), value.ok_or_else(missing)?));
        }
        let mut arguments = arguments.into_iter();
        let mut next = |name: &str| {
            arguments
                .next()
                .ok_or_else(|| misused(&format!("required argument '{name}' not provided")))
        };
        let (server, expr) = (next("server")?, next("expr")?);
        if let Some(more) = arguments.next() {
            return Err(misused(&format!("unexpected {more}")));
        }
        if !server.starts_with("http://") && !server.starts_with("https://") {
            let scheme = server.split(':').next().unwrap_or_default();
            return Err(format!(
                "query error: Post {server:?}: unsupported protocol scheme {scheme:?}"
            ));
        }
        Ok(Self { flags, expr })
    }

    fn flag(&self, name: &str) -> Option<&str> {
        let last = self.flags.iter().rfind(|(own, _)| own == name);
        last.map(|(_, value)| value.as_str())
    }

    fn is_json(&self) -> bool {
        self.flag("format") == Some("json")
    }

    fn moment(&self, flag: &str, what: &str) -> Result<Option<SimTime>, Refused> {
        let Some(text) = self.flag(flag) else { return Ok(None) };
        let seconds = text.parse().ok().filter(|secs: &f64| secs.abs() < 1e9);
        let seconds = seconds.map(|secs| SimTime::from_micros(libm::round(secs * 1e6) as i64));
        let wrong = || format!("error parsing {what}: cannot parse {text:?} to a valid timestamp");
        seconds.or_else(|| age::parse_timestamp(text)).ok_or_else(wrong).map(Some)
    }

    /// The step; a 250th of the range if nothing is said.
    fn step(&self, range: SimDuration) -> Result<SimDuration, Refused> {
        let Some(text) = self.flag("step") else {
            let secs = range.as_micros() / 250_000_000;
            return Ok(SimDuration::from_secs(secs.max(1)));
        };
        let wrong = || misused(&format!("time: invalid duration {text:?}"));
        crate::manifest::amount::duration(text).ok_or_else(wrong)
    }
}
