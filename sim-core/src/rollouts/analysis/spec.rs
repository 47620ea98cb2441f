//! What analysis templates and runs ask for (ROLL-40..46).
//!
//! Fields that may hold `{{args.NAME}}` are texts until a measurement is taken.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::manifest::amount;
use crate::rollouts::analysis::condition::Condition;
use crate::time::SimDuration;

/// `spec` of an `AnalysisTemplate`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnalysisSpec {
    /// `metrics`.
    pub metrics: Vec<Metric>,
    /// `args`, with the value if there is one.
    pub args: Vec<(String, Option<String>)>,
    /// `dryRun`: metrics that never count; `*` is all.
    pub dry_run: Vec<String>,
}

/// `spec` of an `AnalysisRun`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AnalysisRunSpec {
    /// What is measured.
    pub analysis: AnalysisSpec,
    /// `terminate`: no more is measured.
    pub terminate: bool,
}

/// One entry of `metrics`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metric {
    /// `name`.
    pub name: String,
    /// `interval`.
    pub interval: Option<String>,
    /// `initialDelay`.
    pub initial_delay: Option<String>,
    /// `count`.
    pub count: Option<String>,
    /// `successCondition`.
    pub success: Option<String>,
    /// `failureCondition`.
    pub failure: Option<String>,
    /// `failureLimit`; 0 if not given, never if it is -1.
    pub failure_limit: Option<String>,
    /// `inconclusiveLimit`; 0 if not given.
    pub inconclusive_limit: Option<String>,
    /// `consecutiveErrorLimit`; 4 if not given.
    pub consecutive_error_limit: Option<String>,
    /// `consecutiveSuccessLimit`; none if not given.
    pub consecutive_success_limit: Option<String>,
    /// `provider`.
    pub provider: Provider,
}

/// Who measures.
#[derive(Clone, Debug, PartialEq)]
pub enum Provider {
    /// `prometheus.query`: the answer is judged by the conditions.
    Prometheus(String),
    /// `job`, with `metadata` and `spec` as they are written: a Job that must succeed.
    Job(Value),
}

impl Default for Provider {
    fn default() -> Self {
        Self::Prometheus(String::new())
    }
}

/// The conditions of a metric whose arguments have been filled in.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) success: Option<Condition>,
    pub(crate) failure: Option<Condition>,
}

/// When a metric is measured, and how much it may fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) interval: Option<SimDuration>,
    pub(crate) initial_delay: SimDuration,
    /// Measurements until it is over; none if it goes on.
    pub(crate) count: Option<i64>,
    pub(crate) failure: i64,
    pub(crate) failure_given: bool,
    pub(crate) inconclusive: i64,
    pub(crate) consecutive_error: i64,
    pub(crate) consecutive_success: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            interval: None,
            initial_delay: SimDuration::ZERO,
            count: Some(1),
            failure: 0,
            failure_given: false,
            inconclusive: 0,
            consecutive_error: 4,
            consecutive_success: 0,
        }
    }
}

/// Values of arguments, by name.
pub(crate) type Arguments = BTreeMap<String, String>;

/// Fills in `{{args.NAME}}`; `Err` names the argument that has no value.
pub(crate) fn fill(text: &str, arguments: &Arguments) -> Result<String, String> {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, from)) = rest.split_once("{{") {
        let Some((inside, after)) = from.split_once("}}") else { break };
        out += before;
        let name = inside.trim().strip_prefix("args.").map(str::trim);
        match name.and_then(|name| arguments.get(name)) {
            Some(value) => out += value,
            None => return Err(format!("failed to resolve {{{{{}}}}}", inside.trim())),
        }
        rest = after;
    }
    Ok(out + rest)
}

/// The same in every text of a document.
pub(crate) fn fill_all(document: &Value, arguments: &Arguments) -> Result<Value, String> {
    Ok(match document {
        Value::String(text) => fill(text, arguments)?.into(),
        Value::Array(list) => {
            let list = list.iter().map(|one| fill_all(one, arguments));
            list.collect::<Result<Vec<_>, _>>()?.into()
        }
        Value::Object(map) => {
            let filled = |(key, value): (&String, &Value)| {
                Ok::<_, String>((key.clone(), fill_all(value, arguments)?))
            };
            Value::Object(map.iter().map(filled).collect::<Result<_, _>>()?)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => document.clone(),
    })
}

/// Whether a text has places for arguments.
pub(crate) fn has_arguments(text: &str) -> bool {
    text.contains("{{")
}

impl Metric {
    /// How the answer is judged.
    pub(crate) fn resolve(&self, arguments: &Arguments) -> Result<Resolved, String> {
        let condition = |text: &Option<String>| match text.as_deref() {
            None | Some("") => Ok(None),
            Some(text) => {
                let text = fill(text, arguments)?;
                Condition::parse(&text).map(Some).map_err(|problem| problem.to_string())
            }
        };
        Ok(Resolved { success: condition(&self.success)?, failure: condition(&self.failure)? })
    }

    /// Its limits; without interval and count it is measured once (ROLL-40).
    pub(crate) fn limits(&self, arguments: &Arguments) -> Result<Limits, String> {
        let filled =
            |text: &Option<String>| text.as_deref().map(|text| fill(text, arguments)).transpose();
        let time = |text: &Option<String>| match filled(text)? {
            None => Ok(None),
            Some(text) => match amount::duration(&text) {
                Some(time) => Ok(Some(time)),
                None => Err(format!("time: invalid duration {text:?}")),
            },
        };
        let number = |text: &Option<String>| match filled(text)? {
            None => Ok(None),
            Some(text) => match text.parse::<i64>() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("strconv.Atoi: parsing {text:?}: invalid syntax")),
            },
        };
        let interval = time(&self.interval)?;
        let count = number(&self.count)?.filter(|count| *count != 0);
        let failure = number(&self.failure_limit)?;
        Ok(Limits {
            interval,
            initial_delay: time(&self.initial_delay)?.unwrap_or_default(),
            count: count.or(interval.is_none().then_some(1)),
            failure: failure.unwrap_or(0),
            failure_given: failure.is_some_and(|limit| 0 <= limit),
            inconclusive: number(&self.inconclusive_limit)?.unwrap_or(0),
            consecutive_error: number(&self.consecutive_error_limit)?.unwrap_or(4),
            consecutive_success: number(&self.consecutive_success_limit)?.unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_filled_in_and_a_missing_one_is_named() {
        let arguments = Arguments::from([("service".to_owned(), "green".to_owned())]);
        let filled = fill("rate(a{v=\"{{args.service}}\"}[1m]) / {{ args.service }}", &arguments);
        assert_eq!(filled.as_deref(), Ok("rate(a{v=\"green\"}[1m]) / green"));
        assert_eq!(
            fill("{{args.other}}", &arguments),
            Err("failed to resolve {{args.other}}".into())
        );
        assert_eq!(fill("sum({{", &arguments).as_deref(), Ok("sum({{"));
    }
}
