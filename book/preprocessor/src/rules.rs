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
    const ORDER: [&str; 15] = [
        "K8S", "IST", "Q", "PG", "POOL", "EC", "MY", "FW", "LQ", "ROLL", "FLG", "KRU", "CD",
        "PROM", "SLO",
    ];
    let (prefix, number) = id.split_once('-').unwrap_or((id, ""));
    let place = ORDER.iter().position(|known| *known == prefix).unwrap_or(ORDER.len());
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    (place, digits.parse().unwrap_or(0))
}

fn proofs<'p>(id: &str, proofs: &'p Proofs) -> Vec<&'p Proof> {
    cited_rules(id).iter().filter_map(|rule| proofs.get(rule)).flatten().collect()
}

fn table(rows: &[((usize, u32), &String, &Rule)], all: &Proofs) -> String {
    let count = |status| rows.iter().filter(|(.., rule)| rule.status().1 == status).count();
    let mut html = format!(
        "<p class=\"rules-count\">{} rules: {} modelled, {} simplified, {} left out.</p>\n\
         <div class=\"table-wrapper\"><table class=\"rules\">\n<thead><tr><th>Rule</th>\
         <th>The real system</th><th>Here</th><th>Proof</th></tr></thead>\n<tbody>\n",
        rows.len(),
        count("modelled"),
        count("simplified"),
        count("left out")
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
