//! `traffic:` of a scenario.

use crate::manifest::amount;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::scenario::direct;
use crate::scenario::read::{duration, method_and_path, number, out_of_range, range, said};
use crate::scenario::{Population, RequestKind, Way};
use crate::time::SimDuration;

/// Most arrivals per second of one population, also while faults multiply them.
pub(crate) const MAX_RATE: f64 = 100_000.0;
/// Most populations: each has lanes of its own among the events.
const POPULATIONS_MAX: usize = 100;
/// Most kinds of requests of all populations.
const REQUEST_KINDS_MAX: usize = 10_000;
/// Most pods of all populations of callers that have sidecars.
const SIDECARS_MAX: usize = 200;

/// Of how many of something a population is.
type Measure = fn(&Population) -> usize;

pub(super) fn traffic(root: &Cursor<'_>, findings: &mut Findings) -> Vec<Population> {
    let mut populations: Vec<Population> = Vec::new();
    for cursor in root.list("traffic") {
        let population = population(&cursor, findings);
        if populations.iter().any(|other| other.name == population.name) {
            let message = format!("there are two populations named {:?}", population.name);
            findings.error(cursor.position(), message);
        }
        let limits: [(Measure, usize, &str); 3] = [
            (|_| 1, POPULATIONS_MAX, "populations"),
            (|one| one.requests.len(), REQUEST_KINDS_MAX, "kinds of requests"),
            (callers, SIDECARS_MAX, "pods that call by a sidecar"),
        ];
        for (count, most, what) in limits {
            let before: usize = populations.iter().map(count).sum();
            if (before..before + count(&population)).contains(&most) {
                let message = format!("there are more than {most} {what}");
                findings.error(cursor.position(), message);
            }
        }
        populations.push(population);
    }
    populations
}

/// Pods of a population that have sidecars.
fn callers(population: &Population) -> usize {
    match &population.way {
        Way::Sidecar(calls) => usize::from(calls.pods),
        Way::Gateway | Way::Direct(_) => 0,
    }
}

fn population(cursor: &Cursor<'_>, findings: &mut Findings) -> Population {
    let arrivals = cursor.get("arrivals");
    let rate = arrivals.as_ref().and_then(|arrivals| arrivals.text("poisson"));
    let rate = rate.and_then(amount::rate).unwrap_or(1.0);
    if let (Some(arrivals), true) = (&arrivals, rate <= 0.0 || MAX_RATE < rate) {
        let cursor = arrivals.get("poisson").unwrap_or_else(|| arrivals.clone());
        out_of_range(&cursor, "above 0/s, at most 100000/s", findings);
    }
    let requests = cursor.list("requests");
    if let (Some(list), true) = (cursor.get("requests"), requests.is_empty()) {
        findings.fix(list.position(), format!("{} is empty", list.path), "add - get: /path");
    }
    let mut request = |cursor: &Cursor<'_>| {
        let (method, path) = method_and_path(cursor, findings);
        let share = number(cursor, "share", 1.0, (1e-6, 1e9), findings);
        let headers = cursor.labels("headers").into_iter();
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value)).collect();
        RequestKind { method, path, share, headers }
    };
    let requests = requests.iter().map(&mut request).collect();
    let (millis, secs) = (SimDuration::from_millis, SimDuration::from_secs);
    let (mut timeout, mut retries, mut back_off) = (secs(3), 0, (millis(500), secs(1)));
    if let Some(client) = cursor.get("client") {
        timeout = duration(&client, "timeout", timeout, findings);
        retries = client.count("retries").unwrap_or(0);
        back_off = range(&client, "back-off", back_off, findings);
    }
    let way = direct::read(cursor, findings);
    let host = match (way.service(), cursor.get("host")) {
        (Some(service), None) => service.to_owned(),
        (None, None) => {
            let message = format!("{} is missing", cursor.path_to("host"));
            findings.fix(cursor.position(), message, "write the host they ask for");
            String::new()
        }
        (_, Some(_)) => said(cursor, "host", findings).to_owned(),
    };
    let name = said(cursor, "name", findings).to_owned();
    let on_demand = cursor.flag("on-demand");
    Population { name, rate, on_demand, way, host, requests, timeout, retries, back_off }
}
