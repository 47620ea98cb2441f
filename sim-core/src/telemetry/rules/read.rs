//! From the text of a rule file to groups, in the words of `promtool check rules` (2.42).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::alert::{Alerting, Definition};
use super::template::Template;
use super::{Group, Rule, RuleKind};
use crate::diagnostic::{Diagnostic, Position};
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::{self, Node, Value};
use crate::telemetry::promql::{self, Query};
use crate::time::SimDuration;

/// Most rules of a file: each is evaluated again and again.
const RULES_MAX: usize = 1_000;

/// Samples that a rule may touch each time.
const SAMPLES_MAX: u64 = 1_000_000;

/// Fields by the type that Prometheus reads them into. Those after the bar have no effect here.
const FIELDS: [(&str, &str); 3] = [
    ("rulefmt.RuleGroups", "groups"),
    (
        "rulefmt.RuleGroup",
        "name interval rules | limit query_offset labels partial_response_strategy",
    ),
    ("rulefmt.RuleNode", "record alert expr for keep_firing_for labels annotations"),
];

/// The groups of a rule file; what has no effect is noted.
///
/// # Errors
///
/// Everything that is wrong with it.
pub fn parse(file: &str, text: &str) -> Result<(Vec<Group>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let documents = yaml::parse(file, text).map_err(|fault| vec![fault])?;
    let mut findings = Findings::new(file);
    let mut groups = Vec::new();
    for document in &documents {
        let root = Cursor::root(document);
        check_fields(&root, FIELDS[0], &mut findings);
        let file = file.strip_prefix("workspace/").unwrap_or(file);
        groups
            .extend(root.list("groups").iter().map(|group| read_group(file, group, &mut findings)));
    }
    let mut names = BTreeSet::new();
    for (group, cursor) in groups.iter().zip(documents.iter().flat_map(group_nodes)) {
        if !names.insert(group.name.as_str()) {
            let message = format!("groupname: {:?} is repeated in the same file", group.name);
            findings.error(cursor.position, message);
        }
    }
    if RULES_MAX < groups.iter().map(|group| group.rules.len()).sum() {
        findings.error(Position::default(), format!("the file has more than {RULES_MAX} rules"));
    }
    let (errors, notes) = findings.split();
    if errors.is_empty() { Ok((groups, notes)) } else { Err(errors) }
}

fn group_nodes(document: &Node) -> &[Node] {
    match document.get("groups").map(|groups| &groups.value) {
        Some(Value::Seq(nodes)) => nodes,
        _ => &[],
    }
}

fn check_fields(cursor: &Cursor<'_>, (owner, fields): (&str, &str), findings: &mut Findings) {
    let (known, idle) = fields.split_once(" | ").unwrap_or((fields, ""));
    let has = |list: &str, name: &str| list.split(' ').any(|field| field == name);
    for (key, _) in cursor.entries() {
        if has(idle, &key.text) {
            findings.note(key.position, format!("not modelled: {}", key.text));
        } else if !has(known, &key.text) {
            let message = format!("field {} not found in type {owner}", key.text);
            findings.error(key.position, message);
        }
    }
}

/// A length of time as Prometheus writes it: `5m`, `1h30m`.
fn length(owner: &Cursor<'_>, name: &str, findings: &mut Findings) -> Option<SimDuration> {
    let cursor = owner.get(name)?;
    let text = plain(cursor.node);
    let length = promql::duration(&text);
    if length.is_none() {
        let message = format!("not a valid duration string: {text:?}");
        findings.fix(cursor.position(), message, "write a duration such as 5m or 1h30m");
    }
    length
}

/// The text of a scalar, however YAML types it.
fn plain(node: &Node) -> String {
    match node.to_json() {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}

fn read_group(file: &str, group: &Cursor<'_>, findings: &mut Findings) -> Group {
    check_fields(group, FIELDS[1], findings);
    let name = group.get("name").map(|name| plain(name.node)).unwrap_or_default();
    if name.is_empty() {
        findings.error(group.position(), "Groupname must not be empty");
    }
    let interval = length(group, "interval", findings);
    if interval == Some(SimDuration::ZERO) {
        findings.error(group.position(), "interval: a group cannot be evaluated every 0s");
    }
    let rules = group.list("rules");
    let rules = (1..).zip(&rules).filter_map(|(number, rule)| {
        let owner = format!("group {name:?}, rule {number}");
        read_rule(rule, &owner, findings)
    });
    let rules = rules.collect();
    let interval = interval.filter(|length| *length != SimDuration::ZERO);
    Group { file: file.to_owned(), name, interval, rules }
}

fn read_rule(rule: &Cursor<'_>, owner: &str, findings: &mut Findings) -> Option<Rule> {
    check_fields(rule, FIELDS[2], findings);
    let record = rule.get("record").map(|record| plain(record.node)).unwrap_or_default();
    let alert = rule.get("alert").map(|alert| plain(alert.node)).unwrap_or_default();
    let name = if alert.is_empty() { &record } else { &alert };
    let owner = format!("{owner}, {name:?}");
    let place = |field: &str| rule.get(field).map_or(rule.position(), |at| at.position());
    match (record.is_empty(), alert.is_empty()) {
        (true, true) => {
            let message = format!("{owner}: one of 'record' or 'alert' must be set");
            findings.error(rule.position(), message);
        }
        (false, false) => {
            let message = format!("{owner}: only one of 'record' and 'alert' must be set");
            findings.error(place("record"), message);
        }
        (false, true) => {
            for field in ["for", "keep_firing_for", "annotations"] {
                if let Some(cursor) = rule.get(field) {
                    let message = format!("{owner}: invalid field '{field}' in recording rule");
                    findings.error(cursor.position(), message);
                }
            }
            if !promql::is_metric_name(&record) {
                let message = format!("{owner}: invalid recording rule name: {record}");
                findings.error(place("record"), message);
            }
        }
        (true, false) => {}
    }
    let expr = rule.get("expr").map(|expr| plain(expr.node)).unwrap_or_default();
    let query = match Query::parse(&expr).map(|query| query.within(SAMPLES_MAX)) {
        _ if expr.is_empty() => {
            findings.error(rule.position(), format!("{owner}: field 'expr' must be set in rule"));
            return None;
        }
        Ok(query) => query,
        Err(error) => {
            let error = error.in_text(&expr);
            let message = format!("{owner}: could not parse expression: {error}");
            findings.error(place("expr"), message);
            return None;
        }
    };
    let kind = match alert.is_empty() {
        true => {
            let labels = texts(rule, "labels", &owner, findings);
            RuleKind::Recording(Arc::new((record, labels.into_iter().collect())))
        }
        false => RuleKind::Alerting(Alerting::new(Definition {
            name: alert,
            hold: length(rule, "for", findings).unwrap_or_default(),
            keep_firing: length(rule, "keep_firing_for", findings).unwrap_or_default(),
            labels: templates(rule, "labels", &owner, findings),
            annotations: templates(rule, "annotations", &owner, findings),
            written_labels: rule
                .get("labels")
                .map(|map| map.node.to_json().to_string())
                .unwrap_or_default(),
        })),
    };
    Some(Rule { query, kind, problem: None, written: BTreeSet::new() })
}

/// The texts of a map whose keys name labels.
fn texts(
    rule: &Cursor<'_>,
    field: &str,
    owner: &str,
    findings: &mut Findings,
) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for (key, value) in rule.get(field).map(|map| map.entries()).unwrap_or_default() {
        let is_reserved = field == "labels" && key.text == "__name__";
        if !promql::is_label_name(&key.text) || is_reserved {
            let kind = if field == "labels" { "label" } else { "annotation" };
            let message = format!("{owner}: invalid {kind} name: {}", key.text);
            findings.error(key.position, message);
        }
        texts.insert(key.text.clone(), plain(value.node));
    }
    texts
}

fn templates(
    rule: &Cursor<'_>,
    field: &str,
    owner: &str,
    findings: &mut Findings,
) -> Vec<(String, Template)> {
    let kind = if field == "labels" { "label" } else { "annotation" };
    let mut templates = Vec::new();
    for (name, text) in texts(rule, field, owner, findings) {
        match Template::parse(&text) {
            Ok(template) => templates.push((name, template)),
            Err(problem) => {
                let place = rule.get(field).and_then(|map| map.get(&name));
                let position = place.map_or(rule.position(), |value| value.position());
                let message = format!("{owner}: {kind} {name:?}: template: {problem}");
                findings.error(position, message);
            }
        }
    }
    templates
}
