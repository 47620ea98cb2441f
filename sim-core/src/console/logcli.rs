//! `logcli query|instant-query|labels`: what all pods have written, as Loki's own client shows it.
//!
//! A collector on each node would send the lines to Loki; here the lines are those of the pods that are there,
//! so a pod that has gone has taken its lines along.

use std::collections::BTreeSet;

use serde_json::json;

use crate::console::kubectl::flag::Takes::{Duration, Number, Switch, Text};
use crate::console::kubectl::flag::{Arguments, Flag, flag};
use crate::console::kubectl::logs;
use crate::console::session::Session;
use crate::console::timestamp;
use crate::telemetry::labels::Labels;
use crate::telemetry::logql::{Found, LogQuery, Stream};
use crate::time::{SimDuration, SimTime};
use crate::world::World;

/// What can be asked, for completion.
pub(super) const WORDS: [&str; 3] = ["query", "instant-query", "labels"];

const FLAGS: &[Flag] = &[
    flag("since", None, Duration, "how far back to look; 1h if not given"),
    flag("limit", None, Number, "most lines; 30 if not given"),
    flag("forward", None, Switch, "the oldest first"),
    flag("output", Some('o'), Text, "default, raw or jsonl"),
    flag("quiet", Some('q'), Switch, "no word about the query itself"),
    flag("addr", None, Text, "accepted, without effect"),
];

const USAGE: &str = "\
usage: logcli query [--since=1h] [--limit=30] [--forward] [-o default|raw|jsonl] [-q] 'LOGQL'
       logcli instant-query 'LOGQL'
       logcli labels [NAME]

  logcli query '{version=\"green\"} |= \"ERROR\"'
  logcli instant-query 'sum by (version) (count_over_time({app=\"NAME\"} |= \"ERROR\" [5m]))'
";

pub(super) fn logcli(words: &[String], session: &mut Session<'_, '_>) {
    let arguments = match Arguments::parse(words, &[FLAGS]) {
        Ok(arguments) => arguments,
        Err(problem) => return session.out.fail(format!("logcli: error: {problem}, try --help")),
    };
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    match words[..] {
        [] => session.out.stdout.push_str(USAGE),
        ["query", text] => query(text, &arguments, session),
        ["instant-query", text] => instant(text, session),
        ["labels"] => labels(None, session),
        ["labels", name] => labels(Some(name), session),
        ["query" | "instant-query", ..] => {
            session.out.fail("logcli: error: one query is expected; quote it, try --help");
        }
        [word, ..] => session
            .out
            .fail(format!("logcli: error: expected command but got \"{word}\", try --help")),
    }
}

/// What each container has written, with the labels that a collector would give it.
fn streams(world: &World) -> Vec<Stream> {
    let pods = world.cluster.state.pods.values();
    let containers = pods.flat_map(|pod| (0..pod.containers.len()).map(move |index| (pod, index)));
    let stream = |(pod, index): (_, usize)| {
        let pod: &crate::cluster::pod::Pod = pod;
        let container = pod.template.spec.all().nth(index)?;
        let own = [("namespace", "default"), ("pod", &pod.name), ("container", &container.name)];
        let own = own.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let given = pod.labels.iter().map(|(name, value)| (label_name(name), value.clone()));
        let labels = Labels::new(given.chain(own));
        Some(Stream { labels, lines: logs::written(world, pod, index) })
    };
    containers.filter_map(stream).collect()
}

/// A name as Loki takes it: `pod-template-hash` is `pod_template_hash`.
fn label_name(name: &str) -> String {
    name.replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_'), "_")
}

fn parse(text: &str, session: &mut Session<'_, '_>) -> Option<LogQuery> {
    LogQuery::parse(text)
        .map_err(|mistake| {
            session.out.fail(format!(
                "Query failed: Error response from server: parse error at line 1, col {}: {}",
                mistake.column, mistake.message
            ));
        })
        .ok()
}

fn query(text: &str, arguments: &Arguments, session: &mut Session<'_, '_>) {
    let Some(query) = parse(text, session) else { return };
    let LogQuery::Lines(lines) = query else {
        let hint = "a metric query has a value at a moment; write logcli instant-query";
        return session.out.fail(format!("logcli: error: {hint}"));
    };
    let output = arguments.text("output").unwrap_or("default");
    if !["default", "raw", "jsonl"].contains(&output) {
        let problem = format!("enum value must be one of default,raw,jsonl, got '{output}'");
        return session.out.fail(format!("logcli: error: {problem}, try --help"));
    }
    let streams = streams(session.world);
    let now = session.ctx.now;
    let since = arguments.duration("since").unwrap_or(SimDuration::from_secs(3_600));
    let from = SimTime::from_micros(now.as_micros().saturating_sub_unsigned(since.as_micros()));
    let mut found = lines.between(&streams, from, now);
    let limit = usize::try_from(arguments.number("limit").unwrap_or(30)).unwrap_or(usize::MAX);
    if !arguments.has("forward") {
        found.reverse();
    }
    found.truncate(limit);
    let common = common(&found);
    if !arguments.has("quiet") && !common.is_empty() {
        session.out.warn(format!("Common labels: {common}"));
    }
    for (at, labels, line) in found {
        session.out.print(match output {
            "raw" => line.to_owned(),
            "jsonl" => {
                let labels: serde_json::Map<_, _> =
                    labels.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
                json!({"labels": labels, "line": line, "timestamp": timestamp(at)}).to_string()
            }
            _ => {
                let own = labels.filtered(|name| common.get(name).is_empty());
                format!("{} {own} {line}", timestamp(at))
            }
        });
    }
}

/// The labels that all lines have.
fn common(found: &[Found<'_>]) -> Labels {
    let Some((_, first, _)) = found.first() else { return Labels::default() };
    first.filtered(|name| found.iter().all(|(_, labels, _)| labels.get(name) == first.get(name)))
}

fn instant(text: &str, session: &mut Session<'_, '_>) {
    let Some(query) = parse(text, session) else { return };
    let LogQuery::Count(count) = query else {
        let problem = "log queries are not supported as an instant query type, please change your query to a \
                       range query type";
        return session.out.fail(format!("Query failed: Error response from server: {problem}"));
    };
    let now = session.ctx.now;
    let counts = count.at(&streams(session.world), now);
    let seconds = now.as_secs_f64();
    let samples: Vec<_> = counts
        .iter()
        .map(|(labels, count)| {
            let metric: serde_json::Map<_, _> =
                labels.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            json!({"metric": metric, "value": [seconds, count.to_string()]})
        })
        .collect();
    let text = serde_json::to_string_pretty(&samples).unwrap_or_default();
    session.out.print(text);
}

/// The names of all labels, or the values of one.
fn labels(name: Option<&str>, session: &mut Session<'_, '_>) {
    let streams = streams(session.world);
    let words: BTreeSet<&str> = match name {
        None => streams.iter().flat_map(|one| one.labels.iter().map(|(name, _)| name)).collect(),
        Some(name) => {
            streams.iter().map(|one| one.labels.get(name)).filter(|v| !v.is_empty()).collect()
        }
    };
    for word in words {
        session.out.print(word);
    }
}
