//! What was measured, in tables.

use std::fmt::Write;

use serde_json::Value;

use crate::bench::{Figure, Figures};

/// Case, yardstick, least ratio that is aimed for.
const RATIOS: [(&str, &str, f64); 3] = [
    ("A engine", "A limit", 0.70),
    ("B world", "B limit", 0.35),
    ("B world, all on", "B limit", 0.20),
];

/// How much longer than native Chromium may take.
const BROWSER_MOST: f64 = 1.4;

/// Cases whose time a learner feels, and the seconds they may take.
const FELT: [(&str, &str, f64); 6] = [
    ("native", "first-cutover, 120/s", 0.3),
    ("native", "12 pods, 30 min", 3.0),
    ("native", "compat, 50 x 4", 0.05),
    ("native", "rate, 10 000 x 1 h", 0.25),
    ("native", "compare, 500/s, 30 min", 30.0),
    ("Chromium", "dashboard, 30 min", 0.15),
];

/// Cases whose time in a WebAssembly engine is compared with the native one.
const BOTH: [&str; 4] = ["A engine", "B world", "first-cutover, 120/s", "first-cutover, 1000/s"];

/// An engine and a case.
type Key<'a> = (&'static str, &'a str);

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn rounds<'a>(figures: &'a Figures, (engine, name): Key) -> &'a [Figure] {
    figures.get(&(engine, name.to_owned())).map_or(&[], Vec::as_slice)
}

/// The median of the rounds' ratios.
fn ratio(figures: &Figures, of: Key, to: Key, value: impl Fn(&Figure, &Figure) -> f64) -> f64 {
    let pairs = rounds(figures, of).iter().zip(rounds(figures, to));
    median(pairs.map(|(one, other)| value(one, other)))
}

fn verdict(holds: bool) -> &'static str {
    if holds { "reached" } else { "MISSED" }
}

/// What was measured, and what is aimed for.
pub(super) fn speeds(figures: &Figures) -> String {
    let mut text = format!(
        "{:<24}{:<10}{:>10}{:>9}{:>12}{:>12}\n",
        "case", "engine", "M req/s", "secs", "ns/request", "allocs/req"
    );
    for ((engine, name), figures) in figures {
        let secs = median(figures.iter().map(|one| one.secs));
        let speed = median(figures.iter().map(Figure::speed));
        let allocations = median(figures.iter().map(|one| one.allocations / one.requests));
        let allocations =
            if allocations.is_nan() { "-".into() } else { format!("{allocations:.4}") };
        let (millions, each) = (speed / 1e6, 1e9 / speed);
        let _ = writeln!(
            text,
            "{name:<24}{engine:<10}{millions:>10.2}{secs:>9.3}{each:>12.0}{allocations:>12}"
        );
    }
    text.push('\n');
    limits(&mut text, figures);
    engines(&mut text, figures);
    for (engine, name, most) in FELT {
        let felt = median(rounds(figures, (engine, name)).iter().map(|one| one.secs));
        let verdict = verdict(felt < most);
        let _ = writeln!(text, "{name}, {engine}: {felt:.3} s (aim below {most} s): {verdict}");
    }
    text
}

/// How near the simulator comes to what a model alone could do.
fn limits(text: &mut String, figures: &Figures) {
    for (name, limit, least) in RATIOS {
        let speeds = |one: &Figure, limit: &Figure| one.speed() / limit.speed();
        let ratio = ratio(figures, ("native", name), ("native", limit), speeds);
        let verdict = verdict(least <= ratio);
        let _ = writeln!(text, "{name} / {limit}: {ratio:.2} (aim {least:.2} or more): {verdict}");
    }
}

/// How much longer WebAssembly engines take than the native program.
fn engines(text: &mut String, figures: &Figures) {
    for (engine, name) in ["Node", "Chromium"].into_iter().flat_map(|e| BOTH.map(|name| (e, name)))
    {
        let to_native = |value: fn(&Figure, &Figure) -> f64| {
            ratio(figures, (engine, name), ("native", name), value)
        };
        let ratio = to_native(|one, native| one.secs / native.secs);
        let first = to_native(|one, native| one.first / native.secs);
        let aim = match engine {
            "Chromium" => {
                format!(" (aim {BROWSER_MOST} or less): {}", verdict(ratio <= BROWSER_MOST))
            }
            _ => String::new(),
        };
        let _ =
            writeln!(text, "{name}, {engine} / native: {ratio:.2}, its first run {first:.2}{aim}");
    }
}

/// Bytes that a long run holds, and that one live request costs.
pub(super) fn memory(held: &Value, live: &Value) -> String {
    let mut text =
        "memory of a run of 24 h at 20 requests/s (series are kept for 6 h)\n".to_owned();
    for at in held["held"].as_array().into_iter().flatten() {
        let kilobytes = at["bytes"].as_f64().unwrap_or(f64::NAN) / 1e3;
        let _ = writeln!(text, "  after {:>2} h: {kilobytes:>8.0} kB", at["hour"]);
    }
    let each = live["bytes"].as_f64().unwrap_or(f64::NAN);
    let _ = writeln!(text, "a live request: {each:.0} bytes (over {} live ones)", live["live"]);
    text
}
