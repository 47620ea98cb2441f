//! Buckets of a histogram over time: the more often a bucket was met, the darker its field.

use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

use crate::draw::{Drawn, Root, pixel, stroke, write};
use crate::labels::text_width;
use crate::panel::Points;
use crate::scale::{clock, number, time_ticks};
use crate::theme::{self, GRID, INK, MUTED, SCALE, WARMTH};

/// Room below the fields for times, and above them for the unit, in pixels.
const MARGINS: (f64, f64) = (22.0, 24.0);
/// Room on the right, as that of panels without long names.
const RIGHT: f64 = 46.0;

/// A drawing of buckets over time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heat {
    /// Title for those who do not see it.
    pub title: String,
    /// Unit of the bounds.
    pub unit: String,
    /// Natural width in pixels.
    pub width: u32,
    /// Natural height in pixels.
    pub height: u32,
    /// Right end of the time axis, in seconds; it begins at zero.
    pub to_secs: f64,
    /// Bound of each bucket and how often it was met, by time; smallest bucket first.
    pub rows: Vec<(String, Points)>,
    /// The moment that is looked at.
    pub cursor_secs: Option<f64>,
}

/// Fields of one row that lie beside each other and are equally dark.
struct Run {
    row: usize,
    from: f64,
    to: f64,
    level: usize,
}

impl Heat {
    /// From how often each bound was not exceeded, as histograms of Prometheus count; only buckets that were
    /// met, and those between them.
    pub fn of_cumulative(mut bounds: Vec<(String, Points)>) -> Vec<(String, Points)> {
        let bound = |name: &str| name.parse().unwrap_or(f64::INFINITY);
        bounds.sort_by(|one, other| f64::total_cmp(&bound(&one.0), &bound(&other.0)));
        let mut below: Vec<(f64, f64)> = Vec::new();
        let mut rows = Vec::new();
        for (name, points) in bounds {
            let mut own = Points::with_capacity(points.len());
            let mut known = Vec::with_capacity(points.len());
            let mut lower = below.iter().copied().peekable();
            for (at, value) in points {
                while lower.next_if(|(when, _)| *when < at).is_some() {}
                let before = lower.next_if(|(when, _)| *when == at).map_or(0.0, |(_, count)| count);
                own.push((at, value.map(|value| (value - before).max(0.0))));
                known.push((at, value.unwrap_or(before)));
            }
            below = known;
            rows.push((name, own));
        }
        let is_met = |row: &(String, Points)| {
            row.1.iter().any(|(_, value)| value.is_some_and(|value| 1e-6 < value))
        };
        let first = rows.iter().position(is_met).unwrap_or(rows.len());
        let end = rows.iter().rposition(is_met).map_or(first, |last| last + 1);
        rows.truncate(end);
        rows.drain(..first.min(end));
        rows
    }

    /// The drawing as an SVG element.
    pub fn svg(&self) -> String {
        let size = (self.width.clamp(160, 8_000), self.height.clamp(80, 8_000));
        let mut body = String::new();
        {
            let root = SVGBackend::with_string(&mut body, (size.0 * SCALE, size.1 * SCALE))
                .into_drawing_area();
            self.draw(&root, size).expect("a string takes every drawing");
            root.present().expect("a string takes every drawing");
        }
        theme::finish(&body, size, &self.title, &self.sentence())
    }

    fn most(&self) -> f64 {
        let values = self.rows.iter().flat_map(|(_, points)| points).filter_map(|point| point.1);
        values.filter(|value| value.is_finite()).fold(0.0, f64::max)
    }

    fn draw(&self, root: &Root<'_>, (width, height): (u32, u32)) -> Drawn {
        let (bottom, top) = MARGINS;
        let (width, ground) = (f64::from(width), f64::from(height) - bottom);
        let names = self.rows.iter().map(|(name, _)| text_width(name)).fold(0.0, f64::max);
        let left = (names + 10.0).max(36.0);
        let to_secs = if self.to_secs.is_finite() { self.to_secs.max(1.0) } else { 1.0 };
        let x = |secs: f64| left + (secs / to_secs).clamp(0.0, 1.0) * (width - left - RIGHT);
        write(root, &self.unit, (0.0, 8.0), MUTED, HPos::Left)?;
        let most = self.most();
        if most <= 0.0 {
            let middle = (x(to_secs / 2.0), f64::midpoint(top, ground));
            write(root, "nothing measured yet", middle, MUTED, HPos::Center)?;
        } else {
            self.legend(root, most, width)?;
        }
        let tall = (ground - top) / self.rows.len().max(1) as f64;
        let y = |row: usize| ground - tall * row as f64;
        for run in self.runs(most) {
            let (from, to, low) = (x(run.from), x(run.to), y(run.row));
            let corners = [(from, low), (to, low), (to, low - tall), (from, low - tall)];
            let corners: Vec<_> = corners.into_iter().map(pixel).collect();
            root.draw(&Polygon::new(corners, WARMTH[run.level].filled()))?;
        }
        // As many names as there is room for, the uppermost always.
        let every = (14.0 / tall).ceil().max(1.0) as usize;
        for (row, (name, _)) in self.rows.iter().enumerate() {
            if (self.rows.len() - 1 - row).is_multiple_of(every) {
                let at = (left - 6.0, y(row) - tall / 2.0);
                write(root, if name == "+Inf" { "∞" } else { name }, at, MUTED, HPos::Right)?;
            }
        }
        stroke(root, &[(left, ground), (width - RIGHT, ground)], GRID, 1.0)?;
        let ticks = (((width - left - RIGHT) / 80.0) as u32).clamp(1, 12);
        for tick in time_ticks(0.0, to_secs, ticks) {
            write(root, &clock(tick), (x(tick), ground + 14.0), MUTED, HPos::Center)?;
        }
        match self.cursor_secs.filter(|secs| (0.0..=to_secs).contains(secs)) {
            Some(secs) => stroke(root, &[(x(secs), top), (x(secs), ground)], INK, 1.5),
            None => Ok(()),
        }
    }

    /// What the darkest and the lightest field mean, on the right above the fields.
    fn legend(&self, root: &Root<'_>, most: f64, width: f64) -> Drawn {
        let text = number(most);
        let end = width - text_width(&text) - 4.0;
        write(root, &text, (width, 8.0), MUTED, HPos::Right)?;
        let begin = end - 12.0 * WARMTH.len() as f64;
        for (level, colour) in WARMTH.into_iter().enumerate() {
            let x = begin + 12.0 * level as f64;
            let corners = [(x, 3.0), (x + 12.0, 3.0), (x + 12.0, 13.0), (x, 13.0)];
            let corners: Vec<_> = corners.into_iter().map(pixel).collect();
            root.draw(&Polygon::new(corners, colour.filled()))?;
        }
        write(root, "0", (begin - 5.0, 8.0), MUTED, HPos::Right)
    }

    /// Fields, as wide as the time since the point before.
    fn runs(&self, most: f64) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for (row, (_, points)) in self.rows.iter().enumerate() {
            let mut before = None;
            for &(at, value) in points.iter().filter(|point| point.0.is_finite()) {
                let from = before.replace(at).unwrap_or(at);
                let Some(level) = value.and_then(|value| level(value, most)) else { continue };
                match runs
                    .last_mut()
                    .filter(|run| (run.row, run.to, run.level) == (row, from, level))
                {
                    Some(run) => run.to = at,
                    None => runs.push(Run { row, from, to: at, level }),
                }
            }
        }
        runs
    }

    fn sentence(&self) -> String {
        let sum = |points: &Points| points.iter().filter_map(|point| point.1).sum::<f64>();
        let most = self.rows.iter().max_by(|one, other| sum(&one.1).total_cmp(&sum(&other.1)));
        match (most, self.rows.first(), self.rows.last()) {
            (Some(most), Some(first), Some(last)) if 0.0 < sum(&most.1) => format!(
                "Buckets from {} to {} {}, most often {}.",
                first.0, last.0, self.unit, most.0
            ),
            _ => "No values yet.".to_owned(),
        }
    }
}

/// How dark a field is; by the root of its count, so that few are seen beside many.
fn level(value: f64, most: f64) -> Option<usize> {
    if !value.is_finite() || value <= 1e-6 || most <= 0.0 {
        return None;
    }
    let share = (value / most).sqrt().min(1.0);
    Some(((share * WARMTH.len() as f64).ceil() as usize).clamp(1, WARMTH.len()) - 1)
}
