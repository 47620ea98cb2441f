//! The workbench: owns the session, paces it by the browser's frames, and hands it to the views.

use std::collections::BTreeSet;

use gloo_render::{AnimationFrame, request_animation_frame};
use gloo_timers::callback::Timeout;
use sim_core::random::Seed;
use sim_core::simulation::ObjectiveStatus;
use sim_core::trace::Topic;
use sim_core::view::View;
use web_sys::{Element, HtmlElement};
use yew::{Component, Context, Html, KeyboardEvent, NodeRef, Properties};

use super::app::{Shared, Start};
use super::model::colour::Palette;
use super::model::keys::{self, Wish};
use super::model::playback::Msg as Play;
use super::model::ruler::{self, Mark};
use super::model::session::{Session, announcement};
use super::model::{shift, terminal};
use super::view;
use crate::port::size::SizeWatch;
use crate::port::{clock, link, page, store};

/// The simulation may take this much of a frame, in milliseconds.
const FRAME_BUDGET_MS: f64 = 7.0;
/// Least time between two drawings while time runs, in milliseconds.
const REDRAW_MS: f64 = 120.0;

/// What is in front on the side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    /// What there is to do.
    Task,
    /// Command line.
    Terminal,
    /// Files of the workspace.
    Files,
    /// What happened, and why.
    Events,
    /// PromQL.
    Metrics,
}

/// What happens in the workbench.
pub(super) enum Msg {
    /// The browser draws a frame; its time in milliseconds.
    Frame(f64),
    /// Play, pause, speed, scrub.
    Play(Play),
    /// To the next event.
    Step,
    /// The terminal's keys.
    Terminal(terminal::Msg),
    /// Tab in the terminal.
    Complete,
    /// Commands given by buttons, as if typed.
    Run(Vec<String>),
    /// Send this percentage of requests to green.
    Shift(u32),
    /// Take the last command back.
    Undo,
    /// Begin another run here.
    Fork,
    /// Go to another run.
    Resume(String),
    /// The same run from the beginning, without commands.
    Reset,
    /// The same scenario with other chance.
    NewSeed,
    /// Copy a link to this run.
    Share,
    /// Tell the reader something in passing.
    Say(String),
    /// What was said is old.
    Hush,
    /// Put something in front.
    Open(Tab),
    /// Show or hide events of a topic.
    Filter(Topic),
    /// Show why the entry of this number happened; None closes it.
    Explain(Option<usize>),
    /// Fill the window, or go back into the page.
    Widen,
    /// Show or hide the keys.
    Keys,
    /// A key outside of text fields.
    Key(KeyboardEvent),
    /// The stage has this size.
    Resized(f64, f64),
    /// The notice at the top was read.
    NoticeRead,
    /// This many hints were read.
    HintsRead(usize),
    /// The end was seen; the reader looks back.
    LookBack,
}

/// Properties.
#[derive(Clone, Debug, PartialEq, Properties)]
pub(super) struct Props {
    /// The scenario.
    pub(super) scenario: Shared,
    /// How the run begins.
    pub(super) start: Start,
}

/// What the views need and the model does not know.
pub(super) struct Desk {
    /// What is in front.
    pub(super) tab: Tab,
    /// The entry that is explained.
    pub(super) explained: Option<usize>,
    /// Topics left out of the events.
    pub(super) hidden_topics: BTreeSet<Topic>,
    /// Whether the lab fills the window.
    pub(super) wide: bool,
    /// Whether the list of keys is shown.
    pub(super) keys: bool,
    /// Size of the stage in pixels.
    pub(super) size: (f64, f64),
    /// What is said in passing.
    pub(super) said: Option<String>,
    /// What is said at the top.
    pub(super) notice: Option<String>,
    /// Hints that were read.
    pub(super) hints_read: usize,
    /// What screen readers should read out.
    pub(super) announced: String,
    /// Whether the end was seen.
    pub(super) end_seen: bool,
    /// Whether the reader asked for less motion.
    pub(super) still: bool,
    /// Objectives reached in an earlier run of this scenario, of how many.
    pub(super) best: Option<(usize, usize)>,
    /// The lab's element.
    pub(super) root: NodeRef,
    /// The terminal's input.
    pub(super) prompt: NodeRef,
    /// The stage.
    pub(super) stage: NodeRef,
}

/// The workbench.
pub(super) struct Workbench {
    pub(super) session: Session,
    pub(super) desk: Desk,
    /// What the views draw; taken at most every [`REDRAW_MS`].
    pub(super) shown: View,
    pub(super) palette: Palette,
    pub(super) objectives: Vec<ObjectiveStatus>,
    /// Marks of the ruler.
    pub(super) commands: Vec<Mark>,
    pub(super) incidents: Vec<Mark>,
    frame: Option<AnimationFrame>,
    frame_at: Option<f64>,
    drawn_at: f64,
    hush: Option<Timeout>,
    _size: Option<SizeWatch>,
}

impl Component for Workbench {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Props { scenario, start } = ctx.props().clone();
        let session = Session::new(scenario.0, start.seed, start.log);
        let shown = session.recording.simulation().view();
        let objectives = session.recording.simulation().objectives();
        let desk = Desk {
            tab: Tab::Terminal,
            explained: None,
            hidden_topics: BTreeSet::new(),
            wide: false,
            keys: false,
            size: (0.0, 0.0),
            said: None,
            notice: start.notice,
            hints_read: 0,
            announced: String::new(),
            end_seen: false,
            still: page::prefers_little_motion(),
            best: store::load(&best_key(&session)),
            root: NodeRef::default(),
            prompt: NodeRef::default(),
            stage: NodeRef::default(),
        };
        let palette = Palette::of(&shown.groups);
        Self {
            session,
            desk,
            shown,
            palette,
            objectives,
            commands: Vec::new(),
            incidents: Vec::new(),
            frame: None,
            frame_at: None,
            drawn_at: 0.0,
            hush: None,
            _size: None,
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first && let Some(stage) = self.desk.stage.cast::<Element>() {
            let link = ctx.link().clone();
            self._size = SizeWatch::new(stage, move |width, height| {
                link.send_message(Msg::Resized(width, height));
            });
        }
        if self.frame.is_none() && self.session.is_moving() {
            self.request_frame(ctx);
        }
        if let Some(output) = self.terminal_output() {
            page::scroll_to_end(&output);
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(at) => return self.on_frame(ctx, at),
            Msg::Key(event) => return self.on_key(ctx, &event),
            Msg::Resized(width, height) => {
                let same = self.desk.size == (width, height);
                self.desk.size = (width, height);
                return !same;
            }
            Msg::Terminal(msg) => {
                if let Some(command) = self.session.terminal.update(msg) {
                    self.run(&[command]);
                }
            }
            Msg::Complete => {
                let line = &self.session.terminal.line;
                let words = self.session.recording.simulation().complete(line);
                self.session.terminal.update(terminal::Msg::Completed(words));
            }
            Msg::Run(commands) => self.run(&commands),
            Msg::Shift(percent) => self.shift(ctx, percent),
            Msg::Play(msg) => self.session.control(msg),
            Msg::Step => self.session.step(),
            Msg::Undo => {
                let undone = self.session.undo();
                self.say(
                    ctx,
                    if undone { "Took the last command back" } else { "Nothing to undo" },
                );
            }
            Msg::Fork => {
                self.session.fork();
                self.say(ctx, "A new run begins here; the old one is kept under Runs");
            }
            Msg::Resume(name) => self.session.resume(&name),
            Msg::Reset => self.restart(ctx, self.session.recording.seed()),
            Msg::NewSeed => self.restart(ctx, Seed(clock::fresh_seed())),
            Msg::Share => self.share(ctx),
            Msg::Say(text) => self.say(ctx, &text),
            Msg::Hush => self.desk.said = None,
            other => self.on_desk(other),
        }
        self.refresh();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        view::workbench(self, ctx.link())
    }
}

impl Workbench {
    /// What only concerns the desk.
    fn on_desk(&mut self, msg: Msg) {
        let desk = &mut self.desk;
        match msg {
            Msg::Open(tab) => desk.tab = tab,
            Msg::Explain(entry) => {
                desk.explained = entry;
                desk.tab = Tab::Events;
            }
            Msg::Filter(topic) if !desk.hidden_topics.remove(&topic) => {
                desk.hidden_topics.insert(topic);
            }
            Msg::Widen => {
                desk.wide = !desk.wide;
                page::lock_scrolling(desk.wide);
            }
            Msg::Keys => desk.keys = !desk.keys,
            Msg::NoticeRead => desk.notice = None,
            Msg::HintsRead(count) => desk.hints_read = count,
            Msg::LookBack => desk.end_seen = true,
            _ => {}
        }
    }

    fn request_frame(&mut self, ctx: &Context<Self>) {
        let link = ctx.link().clone();
        self.frame = Some(request_animation_frame(move |at| link.send_message(Msg::Frame(at))));
    }

    /// Lets time pass; draws only now and then, since dots move without us.
    fn on_frame(&mut self, ctx: &Context<Self>, at: f64) -> bool {
        let elapsed = self.frame_at.map_or(16.0, |before| at - before);
        let started = clock::now_ms();
        let changed = self.session.frame(elapsed, || clock::now_ms() - started < FRAME_BUDGET_MS);
        let moving = self.session.is_moving();
        self.frame = None;
        self.frame_at = moving.then_some(at);
        if moving || changed {
            self.request_frame(ctx);
        }
        if (moving && at - self.drawn_at < REDRAW_MS) || !(moving || changed) {
            return false;
        }
        self.drawn_at = at;
        self.refresh();
        true
    }

    /// Looks at the run again.
    fn refresh(&mut self) {
        let simulation = self.session.recording.simulation();
        self.shown = simulation.view();
        self.palette = Palette::of(&self.shown.groups);
        self.commands = ruler::commands(simulation.transcript().iter(), self.shown.end);
        self.incidents = ruler::incidents(simulation.trace(), self.shown.end);
        let objectives = simulation.objectives();
        if let Some(text) = announcement(&self.objectives, &objectives) {
            self.desk.announced = text;
        }
        self.objectives = objectives;
        if !self.session.is_over() {
            self.desk.end_seen = false;
            return;
        }
        let reached = view::goals::reached(&self.objectives);
        let best = (reached, self.objectives.len());
        if self.desk.best.is_none_or(|(known, _)| known < reached) {
            self.desk.best = Some(best);
            store::save(&best_key(&self.session), &best);
        }
    }

    fn run(&mut self, commands: &[String]) {
        let before = self.session.recording.branch().name.clone();
        for command in commands {
            self.session.run(command);
        }
        if self.session.recording.branch().name != before {
            self.desk.said = Some(format!("You left {before}; it is kept under Runs"));
        }
    }

    /// What the slider at the gateway does: the learner sees the same lines as if typed.
    fn shift(&mut self, ctx: &Context<Self>, percent: u32) {
        let (Some((blue, green)), Some(route), Some(name)) = (
            self.palette.pair(),
            self.shown.routes.first(),
            self.shown.gateway.virtual_service.as_deref(),
        ) else {
            return;
        };
        let host = route.destination.split('/').next().unwrap_or_default();
        let weights = [(blue.to_owned(), 100 - percent), (green.to_owned(), percent)];
        let files = self.session.recording.simulation().files();
        match shift::shift(files, name, host, &weights) {
            Ok(shift) => self.run(&shift.commands()),
            Err(problem) => self.say(ctx, &problem),
        }
    }

    fn restart(&mut self, ctx: &Context<Self>, seed: Seed) {
        let scenario = ctx.props().scenario.0.clone();
        let speed = self.session.playback.speed;
        self.session = Session::new(scenario, seed, Vec::new());
        self.session.control(Play::SpeedChosen(speed));
        (self.desk.explained, self.desk.hints_read) = (None, 0);
        self.say(ctx, &format!("A fresh run with seed {}", seed.0));
    }

    fn share(&mut self, ctx: &Context<Self>) {
        let Some(address) = link::address_with(&self.session.recording.share().encode()) else {
            return;
        };
        let said = ctx.link().callback(Msg::Say);
        let shown = address.clone();
        link::copy(address, move |copied| {
            said.emit(if copied {
                "Link copied: it replays this run for anyone".into()
            } else {
                format!("The browser does not let this page copy. The link is: {shown}")
            });
        });
    }

    fn say(&mut self, ctx: &Context<Self>, text: &str) {
        self.desk.said = Some(text.to_owned());
        let link = ctx.link().clone();
        self.hush = Some(Timeout::new(6_000, move || link.send_message(Msg::Hush)));
    }

    /// Keys while nobody types. They are ours alone: the book would turn pages at the arrows.
    fn on_key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        event.stop_propagation();
        let typing = page::takes_text(event.target());
        if event.key() == "Escape" && typing {
            if let Some(root) = self.desk.root.cast::<Element>() {
                page::focus(&root);
            }
            return false;
        }
        if typing || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        if page::presses_itself(event.target(), &event.key()) {
            return false;
        }
        let horizon = self.session.recording.horizon();
        let now = self.session.playback.seeking.unwrap_or(self.session.now());
        let Some(wish) = keys::wish(&event.key(), event.shift_key(), now, horizon) else {
            return false;
        };
        event.prevent_default();
        self.grant(ctx, wish)
    }

    fn grant(&mut self, ctx: &Context<Self>, wish: Wish) -> bool {
        let msg = match wish {
            Wish::Toggle => Msg::Play(Play::Toggled),
            Wish::Step => Msg::Step,
            Wish::Scrub(time) => Msg::Play(Play::Scrubbed(time)),
            Wish::Faster => Msg::Play(Play::Faster),
            Wish::Slower => Msg::Play(Play::Slower),
            Wish::Keys => Msg::Keys,
            Wish::Terminal => {
                self.desk.tab = Tab::Terminal;
                if let Some(prompt) = self.desk.prompt.cast::<Element>() {
                    page::focus(&prompt);
                }
                return true;
            }
            Wish::Leave if self.desk.keys => Msg::Keys,
            Wish::Leave if self.desk.wide => Msg::Widen,
            Wish::Leave => Msg::Explain(None),
        };
        self.update(ctx, msg)
    }

    /// Width of each of the two charts: beside each other if there is room.
    pub(super) fn chart_width(&self) -> u32 {
        let whole = self.desk.root.cast::<Element>().map_or(0, |root| root.client_width());
        let whole = u32::try_from(whole).unwrap_or(0).clamp(320, 1800) - 26;
        if whole < 820 { whole } else { (whole - 20) / 2 }
    }

    /// The terminal's output, if it has grown since it was last scrolled.
    fn terminal_output(&self) -> Option<Element> {
        let root = self.desk.root.cast::<HtmlElement>()?;
        let output = root.query_selector(".lab-output").ok()??;
        let simulation = self.session.recording.simulation();
        let running = simulation.running().map_or(0, |printed| printed.reply.stdout.len() + 1);
        let printed = format!("{} {running}", simulation.transcript().len());
        let grown = output.get_attribute("data-seen").is_none_or(|seen| seen != printed);
        if grown {
            output.set_attribute("data-seen", &printed).ok()?;
        }
        grown.then_some(output)
    }
}

/// Where the best result of this scenario is kept.
fn best_key(session: &Session) -> String {
    format!("lab.{}", session.recording.scenario().name)
}
