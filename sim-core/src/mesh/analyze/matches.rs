//! IST0130 and IST0131: rules and matches that earlier ones have taken (IST-01).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::spec::Labels;
use crate::manifest::read::Cursor;
use crate::mesh::analyze::resource::Resource;
use crate::mesh::analyze::{Code, Message, Report};

/// `#2`, or the name in quotes.
fn label(cursor: &Cursor<'_>, index: usize) -> String {
    match cursor.text("name").filter(|name| !name.is_empty()) {
        Some(name) => format!("{name:?}"),
        None => format!("#{index}"),
    }
}

pub(super) fn analyze(resource: &Resource, report: &mut Report) {
    let Some(spec) = resource.spec() else { return };
    let prefixes = analyze_rules(resource, &spec.list("http"), report);
    analyze_prefixes(resource, &prefixes, report);
    analyze_rules(resource, &spec.list("tcp"), report);
    analyze_rules(resource, &spec.list("tls"), report);
}

fn unreachable(resource: &Resource, rule: &str, reason: &str, report: &mut Report) {
    let text = format!("VirtualService rule {rule} not used ({reason}).");
    report.add(Message::new(Code::VirtualServiceUnreachableRule, resource, text));
}

fn ineffective(resource: &Resource, rule: &str, entry: &str, by: &str, report: &mut Report) {
    let text = format!(
        "VirtualService rule {rule} match {entry} is not used (duplicate/overlapping match in rule \
         {by})."
    );
    report.add(Message::new(Code::VirtualServiceIneffectiveMatch, resource, text));
}

/// Equal matches, and rules behind one that takes everything. Gives back the matches by prefix.
fn analyze_rules(resource: &Resource, rules: &[Cursor<'_>], report: &mut Report) -> Vec<Prefix> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut catch_all = false;
    let mut prefixes = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let (name, entries) = (label(rule, index), rule.list("match"));
        if entries.is_empty() {
            if catch_all {
                let reason = "only the last rule can have no matches";
                unreachable(resource, &name, reason, report);
            }
            catch_all = true;
            continue;
        }
        let mut duplicates = 0;
        for (entry_index, entry) in entries.iter().enumerate() {
            if catch_all {
                unreachable(resource, &name, "route without matches defined before", report);
                continue;
            }
            let entry_name = label(entry, entry_index);
            let key = content(entry);
            if let Some(&first) = seen.get(&key) {
                let by = label(&rules[first], first);
                ineffective(resource, &name, &entry_name, &by, report);
                duplicates += 1;
                continue;
            }
            seen.insert(key, index);
            prefixes.extend(Prefix::read(entry, &name, entry_name));
        }
        if duplicates == entries.len() {
            unreachable(resource, &name, "all matches used by prior rules", report);
        }
    }
    prefixes
}

/// What a match asks for, without its name.
fn content(entry: &Cursor<'_>) -> String {
    let mut json = entry.node.to_json();
    if let Value::Object(fields) = &mut json {
        fields.remove("name");
    }
    json.to_string()
}

/// A match by the beginning of the path, as far as Istio compares two of them.
#[derive(Clone, Debug)]
struct Prefix {
    rule: String,
    entry: String,
    prefix: String,
    port: i64,
    method: String,
    authority: String,
    maps: [Labels; 3],
}

impl Prefix {
    fn read(entry: &Cursor<'_>, rule: &str, name: String) -> Option<Self> {
        let prefix = entry.get("uri")?.text("prefix").filter(|prefix| !prefix.is_empty())?;
        let wanted =
            |key: &str| entry.get(key).map(|cursor| condition(&cursor)).unwrap_or_default();
        let map = |key: &str| -> Labels {
            let entries = entry.get(key).map(|map| map.entries()).unwrap_or_default();
            entries.iter().map(|(key, cursor)| (key.text.clone(), condition(cursor))).collect()
        };
        // A match without a method counts as one for GET here, as in Istio.
        let method = Some(wanted("method")).filter(|method| !method.is_empty());
        Some(Self {
            rule: rule.to_owned(),
            entry: name,
            prefix: prefix.to_owned(),
            port: entry.get("port").and_then(|port| port.number()).unwrap_or(0),
            method: method.unwrap_or_else(|| "exact GET".to_owned()),
            authority: wanted("authority"),
            maps: [map("headers"), map("queryParams"), map("withoutHeaders")],
        })
    }

    /// Whether this match, coming first, takes what the other asks for.
    fn covers(&self, later: &Self) -> bool {
        let maps = self.maps.iter().zip(&later.maps).all(|(own, theirs)| {
            own.len() == theirs.len()
                && own.iter().all(|(key, value)| {
                    theirs.get(key).is_some_and(|other| value.starts_with(other.as_str()))
                })
        });
        later.prefix.starts_with(&self.prefix)
            && later.prefix != self.prefix
            && self.port == later.port
            && self.method.starts_with(&later.method)
            && self.authority.starts_with(&later.authority)
            && maps
    }
}

/// `exact GET`, `prefix /api`; empty for anything else.
fn condition(cursor: &Cursor<'_>) -> String {
    let given = |kind: &str| {
        let text = cursor.text(kind).filter(|text| !text.is_empty())?;
        Some(format!("{kind} {text}"))
    };
    given("exact").or_else(|| given("prefix")).unwrap_or_default()
}

/// A shorter prefix before a longer one.
fn analyze_prefixes(resource: &Resource, prefixes: &[Prefix], report: &mut Report) {
    for (index, first) in prefixes.iter().enumerate() {
        for later in &prefixes[index + 1..] {
            if report.is_full() {
                return;
            }
            if first.covers(later) {
                let entry = format!("{} of prefix {}", later.entry, later.prefix);
                let by = format!("{} of prefix {} on {}", first.entry, first.prefix, first.rule);
                ineffective(resource, &later.rule, &entry, &by, report);
            }
        }
    }
}
