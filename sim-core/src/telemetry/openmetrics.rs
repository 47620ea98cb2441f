//! The samples of a run as OpenMetrics, with times, for a real Prometheus:
//! `promtool tsdb create-blocks-from openmetrics FILE FOLDER`.
//!
//! Times are those of the run's calendar, which the console shows too: Prometheus keeps no time before
//! 1970, and a run has samples before its time zero. Two things are lost. The format cannot say that a
//! series has ended: where the run has a stale marker (PROM-02), Prometheus sees the last value for
//! five minutes more. And what is older than [`super::RETENTION`] is no longer there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::control_plane::help;
use super::labels::{Labels, METRIC_NAME};
use super::promql::print::number;
use super::tsdb::{Point, SeriesId, Tsdb};
use crate::console::epoch_millis;

/// What kind of metrics a family is, as its names say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Counter,
    Gauge,
    Histogram,
}

/// The family of a metric, and its type.
fn family(metric: &str, names: &BTreeSet<&str>) -> (String, Type) {
    for suffix in ["_bucket", "_sum", "_count"] {
        if let Some(base) = metric.strip_suffix(suffix)
            && names.contains(format!("{base}_bucket").as_str())
        {
            return (base.to_owned(), Type::Histogram);
        }
    }
    match metric.strip_suffix("_total") {
        Some(base) => (base.to_owned(), Type::Counter),
        None => (metric.to_owned(), Type::Gauge),
    }
}

/// All samples, by family; those of a histogram moment by moment, as the format wants.
pub fn write(tsdb: &Tsdb) -> String {
    let names: BTreeSet<&str> = tsdb.names().collect();
    let mut families: BTreeMap<String, (Type, Vec<SeriesId>)> = BTreeMap::new();
    for name in &names {
        let (base, kind) = family(name, &names);
        families.entry(base).or_insert((kind, Vec::new())).1.extend(tsdb.named(name));
    }
    let mut text = String::new();
    for (name, (kind, series)) in families {
        let word = match kind {
            Type::Counter => "counter",
            Type::Gauge => "gauge",
            Type::Histogram => "histogram",
        };
        let _ = writeln!(text, "# TYPE {name} {word}");
        if let Some(help) = help(&name) {
            let _ = writeln!(text, "# HELP {name} {help}");
        }
        // One histogram is several series that differ in the bound alone.
        let mut metrics: BTreeMap<Labels, Vec<SeriesId>> = BTreeMap::new();
        for id in series {
            let key = tsdb.labels(id).filtered(|name| name != METRIC_NAME && name != "le");
            let key = if kind == Type::Histogram { key } else { tsdb.labels(id).clone() };
            metrics.entry(key).or_default().push(id);
        }
        for series in metrics.values() {
            write_metric(&mut text, tsdb, series);
        }
    }
    text.push_str("# EOF\n");
    text
}

fn write_metric(text: &mut String, tsdb: &Tsdb, series: &[SeriesId]) {
    let mut samples: Vec<(usize, Point)> = Vec::new();
    let mut points = Vec::new();
    for (place, &id) in series.iter().enumerate() {
        tsdb.window(id, i64::MIN, i64::MAX, &mut points);
        samples.extend(points.iter().map(|point| (place, *point)));
    }
    samples.sort_by_key(|(place, point)| (point.millis, *place));
    let names: Vec<String> = series.iter().map(|&id| written(tsdb.labels(id))).collect();
    for (place, point) in samples {
        let millis = epoch_millis(point.at());
        let (secs, part) = (millis / 1_000, millis % 1_000);
        let part = if part == 0 { String::new() } else { format!(".{part:03}") };
        let _ = writeln!(text, "{} {} {secs}{part}", names[place], number(point.value));
    }
}

/// A series with its labels: in this format only backslash, quote and line break are escaped.
fn written(labels: &Labels) -> String {
    let escaped = |(name, value): (&str, &str)| {
        let value = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");
        format!("{name}=\"{value}\"")
    };
    let pairs = labels.iter().filter(|(name, _)| *name != METRIC_NAME);
    let pairs: Vec<String> = pairs.map(escaped).collect();
    let name = labels.get(METRIC_NAME);
    if pairs.is_empty() { name.to_owned() } else { format!("{name}{{{}}}", pairs.join(",")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SimTime;

    #[test]
    fn families_have_types_and_samples_have_times() {
        let mut tsdb = Tsdb::default();
        let mut series = |labels: &[(&str, &str)], samples: &[(i64, f64)]| {
            let id = tsdb.series(Labels::new(labels.iter().copied()));
            for &(millis, value) in samples {
                tsdb.append(id, SimTime::from_micros(millis * 1_000), value);
            }
            tsdb.mark_stale(id, SimTime::from_secs(60));
        };
        let name = |name| (METRIC_NAME, name);
        series(&[name("up"), ("job", "a\"b\\c\nd")], &[(-5_000, 1.0), (1_250, f64::NAN)]);
        series(&[name("h_bucket"), ("le", "+Inf")], &[(0, 1.0), (5_000, 2.0)]);
        series(&[name("h_sum")], &[(0, 0.5), (5_000, 1.5)]);
        series(&[name("seen_total")], &[(0, 7.0)]);
        assert_eq!(
            write(&tsdb),
            r#"# TYPE h histogram
h_bucket{le="+Inf"} 1 1767603600
h_sum 0.5 1767603600
h_bucket{le="+Inf"} 2 1767603605
h_sum 1.5 1767603605
# TYPE seen counter
seen_total 7 1767603600
# TYPE up gauge
# HELP up 1 if the target answered the scrape, 0 if it did not.
up{job="a\"b\\c\nd"} 1 1767603595
up{job="a\"b\\c\nd"} NaN 1767603601.250
# EOF
"#
        );
    }
}
