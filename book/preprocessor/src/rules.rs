//! `{{#rules}}`: how faithful the simulator is, rule by rule.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Deserialize;

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::html::escape;
use crate::inputs::Inputs;
use crate::proof::{Proof, Proofs, cited_rules};

/// What `book/rules.toml` says of a rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Rule {
    says: String,
    simplified: Option<String>,
    left_out: Option<String>,
}

impl Rule {
    fn status(&self) -> (&'static str, &'static str, &str) {
        match (&self.left_out, &self.simplified) {
            (Some(reason), _) => ("○", "left out", reason),
            (None, Some(reason)) => ("◐", "simplified", reason),
            (None, None) => ("●", "modelled", ""),
        }
    }
}

/// Prefixes of rules, in the order of the page, and what their rules are about.
const GROUPS: [(&str, &str); 15] = [
    ("K8S", "Kubernetes"),
    ("IST", "Istio and Envoy"),
    ("Q", "Queues"),
    ("PG", "PostgreSQL"),
    ("POOL", "Connection pools"),
    ("EC", "Expand and contract"),
    ("MY", "MySQL"),
    ("FW", "Flyway"),
    ("LQ", "Liquibase"),
    ("ROLL", "Argo Rollouts"),
    ("FLG", "Flagger"),
    ("KRU", "OpenKruise Rollouts"),
    ("CD", "Argo CD and Flux"),
    ("PROM", "Prometheus"),
    ("SLO", "Service levels"),
];

/// Most tests that are named for one rule.
const NAMED: usize = 12;

pub(crate) fn expand(directive: &Directive, inputs: &Inputs) -> Result<String, Problem> {
    Arguments::of(directive).finish()?;
    let rules: BTreeMap<String, Rule> = toml::from_str(&inputs.rules).map_err(|problem| {
        Problem::new(format!("book/rules.toml: {problem}"), "write says, simplified, left-out")
    })?;
    let mut rows: Vec<_> = rules.iter().map(|(id, rule)| (key(id), id, rule)).collect();
    rows.sort_by_key(|(place, ..)| *place);
    let unproved: Vec<&str> = rows
        .iter()
        .filter(|(_, id, rule)| {
            rule.status().1 == "modelled" && proofs(id, &inputs.proofs).is_empty()
        })
        .map(|(_, id, _)| id.as_str())
        .collect();
    if !unproved.is_empty() {
        let message = format!("no test cites {}", unproved.join(", "));
        let help =
            "cite them above their tests, or say in book/rules.toml what is simplified or left out";
        return Err(Problem::new(message, help));
    }
    Ok(table(&rows, &inputs.proofs))
}

/// Prefix and number of a rule, which sort as people count.
fn key(id: &str) -> (usize, u32) {
    let (prefix, number) = id.split_once('-').unwrap_or((id, ""));
    let place = GROUPS.iter().position(|(known, _)| *known == prefix).unwrap_or(GROUPS.len());
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    (place, digits.parse().unwrap_or(0))
}

fn proofs<'p>(id: &str, proofs: &'p Proofs) -> Vec<&'p Proof> {
    cited_rules(id).iter().filter_map(|rule| proofs.get(rule)).flatten().collect()
}

/// A rule's place, its id, and what is said of it.
type Row<'r> = ((usize, u32), &'r String, &'r Rule);

const STATUSES: [&str; 3] = ["modelled", "simplified", "left out"];

fn count(rows: &[Row<'_>]) -> [usize; 3] {
    STATUSES.map(|status| rows.iter().filter(|(.., rule)| rule.status().1 == status).count())
}

/// How many rules and tests each group has.
fn groups(rows: &[Row<'_>], all: &Proofs) -> String {
    let mut html =
        "<div class=\"table-wrapper\"><table class=\"rules-groups\">\n<thead><tr><th>Rules \
         about</th><th>Rules</th><th>modelled</th><th>simplified</th><th>left out</th>\
         <th>Tests</th><th>Judged by</th></tr></thead>\n<tbody>\n"
            .to_owned();
    for group in rows.chunk_by(|one, next| one.0.0 == next.0.0) {
        let (place, id, _) = group[0];
        let prefix = id.split('-').next().unwrap_or_default();
        let name = GROUPS.get(place.0).map_or(prefix, |(_, name)| name);
        let tests: BTreeSet<&Proof> = group.iter().flat_map(|(_, id, _)| proofs(id, all)).collect();
        let judges: BTreeSet<&str> = tests.iter().filter_map(|test| test.judge).collect();
        let judges: Vec<&str> = judges.into_iter().collect();
        let [modelled, simplified, left_out] = count(group);
        let _ = writeln!(
            html,
            "<tr><td>{name} (<code>{prefix}</code>)</td><td>{}</td><td>{modelled}</td>\
             <td>{simplified}</td><td>{left_out}</td><td>{}</td><td>{}</td></tr>",
            group.len(),
            tests.len(),
            judges.join(", ")
        );
    }
    html.push_str("</tbody></table></div>\n");
    html
}

fn table(rows: &[Row<'_>], all: &Proofs) -> String {
    let [modelled, simplified, left_out] = count(rows);
    let mut html = format!(
        "<p class=\"rules-count\">{} rules: {modelled} modelled, {simplified} simplified, {left_out} left \
         out.</p>\n{}<div class=\"table-wrapper\"><table class=\"rules\">\n<thead><tr><th>Rule</th>\
         <th>The real system</th><th>Here</th><th>Proof</th></tr></thead>\n<tbody>\n",
        rows.len(),
        groups(rows, all)
    );
    for (_, id, rule) in rows {
        let (mark, status, reason) = rule.status();
        let anchor = id.to_lowercase();
        let reason =
            if reason.is_empty() { String::new() } else { format!("<br>{}", escape(reason)) };
        let _ = writeln!(
            html,
            "<tr id=\"{anchor}\"><td><code>{id}</code></td><td>{}</td>\
             <td><span aria-hidden=\"true\">{mark}</span> {status}{reason}</td><td>{}</td></tr>",
            escape(&rule.says),
            proof(&proofs(id, all))
        );
    }
    html.push_str("</tbody></table></div>");
    html
}

fn proof(proofs: &[&Proof]) -> String {
    let label = match proofs.len() {
        0 => return String::new(),
        1 => "1 test".to_owned(),
        many => format!("{many} tests"),
    };
    let judges: BTreeSet<&str> = proofs.iter().filter_map(|proof| proof.judge).collect();
    let judges: Vec<&str> = judges.into_iter().collect();
    let label = match judges.is_empty() {
        true => label,
        false => format!("{label}, judged by {}", judges.join(" and ")),
    };
    let (named, more) = proofs.split_at(proofs.len().min(NAMED));
    let mut names: Vec<String> = named.iter().map(|proof| escape(&proof.name)).collect();
    if !more.is_empty() {
        names.push(format!("and {} more", more.len()));
    }
    format!("<details><summary>{label}</summary>{}</details>", names.join("<br>"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expand::expand;
    use crate::run::Runs;

    fn page(rules: &str, tested: &[&str]) -> Result<String, String> {
        let proof = Proof { name: "it holds".to_owned(), judge: Some("Envoy") };
        let proofs =
            tested.iter().map(|rule| ((*rule).to_owned(), [proof.clone()].into())).collect();
        let inputs = Inputs { rules: rules.to_owned(), proofs, ..Inputs::default() };
        let mut runs = Runs::new(&inputs.scenarios);
        let expanded = expand("c.md", "{{#rules}}", &inputs, &mut runs);
        expanded.map_err(|problems| problems[0].to_string())
    }

    #[test]
    fn a_modelled_rule_without_test_fails_the_build() {
        let rules =
            "K8S-01 = { says = \"A & B.\" }\nK8S-02 = { says = \"C.\", left-out = \"D.\" }\n";
        let problem = page(rules, &[]).expect_err("K8S-01 has no test");
        assert!(problem.contains("no test cites K8S-01;"), "{problem}");
        let html = page(rules, &["K8S-01"]).expect("a table");
        assert!(html.contains("2 rules: 1 modelled, 0 simplified, 1 left out."), "{html}");
        assert!(html.contains("A &amp; B."), "{html}");
        assert!(
            html.contains("<summary>1 test, judged by Envoy</summary>it holds</details>"),
            "{html}"
        );
    }

    #[test]
    fn every_group_is_counted() {
        let rules = "K8S-01 = { says = \"A.\" }\nK8S-02 = { says = \"B.\", simplified = \"C.\" }\n\
             SLO-01 = { says = \"D.\", left-out = \"E.\" }\n";
        let html = page(rules, &["K8S-01"]).expect("a table");
        for row in [
            "<td>Kubernetes (<code>K8S</code>)</td><td>2</td><td>1</td><td>1</td><td>0</td><td>1</td>\
             <td>Envoy</td>",
            "<td>Service levels (<code>SLO</code>)</td><td>1</td><td>0</td><td>0</td><td>1</td><td>0</td>\
             <td></td>",
        ] {
            assert!(html.contains(row), "{row}: {html}");
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let problem = page("K8S-01 = { say = \"A.\" }", &[]).expect_err("`say` is no key");
        assert!(problem.contains("unknown field `say`"), "{problem}");
    }

    #[test]
    fn rules_stand_in_the_order_of_their_numbers() {
        let mut ids = ["IST-01", "K8S-100", "Q-01", "K8S-02", "PG-01"];
        ids.sort_by_key(|id| key(id));
        assert_eq!(ids, ["K8S-02", "K8S-100", "IST-01", "Q-01", "PG-01"]);
    }
}
