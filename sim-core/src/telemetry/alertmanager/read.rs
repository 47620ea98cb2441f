//! `alertmanager.yml`, in the words of Alertmanager 0.27 where it has them.

use std::collections::BTreeSet;

use regex::Regex;

use super::config::{Config, Integration, Matcher, Receiver, Route};
use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::suggest;
use crate::manifest::yaml;
use crate::telemetry::promql;
use crate::telemetry::re2;
use crate::time::SimDuration;

/// Most integrations of a receiver.
const INTEGRATIONS_MAX: usize = 20;
/// Most matchers of a route.
const MATCHERS_MAX: usize = 50;
/// Most routes of a file.
const ROUTES_MAX: usize = 200;
/// Deepest route.
const DEPTH_MAX: usize = 20;
/// Stands for all labels in `group_by`.
const ALL_LABELS: &str = "...";

/// Keys by the part that has them. Those after the bar have no effect here.
const FILE: &str =
    "route receivers | global inhibit_rules templates mute_time_intervals time_intervals";
const ROUTE: &str = "receiver group_by group_wait group_interval repeat_interval matchers match match_re \
                     continue routes | mute_time_intervals active_time_intervals";

/// Integrations that a receiver can have, and whether they tell of what is resolved unless told otherwise.
const INTEGRATIONS: [(&str, bool); 15] = [
    ("discord", true),
    ("email", false),
    ("jira", true),
    ("msteams", true),
    ("opsgenie", true),
    ("pagerduty", true),
    ("pushover", true),
    ("rocketchat", true),
    ("slack", false),
    ("sns", true),
    ("telegram", true),
    ("victorops", true),
    ("webex", true),
    ("webhook", true),
    ("wechat", false),
];

/// What a file says, and notes on what has no effect.
///
/// # Errors
///
/// Everything that is wrong with it.
pub(super) fn parse(file: &str, text: &str) -> Result<(Config, Vec<Diagnostic>), Vec<Diagnostic>> {
    let documents = yaml::parse(file, text).map_err(|fault| vec![fault])?;
    let mut findings = Findings::new(file);
    let Some(document) = documents.first() else {
        findings.fix(Position { line: 1, column: 1 }, "no route provided in config", HELP);
        return Err(findings.split().0);
    };
    let root = Cursor::root(document);
    check_keys(&root, FILE, &mut findings);
    let receivers = receivers(&root, &mut findings);
    let mut config = Config { routes: Vec::new(), receivers };
    match root.get("route") {
        None => findings.fix(root.position(), "no route provided in config", HELP),
        Some(route) => {
            for key in ["matchers", "match", "match_re"] {
                if let Some(cursor) = route.get(key) {
                    findings.error(cursor.position(), "root route must not have any matchers");
                }
            }
            if route.get("receiver").is_none() {
                findings.fix(route.position(), "root route must specify a default receiver", HELP);
            }
            read_route((&route, 0), &Route::default(), &mut config, &mut findings);
        }
    }
    let (errors, notes) = findings.split();
    if errors.is_empty() { Ok((config, notes)) } else { Err(errors) }
}

const HELP: &str = "write route: { receiver: on-call } and receivers: [{ name: on-call }]";

fn check_keys(cursor: &Cursor<'_>, keys: &str, findings: &mut Findings) {
    let (known, idle) = keys.split_once(" | ").unwrap_or((keys, ""));
    let has = |list: &str, name: &str| list.split_whitespace().any(|key| key == name);
    for (key, _) in cursor.entries() {
        if has(idle, &key.text) {
            findings.note(key.position, format!("not modelled: {}", key.text));
        } else if !has(known, &key.text) {
            let message = format!("field {} not found", key.text);
            let names = known.split_whitespace();
            let help = suggest::did_you_mean(&key.text, names.clone()).unwrap_or_else(|| {
                format!("write one of {}", names.collect::<Vec<_>>().join(", "))
            });
            findings.fix(key.position, message, help);
        }
    }
}

fn receivers(root: &Cursor<'_>, findings: &mut Findings) -> Vec<Receiver> {
    let mut receivers: Vec<Receiver> = Vec::new();
    for cursor in root.list("receivers") {
        let name = cursor.text("name").unwrap_or_default().to_owned();
        if name.is_empty() {
            findings.fix(cursor.position(), "missing name in receiver", "write name: on-call");
        }
        if receivers.iter().any(|one| one.name == name) {
            let message = format!("notification config name {name:?} is not unique");
            findings.error(cursor.position(), message);
        }
        let mut integrations = Vec::new();
        for (key, list) in cursor.entries().into_iter().filter(|(key, _)| key.text != "name") {
            let kind = key.text.strip_suffix("_configs").unwrap_or_default();
            let Some(&(kind, tells)) = INTEGRATIONS.iter().find(|(known, _)| *known == kind) else {
                let message = format!("field {} not found", key.text);
                findings.fix(key.position, message, "write such as pagerduty_configs: [{}]");
                continue;
            };
            integrations.extend(list.items().iter().map(|one| {
                let said = one.get("send_resolved").is_some();
                let tells_resolved = if said { one.flag("send_resolved") } else { tells };
                Integration { kind, tells_resolved }
            }));
        }
        if INTEGRATIONS_MAX < integrations.len() {
            let message = format!("a receiver has more than {INTEGRATIONS_MAX} integrations");
            findings.error(cursor.position(), message);
        }
        receivers.push(Receiver { name, integrations });
    }
    receivers
}

/// Reads a route and those below it; gives its place.
fn read_route(
    (cursor, depth): (&Cursor<'_>, usize),
    parent: &Route,
    config: &mut Config,
    findings: &mut Findings,
) -> Option<usize> {
    if ROUTES_MAX <= config.routes.len() || DEPTH_MAX < depth {
        let message =
            format!("more than {ROUTES_MAX} routes, or more than {DEPTH_MAX} in each other");
        findings.error(cursor.position(), message);
        return None;
    }
    check_keys(cursor, ROUTE, findings);
    let mut route = Route {
        matchers: matchers(cursor, findings),
        goes_on: cursor.flag("continue"),
        children: Vec::new(),
        ..parent.clone()
    };
    if let Some(name) = cursor.get("receiver") {
        let text = name.node.as_str().unwrap_or_default();
        match config.receivers.iter().position(|one| one.name == text) {
            Some(place) => route.receiver = place,
            None => {
                let message = format!("undefined receiver {text:?} used in route");
                let names = config.receivers.iter().map(|one| one.name.as_str());
                let help = suggest::did_you_mean(text, names)
                    .unwrap_or_else(|| format!("add it to receivers: - name: {text}"));
                findings.fix(name.position(), message, help);
            }
        }
    }
    if cursor.get("group_by").is_some() {
        let by: BTreeSet<String> = cursor.texts("group_by").into_iter().collect();
        route.group_by = (!by.contains(ALL_LABELS)).then_some(by);
    }
    for (key, length) in [
        ("group_wait", &mut route.group_wait),
        ("group_interval", &mut route.group_interval),
        ("repeat_interval", &mut route.repeat_interval),
    ] {
        let Some(value) = cursor.get(key) else { continue };
        let read = value.node.as_str().and_then(promql::duration);
        // Oftener than each second it would write nothing but notifications.
        let least = if key == "group_wait" { SimDuration::ZERO } else { SimDuration::from_secs(1) };
        match read.filter(|length| least <= *length) {
            Some(read) => *length = read,
            None => {
                let message = format!("{key}: not a valid duration string, or below a second");
                findings.fix(value.position(), message, "write a duration such as 30s or 5m");
            }
        }
    }
    let place = config.routes.len();
    config.routes.push(route.clone());
    for child in cursor.list("routes") {
        let child = read_route((&child, depth + 1), &route, config, findings);
        config.routes[place].children.extend(child);
    }
    Some(place)
}

fn matchers(route: &Cursor<'_>, findings: &mut Findings) -> Vec<Matcher> {
    let mut all = Vec::new();
    for cursor in route.list("matchers") {
        let text = cursor.node.as_str().unwrap_or_default();
        match parse_matchers(text) {
            Ok(matchers) => all.extend(matchers),
            Err(problem) => {
                findings.fix(
                    cursor.position(),
                    problem,
                    "write a matcher such as severity=\"page\"",
                );
            }
        }
    }
    if MATCHERS_MAX < all.len() {
        let message = format!("a route has more than {MATCHERS_MAX} matchers");
        findings.error(route.position(), message);
    }
    for (key, is_pattern) in [("match", false), ("match_re", true)] {
        for (label, value) in route.labels(key) {
            let pattern = if is_pattern { value } else { regex::escape(&value) };
            match anchored(&pattern) {
                Ok(pattern) => all.push(Matcher { label, pattern, wanted: true }),
                Err(problem) => findings.error(route.position(), problem),
            }
        }
    }
    all
}

/// `severity="page"`, `{team=~"a|b", level!=info}`; quotes and braces may be left out (`labels.ParseMatchers`).
fn parse_matchers(text: &str) -> Result<Vec<Matcher>, String> {
    let inner = text.trim();
    let inner = inner.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inner);
    let (mut quoted, mut escaped) = (false, false);
    let parts = inner.split(|character: char| {
        let parts = character == ',' && !quoted;
        quoted ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        parts
    });
    parts.filter(|part| !part.trim().is_empty()).map(matcher).collect()
}

fn matcher(text: &str) -> Result<Matcher, String> {
    let bad = || format!("bad matcher format: {text}");
    let place = text.find(['=', '!']).ok_or_else(bad)?;
    let (label, rest) = text.split_at(place);
    let operators =
        [("=~", true, true), ("!~", false, true), ("!=", false, false), ("=", true, false)];
    let (sign, wanted, is_pattern) =
        operators.into_iter().find(|(sign, ..)| rest.starts_with(sign)).ok_or_else(bad)?;
    let label = label.trim();
    if !promql::is_label_name(label) {
        return Err(bad());
    }
    let value = unquoted(rest[sign.len()..].trim())?;
    let pattern = if is_pattern { value } else { regex::escape(&value) };
    Ok(Matcher { label: label.to_owned(), pattern: anchored(&pattern)?, wanted })
}

/// A value without its quotes and escapes.
fn unquoted(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let (mut value, mut escaped) = (String::new(), false);
    for character in inner.chars() {
        match character {
            'n' if escaped => value.push('\n'),
            '"' | '\\' if escaped => value.push(character),
            _ if escaped => value.extend(['\\', character]),
            '\\' => {
                escaped = true;
                continue;
            }
            '"' => return Err(format!("matcher value contains unescaped double quote: {text}")),
            _ => value.push(character),
        }
        escaped = false;
    }
    Ok(value)
}

fn anchored(pattern: &str) -> Result<Regex, String> {
    re2::whole(pattern).map_err(|_| format!("bad regular expression: {pattern}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::labels::Labels;

    const TREE: &str = "\
route:
  receiver: tickets
  group_by: [alertname]
  group_wait: 10s
  routes:
    - matchers: [severity=\"page\"]
      receiver: on-call
      continue: true
      group_by: ['...']
    - matchers: ['team=~\"shop|cart\"', severity != info]
      receiver: shop
      repeat_interval: 1h
    - match: { severity: page }
      receiver: audit
receivers:
  - name: tickets
    email_configs: [{ to: a@example.com }]
  - name: on-call
    pagerduty_configs: [{ routing_key: x }]
    slack_configs: [{ send_resolved: true }]
  - name: shop
  - name: audit
inhibit_rules: []
";

    fn taken(config: &Config, labels: &[(&str, &str)]) -> String {
        let routes = config.routes_of(&Labels::new(labels.iter().copied()));
        let name = |route: usize| config.receivers[config.routes[route].receiver].name.clone();
        routes.into_iter().map(name).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_alert_takes_the_deepest_routes_that_match_prom_08() {
        let (config, notes) = parse("alertmanager.yml", TREE).expect("a configuration");
        assert_eq!(notes.len(), 1, "{notes:?}");
        assert_eq!(notes[0].message, "not modelled: inhibit_rules");
        assert_eq!(taken(&config, &[("severity", "ticket")]), "tickets");
        assert_eq!(taken(&config, &[("severity", "page")]), "on-call audit");
        assert_eq!(taken(&config, &[("severity", "page"), ("team", "cart")]), "on-call shop");
        assert_eq!(taken(&config, &[("severity", "info"), ("team", "shop")]), "tickets");
        assert_eq!(taken(&config, &[("team", "shopping")]), "tickets");
    }

    #[test]
    fn a_route_inherits_what_it_does_not_say_prom_08() {
        let (config, _) = parse("alertmanager.yml", TREE).expect("a configuration");
        let alert = Labels::new([("alertname", "A"), ("severity", "page")]);
        assert_eq!(config.routes[0].group_of(&alert).to_string(), "{alertname=\"A\"}");
        assert_eq!(config.routes[1].group_of(&alert), alert);
        assert_eq!(config.routes[2].group_of(&alert).to_string(), "{alertname=\"A\"}");
        assert_eq!(config.routes[2].group_wait, SimDuration::from_secs(10));
        assert_eq!(config.routes[2].repeat_interval, SimDuration::from_secs(3_600));
        let resolved = |receiver: usize| {
            let all = config.receivers[receiver].integrations.iter();
            all.map(|one| (one.kind, one.tells_resolved)).collect::<Vec<_>>()
        };
        assert_eq!(resolved(0), [("email", false)]);
        assert_eq!(resolved(1), [("pagerduty", true), ("slack", true)]);
    }

    #[test]
    fn a_text_may_hold_several_matchers() {
        let fits = |text: &str, labels: &[(&str, &str)]| {
            let labels = Labels::new(labels.iter().copied());
            parse_matchers(text)
                .expect(text)
                .iter()
                .all(|one| one.pattern.is_match(labels.get(&one.label)) == one.wanted)
        };
        let both = r#"severity="page", alertname=~"First|Second""#;
        assert!(fits(both, &[("severity", "page"), ("alertname", "Second")]));
        assert!(!fits(both, &[("severity", "page"), ("alertname", "Third")]));
        assert!(fits(r#"{severity="page"}"#, &[("severity", "page")]));
        assert!(fits(r#"text="a, \"b\"""#, &[("text", "a, \"b\"")]));
        assert!(fits("severity!=info", &[]));
        let wrong = parse_matchers(r#"a="b"c""#).expect_err("a quote");
        assert!(wrong.starts_with("matcher value contains unescaped double quote"), "{wrong}");
    }

    #[test]
    fn what_would_never_end_is_refused() {
        let told = |text: &str| {
            let problems = parse("alertmanager.yml", text).expect_err("it is refused");
            problems.into_iter().map(|one| one.message).collect::<Vec<_>>().join("; ")
        };
        let often = "route: { receiver: a, group_interval: 1ms }\nreceivers: [{ name: a }]\n";
        assert!(
            told(often).contains("group_interval: not a valid duration string, or below a second")
        );
        let many = format!(
            "route: {{ receiver: a }}\nreceivers: [{{ name: a, webhook_configs: [{}] }}]\n",
            "{},".repeat(21)
        );
        assert!(told(&many).contains("more than 20 integrations"));
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        let rows = [
            ("", "no route provided in config"),
            ("receivers: []\n", "no route provided in config"),
            ("route: {}\nreceivers: [{ name: a }]\n", "root route must specify a default receiver"),
            (
                "route: { receiver: b }\nreceivers: [{ name: a }]\n",
                "undefined receiver \"b\" used in route",
            ),
            (
                "route: { receiver: a, match: { b: c } }\nreceivers: [{ name: a }]\n",
                "root route must not have any matchers",
            ),
            (
                "route: { receiver: a, group_wait: soon }\nreceivers: [{ name: a }]\n",
                "group_wait: not a valid duration string, or below a second",
            ),
            (
                "route: { receiver: a }\nreceivers: [{ name: a }, { name: a }]\n",
                "notification config name \"a\" is not unique",
            ),
            (
                "route: { receiver: a, group: x }\nreceivers: [{ name: a }]\n",
                "field group not found",
            ),
            (
                "route: { receiver: a, routes: [{ matchers: [a] }] }\nreceivers: [{ name: a }]\n",
                "bad matcher format: a",
            ),
            (
                "route: { receiver: a, routes: [{ matchers: ['a=~\"(\"'] }] }\nreceivers: [{ name: a }]\n",
                "bad regular expression: (",
            ),
            (
                "receivers: [{ name: a, fax_configs: [{}] }]\nroute: { receiver: a }\n",
                "field fax_configs not found",
            ),
        ];
        for (text, expected) in rows {
            let problems = parse("alertmanager.yml", text).expect_err(text);
            assert!(problems.iter().any(|one| one.message == expected), "{text}: {problems:?}");
        }
    }
}
