//! Jobs.

use serde_json::Value;

use super::workload::template;
use super::{annotations, field, labels, names, number, selector};
use crate::console::age;

/// A Job.
pub(super) fn job(document: &Value) -> String {
    let mut out = names(document);
    out += &format!("Selector:\t{}\n", selector(document.pointer("/spec/selector/matchLabels")));
    out += &(labels(document) + &annotations(document));
    let spec = &document["spec"];
    let or = |key: &str, none: &str| {
        spec[key].as_i64().map_or_else(|| none.to_owned(), |number| number.to_string())
    };
    out += &format!(
        "Parallelism:\t{}\nCompletions:\t{}\nCompletion Mode:\tNonIndexed\nSuspend:\t{}\nBackoff \
         Limit:\t{}\n",
        or("parallelism", "<unset>"),
        or("completions", "<unset>"),
        spec["suspend"],
        or("backoffLimit", "<unset>"),
    );
    if spec["ttlSecondsAfterFinished"].is_number() {
        out += &format!("TTL Seconds After Finished:\t{}\n", or("ttlSecondsAfterFinished", ""));
    }
    let time = |key: &str| age::parse_timestamp(field(document, &format!("/status/{key}")));
    let (started, completed) = (time("startTime"), time("completionTime"));
    if let Some(started) = started {
        out += &format!("Start Time:\t{}\n", age::rfc1123(started));
    }
    if let Some(completed) = completed {
        out += &format!("Completed At:\t{}\n", age::rfc1123(completed));
    }
    if let (Some(started), Some(completed)) = (started, completed) {
        out += &format!("Duration:\t{}\n", age::human(completed - started));
    }
    if spec["activeDeadlineSeconds"].is_number() {
        out += &format!("Active Deadline Seconds:\t{}s\n", or("activeDeadlineSeconds", ""));
    }
    let count = |key: &str| number(document, &format!("/status/{key}"));
    out += &format!(
        "Pods Statuses:\t{} Active ({} Ready) / {} Succeeded / {} Failed\n",
        count("active"),
        count("ready"),
        count("succeeded"),
        count("failed")
    );
    out + &template(&document["spec"]["template"])
}
