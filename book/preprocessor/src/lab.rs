//! `{{#lab}}`: a live lab, and what a reader without JavaScript sees in its place.

use sim_core::scenario::Scenario;

use crate::directive::Directive;
use crate::expand::{Arguments, Problem};
use crate::figure;
use crate::html::{escape, from_markdown};
use crate::run::{RunKey, Runs, log_named};

/// The log whose run the static picture shows, if the scenario has it.
const SHOWN: &str = "reference";

/// Requests a second by the version that answered, failures apart: what a lab is about.
const REQUESTS: &str = concat!(
    "sum by (destination_version) (rate(istio_requests_total{",
    "reporter=\"source\",response_code!~\"5..\"}[30s]))"
);
const FAILURES: &str =
    "sum(rate(istio_requests_total{reporter=\"source\",response_code=~\"5..\"}[30s]))";

pub(crate) fn expand(directive: &Directive, runs: &mut Runs<'_>) -> Result<String, Problem> {
    let mut arguments = Arguments::of(directive);
    let key = RunKey::read(&mut arguments)?;
    let front = arguments.option("front").unwrap_or_else(|| "terminal".into());
    if !["terminal", "task"].contains(&front.as_str()) {
        let help = "write front=task to open with the brief, or leave it out";
        return Err(Problem::new(format!("`{front}` cannot be in front"), help));
    }
    arguments.finish()?;
    let scenario = runs.scenario(&key.scenario)?;
    if let Some(log) = &key.log {
        log_named(&scenario, log)?;
    }
    let RunKey { scenario: name, seed, .. } = &key;
    let bundle = bundle(&scenario);
    let mut data = format!(
        "data-bundle=\"{bundle}\" data-scenario=\"{name}\" data-seed=\"{seed}\" data-front=\"{front}\""
    );
    if let Some(log) = &key.log {
        data.push_str(&format!(" data-log=\"{}\"", escape(log)));
    }
    let about = from_markdown(first_paragraph(&scenario.brief));
    let title = escape(&scenario.title);
    let picture = if scenario.solutions.contains_key(SHOWN) {
        let log = Some(key.log.clone().unwrap_or_else(|| SHOWN.to_owned()));
        let queries = [(Some("failed".into()), FAILURES.into()), (None, REQUESTS.into())];
        let shown = RunKey { log, ..key };
        figure::draw(&figure::Wanted::requests(&shown, &queries), runs)?
    } else {
        String::new()
    };
    let note = "The live lab needs JavaScript. This is how one run of it went.";
    Ok(format!(
        "<div class=\"cutover-lab\" {data}>\n<h3>{title}</h3>\n<p>{about}</p>\n<p><em class=\"cutover-lab-note\">{note}</em></p>\n\
         {picture}\n</div>"
    ))
}

/// The bundle that runs a scenario: most scenarios need neither SQL nor anything installed.
fn bundle(scenario: &Scenario) -> &'static str {
    let is_plain = scenario.database.schema.is_none() && scenario.addons.is_empty();
    if is_plain { "lab" } else { "lab-full" }
}

/// The first paragraph of a Markdown text, headings skipped.
fn first_paragraph(brief: &str) -> &str {
    let paragraphs = brief.split("\n\n").map(str::trim);
    paragraphs.into_iter().find(|text| !text.is_empty() && !text.starts_with('#')).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_paragraph_skips_headings() {
        assert_eq!(first_paragraph("# Title\n\nOne.\nStill one.\n\nTwo."), "One.\nStill one.");
        assert_eq!(first_paragraph("# Title"), "");
    }
}
