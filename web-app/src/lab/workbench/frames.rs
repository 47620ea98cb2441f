//! Frames: how the run is paced by the browser's frames, and when it is drawn.
//!
//! While time runs, a frame either lets it pass or draws, and a drawing renews one chart. So no
//! frame holds the page for longer than the dearer of the two.

use gloo_render::{AnimationFrame, request_animation_frame};
use sim_core::recording::Recording;
use sim_core::simulation::ObjectiveStatus;
use sim_core::view::View;
use yew::Context;

use super::{Msg, Workbench, best_key};
use crate::lab::model::colour::Palette;
use crate::lab::model::dashboard::Frame as Panels;
use crate::lab::model::panels::{Frame, Which};
use crate::lab::model::ruler::{self, Mark};
use crate::lab::model::session::announcement;
use crate::lab::view::goals;
use crate::port::{clock, store};

/// The simulation may take this much of a frame that somebody watches, in milliseconds: what was begun in
/// time ends a few milliseconds later, and the browser draws in the same frame.
const WATCHED_MS: f64 = 4.0;
/// The same while somebody waits for a moment that was scrubbed to, for a map or a comparison.
const AWAITED_MS: f64 = 6.0;
/// Least time between two drawings while time runs, in milliseconds. Dots move without us.
const REDRAW_MS: f64 = 120.0;
/// Panels of the dashboard that one drawing renews while time stands still.
const PANELS: usize = 2;
/// The length of a frame when there was none before it, in milliseconds.
const FIRST_FRAME_MS: f64 = 16.0;

/// What the views draw of the run.
pub(in crate::lab) struct Shown {
    /// The world.
    pub(in crate::lab) view: View,
    /// Which version is blue and which green.
    pub(in crate::lab) palette: Palette,
    /// Where the objectives stand.
    pub(in crate::lab) objectives: Vec<ObjectiveStatus>,
    /// Marks of the ruler: commands.
    pub(in crate::lab) commands: Vec<Mark>,
    /// Marks of the ruler: what went wrong.
    pub(in crate::lab) incidents: Vec<Mark>,
}

impl Shown {
    /// Looks at a run.
    pub(super) fn of(recording: &Recording) -> Self {
        let simulation = recording.simulation();
        let view = simulation.view();
        Self {
            palette: Palette::of(&view.groups),
            objectives: simulation.objectives(),
            commands: ruler::commands(simulation.transcript().iter(), view.end),
            incidents: ruler::incidents(simulation.trace(), view.end),
            view,
        }
    }
}

/// Where the workbench stands among the browser's frames.
#[derive(Default)]
pub(super) struct Frames {
    /// The frame that was asked for.
    asked: Option<AnimationFrame>,
    /// When time was last let pass.
    passed_at: Option<f64>,
    /// When the run was last drawn by a frame.
    drawn_at: f64,
    /// Whether the run has changed since.
    stale: bool,
    /// Which chart is renewed next.
    turn: Which,
    /// Whether it was a chart that was renewed last, and not a panel of the dashboard.
    charts_turn: bool,
}

impl Workbench {
    /// Makes sure that there is a next frame, if there is anything to do in it.
    pub(super) fn keep_moving(&mut self, ctx: &Context<Self>) {
        if self.frames.asked.is_none() && self.session.needs_frames() {
            self.ask_for_frame(ctx);
        }
    }

    fn ask_for_frame(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        let frame = request_animation_frame(move |at| link.send_message(Msg::Frame(at)));
        self.frames.asked = Some(frame);
    }

    /// Lets time pass, or draws.
    pub(super) fn on_frame(&mut self, ctx: &Context<Self>, at: f64) -> bool {
        self.frames.asked = None;
        if self.frames.stale && REDRAW_MS <= at - self.frames.drawn_at {
            self.ask_for_frame(ctx);
            self.draw_at(at);
            return true;
        }
        // The frames that drew are caught up with here.
        let elapsed = self.frames.passed_at.map_or(FIRST_FRAME_MS, |before| at - before);
        let started = clock::now_ms();
        let budget = if self.session.playback.is_watched() { WATCHED_MS } else { AWAITED_MS };
        let changed = self.session.frame(elapsed, || clock::now_ms() - started < budget);
        let moving = self.session.is_moving();
        self.frames.passed_at = moving.then_some(at);
        self.frames.stale |= changed;
        if self.session.needs_frames() || self.frames.stale {
            self.ask_for_frame(ctx);
        }
        false
    }

    fn draw_at(&mut self, at: f64) {
        (self.frames.drawn_at, self.frames.stale) = (at, false);
        self.look();
        let open = self.session.dashboard.is_some();
        self.frames.charts_turn = !self.frames.charts_turn || !open;
        if self.session.is_moving() && self.frames.charts_turn {
            self.renew_chart(self.frames.turn);
            self.frames.turn = self.frames.turn.other();
        } else if self.session.is_moving() {
            self.renew_dashboard(1);
        } else {
            if !self.session.is_making() {
                self.renew_charts();
            }
            self.renew_dashboard(PANELS);
        }
    }

    /// Draws some panels of the dashboard, if it is open and they show something old.
    fn renew_dashboard(&mut self, most: usize) {
        let (width, _) = self.dashboard_grid();
        let Shown { view, palette, .. } = &self.shown;
        if let Some(dashboard) = &mut self.session.dashboard {
            let frame = Panels { width, now: view.now, palette, groups: &view.groups };
            dashboard.draw(most, frame);
        }
    }

    /// How many panels of the dashboard lie beside each other.
    pub(in crate::lab) fn dashboard_columns(&self) -> u32 {
        self.dashboard_grid().1
    }

    /// Width of a panel of the dashboard, and how many lie beside each other.
    fn dashboard_grid(&self) -> (u32, u32) {
        let whole = self.desk.width.clamp(300, 1800) - 26;
        let columns = match whole {
            0..620 => 1,
            620..1000 => 2,
            _ => 3,
        };
        ((whole - 20 * (columns - 1)) / columns, columns)
    }

    /// Looks at the run again, all of it: somebody has acted.
    pub(super) fn refresh(&mut self) {
        self.frames.stale = false;
        self.look();
        self.renew_charts();
    }

    fn look(&mut self) {
        let shown = Shown::of(&self.session.recording);
        if let Some(text) = announcement(&self.shown.objectives, &shown.objectives) {
            self.desk.announced = text;
        }
        self.shown = shown;
        if !self.session.is_over() {
            self.desk.end_seen = false;
            return;
        }
        let reached = goals::reached(&self.shown.objectives);
        let best = (reached, self.shown.objectives.len());
        if self.desk.best.is_none_or(|(known, _)| known < reached) {
            self.desk.best = Some(best);
            store::save(&best_key(&self.session), &best);
        }
    }

    fn renew_charts(&mut self) {
        self.renew_chart(Which::Traffic);
        self.renew_chart(Which::Latency);
    }

    fn renew_chart(&mut self, which: Which) {
        let frame = Frame {
            width: self.chart_width(),
            now: self.shown.view.now,
            commands: &self.shown.commands,
            incidents: &self.shown.incidents,
        };
        let panel = self.session.charts.panel(which, &self.shown.palette, &frame);
        match which {
            Which::Traffic => self.panels.0 = panel,
            Which::Latency => self.panels.1 = panel,
        }
    }

    /// Width of the lab in pixels.
    pub(in crate::lab) fn width(&self) -> u32 {
        self.desk.width
    }

    /// Width of each of the two charts: beside each other if there is room.
    fn chart_width(&self) -> u32 {
        let whole = self.desk.width.clamp(300, 1800) - 26;
        if whole < 820 { whole } else { (whole - 20) / 2 }
    }
}
