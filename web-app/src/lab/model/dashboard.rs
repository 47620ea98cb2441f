//! The dashboard: what Grafana would draw of this run, from the same queries, evaluated and drawn panel by
//! panel in the time that frames have left.

use std::rc::Rc;

use charts::{Area, Heat, Line, Panel, Points, Style};
use sim_core::scenario::Scenario;
use sim_core::simulation::Simulation;
use sim_core::telemetry::dashboard::{self, DashboardPanel, Look};
use sim_core::time::SimTime;
use sim_core::view::GroupView;

use super::colour::Palette;
use super::panels::{points, same_times, style};
use super::series::Series;

/// Height of a panel in pixels.
const HEIGHT: u32 = 150;
/// Most series of a panel that are named beside their ends.
const NAMED: usize = 8;
/// Letters at the end of a pod's name that tell it from its like.
const SUFFIX: usize = 5;

/// A panel as it was drawn last.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// Lines, or areas on each other.
    Plot(Rc<Panel>),
    /// Buckets over time.
    Heat(Rc<Heat>),
}

/// One panel: its query, what came out so far, and the drawing.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What it asks.
    pub panel: &'static DashboardPanel,
    /// How it looks.
    pub drawing: Drawing,
    series: Series,
    is_stale: bool,
}

/// What a drawing depends on besides values.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Width of a panel in pixels.
    pub width: u32,
    /// The shown moment.
    pub now: SimTime,
    /// Which version has which colour.
    pub palette: &'a Palette,
    /// Whose pods are whose.
    pub groups: &'a [GroupView],
}

/// All panels.
#[derive(Clone, Debug)]
pub struct Dashboard {
    panels: Vec<Shown>,
    end: SimTime,
    /// Whose turn it is to be evaluated, and to be drawn.
    turns: (usize, usize),
}

impl Dashboard {
    /// The panels of a scenario, nothing evaluated yet.
    pub fn new(scenario: &Scenario, end: SimTime) -> Self {
        let shown = |panel: &'static DashboardPanel| Shown {
            panel,
            drawing: match panel.look {
                Look::HeatMap => Drawing::Heat(Rc::default()),
                Look::Lines | Look::Stacked => Drawing::Plot(Rc::default()),
            },
            series: Series::new(panel.query, panel.by, scenario.timing.scrape, end),
            is_stale: true,
        };
        Self { panels: dashboard::panels(scenario).map(shown).collect(), end, turns: (0, 0) }
    }

    /// The panels, in reading order.
    pub fn panels(&self) -> &[Shown] {
        &self.panels
    }

    /// Evaluates a few steps of one query; true if there was something to do.
    pub fn evaluate(&mut self, simulation: &Simulation) -> bool {
        for _ in 0..self.panels.len() {
            self.turns.0 = (self.turns.0 + 1) % self.panels.len();
            let shown = &mut self.panels[self.turns.0];
            if shown.series.evaluate(simulation) {
                shown.is_stale = true;
                return true;
            }
        }
        false
    }

    /// Draws at most so many of the panels that show something old.
    pub fn draw(&mut self, most: usize, frame: Frame<'_>) {
        let mut left = most;
        for _ in 0..self.panels.len() {
            if left == 0 {
                break;
            }
            self.turns.1 = (self.turns.1 + 1) % self.panels.len();
            let shown = &mut self.panels[self.turns.1];
            if std::mem::take(&mut shown.is_stale) {
                shown.drawing = shown.draw(self.end, frame);
                left -= 1;
            }
        }
    }

    /// Whether a panel shows something old.
    pub fn is_stale(&self) -> bool {
        self.panels.iter().any(|shown| shown.is_stale)
    }

    /// Whether values are to be had that nobody has evaluated.
    pub fn is_behind(&self, now: SimTime) -> bool {
        self.panels.iter().any(|shown| shown.series.is_behind(now))
    }

    /// Another moment is shown, or in another width.
    pub fn look_again(&mut self) {
        self.panels.iter_mut().for_each(|shown| shown.is_stale = true);
    }

    /// Forgets what lies after `time`.
    pub fn truncate(&mut self, time: SimTime) {
        self.panels.iter_mut().for_each(|shown| shown.series.truncate(time));
        self.look_again();
    }
}

impl Shown {
    /// Unit of the values, for people.
    pub fn unit(&self) -> &'static str {
        unit(self.panel.unit).0
    }

    /// Why it has no values.
    pub fn problem(&self) -> Option<&str> {
        self.series.problem.as_deref()
    }

    fn draw(&self, end: SimTime, frame: Frame<'_>) -> Drawing {
        let (to_secs, cursor_secs) = (end.as_secs_f64(), Some(frame.now.as_secs_f64()));
        let (width, height) = (frame.width, HEIGHT);
        let lines = self.series.lines();
        if self.panel.look == Look::HeatMap {
            let bounds = lines.iter().map(|(bound, line)| (bound.clone(), points(line)));
            let rows = Heat::of_cumulative(bounds.collect());
            let (title, unit) = (self.panel.title.to_owned(), self.unit().to_owned());
            let heat = Heat { title, unit, width, height, to_secs, rows, cursor_secs };
            return Drawing::Heat(Rc::new(heat));
        }
        let scale = unit(self.panel.unit).1;
        let values = |line: &[(SimTime, Option<f64>)]| -> Points {
            points(line).into_iter().map(|(at, one)| (at, one.map(|value| value * scale))).collect()
        };
        let mut panel = Panel { width, height, to_secs, cursor_secs, ..Panel::default() };
        for (place, (value, line)) in lines.iter().enumerate() {
            let (name, style) = self.name(value, frame);
            let name = if place < NAMED { name } else { String::new() };
            match self.panel.look {
                Look::Stacked => panel.areas.push(Area::new(name, style, values(line))),
                Look::Lines | Look::HeatMap => {
                    panel.lines.push(Line::new(name, style, values(line)));
                }
            }
        }
        panel.areas = same_times(panel.areas);
        Drawing::Plot(Rc::new(panel))
    }

    /// What a series is called beside its end, and how it looks.
    fn name(&self, value: &str, frame: Frame<'_>) -> (String, Style) {
        let Frame { palette, groups, .. } = frame;
        let of = |version: &str| style(palette.colour(version));
        let group = |fits: &dyn Fn(&GroupView) -> bool| groups.iter().rfind(|group| fits(group));
        match self.panel.by {
            "destination_version" | "subset" => match of(value) {
                Style::Neutral => (value.to_owned(), Style::Neutral),
                style => (palette.letter(value).to_string(), style),
            },
            "deployment" => match group(&|group| group.deployment == value) {
                Some(group) => (palette.letter(&group.version).to_string(), of(&group.version)),
                None => (value.to_owned(), Style::Neutral),
            },
            "pod" => {
                let begins = |group: &GroupView| {
                    value.strip_prefix(&*group.deployment).is_some_and(|rest| rest.starts_with('-'))
                };
                let style = group(&begins).map_or(Style::Neutral, |group| of(&group.version));
                let name = match value.rsplit_once('-') {
                    Some((_, suffix)) if suffix.len() == SUFFIX => suffix,
                    _ => value,
                };
                (name.to_owned(), style)
            }
            _ => (value.to_owned(), Style::Neutral),
        }
    }
}

/// Grafana's unit for people, and what values are multiplied by for it.
fn unit(grafana: &str) -> (&'static str, f64) {
    match grafana {
        "reqps" => ("per second", 1.0),
        "percentunit" => ("%", 100.0),
        "ms" => ("ms", 1.0),
        "bytes" => ("MiB", 1.0 / (1024.0 * 1024.0)),
        _ => ("", 1.0),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use sim_core::random::Seed;
    use sim_core::scenario::Bundle;

    use super::*;

    /// A run of the first cutover with its reference log.
    fn run() -> Simulation {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios/first-cutover");
        let mut bundle = Bundle { name: "first-cutover".into(), ..Bundle::default() };
        for inside in ["", "workspace", "solutions", "naive"] {
            for entry in fs::read_dir(folder.join(inside)).expect("a folder").flatten() {
                let name = entry.file_name().into_string().expect("a name");
                let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
                if let Ok(text) = fs::read_to_string(entry.path()) {
                    bundle.files.insert(path, text);
                }
            }
        }
        let scenario = Scenario::load(&bundle).expect("a shipped scenario").0;
        let log = scenario.solutions["reference"].clone();
        let mut simulation = Simulation::new(Arc::new(scenario), Seed(1));
        simulation.replay(&log);
        simulation.run_until(simulation.end());
        simulation
    }

    fn drawn(simulation: &Simulation) -> Dashboard {
        let mut dashboard = Dashboard::new(simulation.scenario(), simulation.end());
        while dashboard.evaluate(simulation) {}
        let view = simulation.view();
        let palette = Palette::of(&view.groups);
        let frame = Frame { width: 400, now: view.now, palette: &palette, groups: &view.groups };
        while dashboard.is_stale() {
            dashboard.draw(2, frame);
        }
        dashboard
    }

    #[test]
    fn every_panel_of_a_run_without_errors_is_drawn_by_colour() {
        let simulation = run();
        let dashboard = drawn(&simulation);
        assert!(!dashboard.is_behind(simulation.now()));
        for shown in dashboard.panels() {
            let title = shown.panel.title;
            assert_eq!(shown.problem(), None, "{title}");
            let (names, svg): (Vec<String>, String) = match &shown.drawing {
                Drawing::Heat(heat) => {
                    (heat.rows.iter().map(|(bound, _)| bound.clone()).collect(), heat.svg())
                }
                Drawing::Plot(panel) => {
                    let lines = panel.lines.iter().map(|line| line.label.clone());
                    let areas = panel.areas.iter().map(|area| area.label.clone());
                    (lines.chain(areas).collect(), panel.svg())
                }
            };
            let is_empty = svg.contains("nothing measured yet");
            assert_eq!(is_empty, title.contains("rrors by"), "{title}");
            if ["destination_version", "subset", "deployment"].contains(&shown.panel.by)
                && !is_empty
            {
                assert_eq!(names, ["B", "G"], "{title}");
            }
        }
    }

    #[test]
    fn a_fork_forgets_what_comes_after_it_and_draws_it_anew() {
        let simulation = run();
        let mut dashboard = drawn(&simulation);
        dashboard.truncate(SimTime::from_secs(300));
        assert!(dashboard.is_stale() && dashboard.is_behind(simulation.now()));
        assert!(!dashboard.is_behind(SimTime::from_secs(300)));
    }

    #[test]
    fn values_have_the_units_of_people() {
        let rows = [("reqps", "per second", 1.0), ("percentunit", "%", 100.0), ("short", "", 1.0)];
        for (grafana, name, factor) in rows {
            assert_eq!(unit(grafana), (name, factor));
        }
    }
}
