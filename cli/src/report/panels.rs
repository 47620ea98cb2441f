//! The charts of the report.

use std::collections::BTreeMap;

use charts::{Area, Line, Panel, Points, Style};
use sim_core::report::is_failure;
use sim_core::simulation::{RangeSeries, Simulation};
use sim_core::time::{SimDuration, SimTime};

use super::samples::{Sample, Samples};
use super::timeline::{self, Entry};

/// Width of the charts: what fits on a printed page at natural size.
const WIDTH: u32 = 680;

/// Most points of a line: more than one every other pixel says nothing.
const POINTS: u64 = 300;

/// Every chart of the report, in reading order.
pub(super) fn all(simulation: &Simulation, samples: &Samples, timeline: &[Entry]) -> Vec<Panel> {
    let marks = timeline::marks(timeline);
    let panel = |title: &str, unit: &str, height| Panel {
        title: title.to_owned(),
        unit: unit.to_owned(),
        width: WIDTH,
        height,
        to_secs: simulation.end().as_secs_f64(),
        marks: marks.clone(),
        ..Panel::default()
    };
    let lines = |of: fn(&Sample) -> &[(String, f64)]| sampled(samples, of);
    vec![
        Panel {
            areas: traffic(simulation),
            ..panel("Requests by version and outcome", "per second", 210)
        },
        Panel { lines: latency(simulation), ..panel("Latency, p50 (thin) and p99", "ms", 190) },
        Panel { lines: lines(|sample| &sample.ready), ..panel("Ready pods", "", 150) },
        Panel {
            lines: lines(|sample| &sample.weights),
            y_max: Some(100.0),
            ..panel("Configured share of traffic", "%", 150)
        },
    ]
}

/// How a version looks and is called in a drawing.
fn look(version: &str) -> (Style, String) {
    match version {
        "blue" => (Style::Blue, "B".to_owned()),
        "green" => (Style::Green, "G".to_owned()),
        other => (Style::Neutral, other.to_owned()),
    }
}

/// Time between two points of a line: whole scrapes.
fn step(simulation: &Simulation) -> SimDuration {
    let scrape = simulation.scenario().timing.scrape.as_micros().max(1);
    let least = simulation.end().since(SimTime::ZERO).as_micros() / POINTS;
    SimDuration::from_micros(least.div_ceil(scrape).max(1) * scrape)
}

/// Requests per second, failures on the ground. Differences of the counters, not `rate()`: that
/// would not see the first value of a series (PROM-04), and so miss a short burst of failures.
fn traffic(simulation: &Simulation) -> Vec<Area> {
    const COUNTERS: &str = "sum by (destination_version, response_code, response_flags) \
                            (istio_requests_total{reporter=\"source\"})";
    let mut failures: BTreeMap<SimTime, f64> = BTreeMap::new();
    let mut answered: BTreeMap<String, BTreeMap<SimTime, f64>> = BTreeMap::new();
    for series in range(simulation, COUNTERS) {
        let label = |name: &str| series.labels.get(name).map_or("", String::as_str);
        let failed =
            is_failure(label("response_code").parse().unwrap_or(0), label("response_flags"));
        let sums = match failed {
            true => &mut failures,
            false => answered.entry(label("destination_version").to_owned()).or_default(),
        };
        for (at, rate) in differences(&series.values) {
            *sums.entry(at).or_insert(0.0) += rate;
        }
    }
    let points = |sums: BTreeMap<SimTime, f64>| -> Points {
        sums.into_iter().map(|(at, rate)| (at.as_secs_f64(), Some(rate))).collect()
    };
    let failed = Area::new("", Style::Bad, points(failures));
    let versions = answered.into_iter().map(|(version, sums)| {
        let (style, label) = look(&version);
        Area::new(label, style, points(sums))
    });
    std::iter::once(failed).chain(versions).collect()
}

/// Growth per second between neighbours; a counter that is not there yet stands at zero.
fn differences(values: &[(SimTime, Option<f64>)]) -> impl Iterator<Item = (SimTime, f64)> {
    values.windows(2).map(|pair| {
        let (from, to) = (pair[0], pair[1]);
        let grown = to.1.unwrap_or(0.0) - from.1.unwrap_or(0.0);
        (to.0, grown.max(0.0) / to.0.since(from.0).as_secs_f64().max(1e-6))
    })
}

fn latency(simulation: &Simulation) -> Vec<Line> {
    let window = step(simulation).as_micros().max(30_000_000) / 1_000_000;
    let quantile = |q: f64| {
        let query = format!(
            "histogram_quantile({q}, sum by (le, destination_version) \
             (rate(istio_request_duration_milliseconds_bucket{{reporter=\"source\"}}[{window}s])))"
        );
        range(simulation, &query).into_iter().filter_map(move |series| {
            let version = series.labels.get("destination_version")?;
            if version == "unknown" {
                return None;
            }
            let (style, label) = look(version);
            let points =
                series.values.iter().map(|(at, value)| (at.as_secs_f64(), *value)).collect();
            let line = Line::new(format!("{label} p{:.0}", q * 100.0), style, points);
            Some(if q < 0.9 { line.thin() } else { line })
        })
    };
    quantile(0.5).chain(quantile(0.99)).collect()
}

/// One line a name, of what was sampled.
fn sampled(samples: &Samples, of: fn(&Sample) -> &[(String, f64)]) -> Vec<Line> {
    let names: Vec<&str> = samples
        .taken
        .iter()
        .flat_map(of)
        .map(|(name, _)| name.as_str())
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect();
    let lines = names.into_iter().map(|name| {
        let points = samples.taken.iter().map(|sample| {
            let value = of(sample).iter().find(|(known, _)| known == name);
            (sample.at, Some(value.map_or(0.0, |(_, value)| *value)))
        });
        let (style, label) = look(name);
        Line::new(label, style, points.collect())
    });
    lines.collect()
}

/// A query over the whole run. The queries here are our own, so a failure is no reason to stop: the
/// chart stays empty.
fn range(simulation: &Simulation, promql: &str) -> Vec<RangeSeries> {
    let (from, to) = (SimTime::ZERO, simulation.now());
    simulation.query_range(promql, from, to, step(simulation)).unwrap_or_default()
}
