//! The two charts that are always in sight: who got how much traffic, and how slow it was.

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

    /// Requests per second by version, failures on the ground.
    pub fn traffic(&self, palette: &Palette, frame: &Frame) -> Panel {
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
        Panel { areas: same_times(areas), ..self.panel("requests per second", frame) }
    }

    /// 99th percentile of latency by version.
    pub fn latency(&self, palette: &Palette, frame: &Frame) -> Panel {
        let known = self.all[2].lines().iter().filter(|(version, _)| *version != "unknown");
        let lines = known.map(|(version, line)| {
            let letter = palette.letter(version);
            Line::new(letter, style(palette.colour(version)), points(line))
        });
        Panel { lines: lines.collect(), ..self.panel("99th percentile of latency", frame) }
    }

    /// Why a chart cannot be drawn, if its query fails.
    pub fn problem(&self) -> Option<&str> {
        self.all.iter().find_map(|series| series.problem.as_deref())
    }

    fn panel(&self, title: &str, frame: &Frame) -> Panel {
        let mark = |kind: MarkKind| {
            move |mark: &Mark| ChartMark {
                at_secs: mark.at.as_secs_f64(),
                label: String::new(),
                kind,
            }
        };
        let commands = frame.commands.iter().map(mark(MarkKind::Command));
        let incidents = frame.incidents.iter().map(mark(MarkKind::Incident));
        Panel {
            title: String::new(),
            unit: if title.starts_with("99") { "ms".into() } else { "/s".into() },
            width: frame.width,
            height: 132,
            to_secs: self.end.as_secs_f64(),
            marks: commands.chain(incidents).collect(),
            cursor_secs: Some(frame.now.as_secs_f64()),
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

fn style(colour: Colour) -> Style {
    match colour {
        Colour::Blue => Style::Blue,
        Colour::Green => Style::Green,
        Colour::Other => Style::Neutral,
    }
}

fn points(line: &[(SimTime, Option<f64>)]) -> Points {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    line.iter().map(|&(at, value)| (at.as_secs_f64(), finite(value))).collect()
}

/// Areas stand on each other, so all need a value, or none, at the same times.
fn same_times(mut areas: Vec<Area>) -> Vec<Area> {
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
