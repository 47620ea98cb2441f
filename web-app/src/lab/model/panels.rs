//! The two charts that are always in sight: who got how much traffic, and how slow it was.

use std::rc::Rc;

use charts::{Area, Line, Mark as ChartMark, MarkKind, Panel, Points, Style};
use sim_core::simulation::Simulation;
use sim_core::time::{SimDuration, SimTime};

use super::colour::{Colour, Palette};
use super::ruler::Mark;
use super::series::Series;

const VERSION: &str = "destination_version";
const ANSWERED: &str = "sum by (destination_version) \
    (rate(istio_requests_total{reporter=\"source\",response_code!~\"5..|0\"}[15s]))";
const FAILED: &str =
    "sum(rate(istio_requests_total{reporter=\"source\",response_code=~\"5..|0\"}[15s]))";
const SLOWEST: &str = "histogram_quantile(0.99, sum by (destination_version, le) \
    (rate(istio_request_duration_milliseconds_bucket{reporter=\"source\"}[30s])))";

/// Height of a chart in pixels.
const HEIGHT: u32 = 136;
/// The cursor moves in steps of this share of the run.
const CURSOR_STEPS: i64 = 400;

/// Which of the two charts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Requests per second.
    #[default]
    Traffic,
    /// Latency.
    Latency,
}

impl Which {
    /// The other one.
    pub const fn other(self) -> Self {
        match self {
            Self::Traffic => Self::Latency,
            Self::Latency => Self::Traffic,
        }
    }
}

/// The values behind the charts.
#[derive(Clone, Debug, PartialEq)]
pub struct Charts {
    all: [Series; 3],
    end: SimTime,
    turn: usize,
}

impl Charts {
    /// Nothing evaluated yet.
    pub fn new(scrape: SimDuration, end: SimTime) -> Self {
        let series = |query| Series::new(query, VERSION, scrape, end);
        Self { all: [ANSWERED, FAILED, SLOWEST].map(series), end, turn: 0 }
    }

    /// Evaluates a few steps of one query; true if there was something to do.
    pub fn evaluate(&mut self, simulation: &Simulation) -> bool {
        for _ in 0..self.all.len() {
            self.turn = (self.turn + 1) % self.all.len();
            if self.all[self.turn].evaluate(simulation) {
                return true;
            }
        }
        false
    }

    /// Forgets what lies after `time`.
    pub fn truncate(&mut self, time: SimTime) {
        self.all.iter_mut().for_each(|series| series.truncate(time));
    }

    /// One of the charts.
    pub fn panel(&self, which: Which, palette: &Palette, frame: &Frame) -> Rc<Panel> {
        Rc::new(match which {
            Which::Traffic => self.traffic(palette, frame),
            Which::Latency => self.latency(palette, frame),
        })
    }

    /// Requests per second by version, failures on the ground.
    fn traffic(&self, palette: &Palette, frame: &Frame) -> Panel {
        let [answered, failed, _] = &self.all;
        let mut areas: Vec<_> = failed
            .lines()
            .values()
            .filter(|line| line.iter().any(|(_, value)| value.is_some_and(|value| 0.0 < value)))
            .map(|line| Area::new("failed", Style::Bad, points(line)))
            .collect();
        for (version, line) in answered.lines().iter().filter(|(version, _)| *version != "unknown")
        {
            let letter = palette.letter(version);
            areas.push(Area::new(letter, style(palette.colour(version)), points(line)));
        }
        Panel { areas: same_times(areas), ..self.empty(frame) }
    }

    /// 99th percentile of latency by version.
    fn latency(&self, palette: &Palette, frame: &Frame) -> Panel {
        let known = self.all[2].lines().iter().filter(|(version, _)| *version != "unknown");
        let lines = known.map(|(version, line)| {
            let letter = palette.letter(version);
            Line::new(letter, style(palette.colour(version)), points(line))
        });
        Panel { lines: lines.collect(), ..self.empty(frame) }
    }

    /// Why a chart cannot be drawn, if its query fails.
    pub fn problem(&self) -> Option<&str> {
        self.all.iter().find_map(|series| series.problem.as_deref())
    }

    /// Times and marks. The page writes title and unit above it.
    fn empty(&self, frame: &Frame) -> Panel {
        let mark = |kind: MarkKind| {
            move |mark: &Mark| ChartMark {
                at_secs: mark.at.as_secs_f64(),
                label: String::new(),
                kind,
            }
        };
        let step = (self.end.as_micros() / CURSOR_STEPS).max(1);
        let commands = frame.commands.iter().map(mark(MarkKind::Command));
        let incidents = frame.incidents.iter().map(mark(MarkKind::Incident));
        Panel {
            width: frame.width,
            height: HEIGHT,
            to_secs: self.end.as_secs_f64(),
            marks: commands.chain(incidents).collect(),
            // A cursor that moves by less than a pixel is not worth a new drawing.
            cursor_secs: Some((frame.now.as_micros() / step * step) as f64 / 1e6),
            ..Panel::default()
        }
    }
}

/// What the charts share with the ruler.
#[derive(Clone, Debug)]
pub struct Frame<'a> {
    /// Width of each chart in pixels.
    pub width: u32,
    /// The shown time.
    pub now: SimTime,
    /// Commands.
    pub commands: &'a [Mark],
    /// Incidents.
    pub incidents: &'a [Mark],
}

pub(super) fn style(colour: Colour) -> Style {
    match colour {
        Colour::Blue => Style::Blue,
        Colour::Green => Style::Green,
        Colour::Other => Style::Neutral,
    }
}

pub(super) fn points(line: &[(SimTime, Option<f64>)]) -> Points {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    line.iter().map(|&(at, value)| (at.as_secs_f64(), finite(value))).collect()
}

/// Areas stand on each other, so all need a value, or none, at the same times.
pub(super) fn same_times(mut areas: Vec<Area>) -> Vec<Area> {
    let mut times: Vec<f64> =
        areas.iter().flat_map(|area| area.points.iter().map(|p| p.0)).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    for area in &mut areas {
        let mut known = std::mem::take(&mut area.points).into_iter().peekable();
        area.points = times
            .iter()
            .map(|&time| (time, known.next_if(|point| point.0 == time).and_then(|point| point.1)))
            .collect();
    }
    areas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_get_the_same_times() {
        let area = |points: &[(f64, Option<f64>)]| Area::new("B", Style::Blue, points.to_vec());
        let areas = vec![area(&[(5.0, Some(1.0)), (10.0, Some(2.0))]), area(&[(10.0, Some(3.0))])];
        let areas = same_times(areas);
        assert_eq!(areas[0].points, [(5.0, Some(1.0)), (10.0, Some(2.0))]);
        assert_eq!(areas[1].points, [(5.0, None), (10.0, Some(3.0))]);
    }
}
