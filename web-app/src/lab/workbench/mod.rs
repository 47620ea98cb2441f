//! The workbench: owns the session, and hands it to the views. What the learner does to the run is
//! here; the desk, the frames and the keyboard have files of their own.

mod desk;
mod frames;
mod keyboard;
mod message;

use std::rc::Rc;

use charts::Panel;
use gloo_timers::callback::Timeout;
use sim_core::random::Seed;
use web_sys::{Element, HtmlElement};
use yew::{Component, Context, Html, Properties};

use self::desk::Desk;
use self::frames::{Frames, Shown};
pub(super) use self::message::{Msg, Tab};
use super::app::{Shared, Start};
use super::model::dashboard::Dashboard;
use super::model::playback::Msg as Play;
use super::model::session::Session;
use super::model::{shift, terminal};
use super::view;
use crate::port::size::SizeWatch;
use crate::port::{clock, link, page, store};

/// How long something said in passing stays, in milliseconds.
const SAID_MS: u32 = 6_000;

/// Properties.
#[derive(Clone, Debug, PartialEq, Properties)]
pub(super) struct Props {
    /// The scenario.
    pub(super) scenario: Shared,
    /// How the run begins.
    pub(super) start: Start,
}

/// The workbench.
pub(super) struct Workbench {
    pub(super) session: Session,
    pub(super) desk: Desk,
    /// What the views draw of the run, as of the last look at it.
    pub(super) shown: Shown,
    /// The charts of traffic and latency.
    pub(super) panels: (Rc<Panel>, Rc<Panel>),
    frames: Frames,
    hush: Option<Timeout>,
    _size: Option<SizeWatch>,
}

impl Component for Workbench {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let Props { scenario, start } = ctx.props().clone();
        let session = Session::new(scenario.0, start.seed, start.log);
        let shown = Shown::of(&session.recording);
        let desk = Desk::new(start.front, start.notice, store::load(&best_key(&session)));
        Self {
            session,
            desk,
            shown,
            panels: Default::default(),
            frames: Frames::default(),
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
            self.session.rehearse();
        }
        self.keep_moving(ctx);
        if let Some(output) = self.terminal_output() {
            page::scroll_to_end(&output);
        }
        if let Some(selector) = self.desk.wants_focus.take()
            && let Some(root) = self.desk.root.cast::<Element>()
            && let Ok(Some(wanted)) = root.query_selector(selector)
        {
            page::focus(&wanted);
        }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Frame(at) => return self.on_frame(ctx, at),
            Msg::Key(event) => return self.on_key(ctx, &event),
            Msg::Resized(width, height) if !self.desk.resize(width, height) => return false,
            Msg::Resized(..) => {
                self.session.dashboard.iter_mut().for_each(Dashboard::look_again);
            }
            Msg::Terminal(msg) => match self.session.terminal.update(msg) {
                Some(command) => self.run(ctx, &[command]),
                None => return true,
            },
            Msg::Complete => {
                let line = &self.session.terminal.line;
                let words = self.session.recording.simulation().complete(line);
                self.session.terminal.update(terminal::Msg::Completed(words));
                return true;
            }
            Msg::Run(commands) => self.run(ctx, &commands),
            Msg::Shift(percent) => self.shift(ctx, percent),
            Msg::Play(msg) => self.session.control(msg),
            Msg::Step => self.session.step(),
            Msg::Undo => {
                let undone = self.session.undo();
                let said = if undone { "Took the last command back" } else { "Nothing to undo" };
                self.say(ctx, said);
            }
            Msg::Fork => {
                self.session.fork();
                self.say(ctx, "A new run begins here; the old one is kept under Runs");
            }
            Msg::Resume(name) => self.session.resume(&name),
            Msg::Reset => self.restart(ctx, self.session.recording.seed()),
            Msg::NewSeed => self.restart(ctx, Seed(clock::fresh_seed())),
            Msg::Map => self.session.draw_map(),
            Msg::Compare => self.session.compare(),
            Msg::Dashboard => self.session.toggle_dashboard(),
            Msg::Share => self.share(ctx),
            Msg::Say(text) => self.say(ctx, &text),
            Msg::Hush => self.desk.said = None,
            other => self.desk.update(other),
        }
        self.refresh();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        view::workbench(self, ctx.link())
    }
}

impl Workbench {
    fn run(&mut self, ctx: &Context<Self>, commands: &[String]) {
        let before = self.session.recording.branch().name.clone();
        for command in commands {
            self.session.run(command);
        }
        if self.session.recording.branch().name != before {
            self.say(ctx, &format!("You left {before}; it is kept under Runs"));
        }
    }

    /// What the slider at the gateway does: the learner sees the same lines as if typed.
    fn shift(&mut self, ctx: &Context<Self>, percent: u32) {
        let Shown { view, palette, .. } = &self.shown;
        let (Some((blue, green)), Some(route), Some(name)) =
            (palette.pair(), view.routes.first(), view.gateway.virtual_service.as_deref())
        else {
            return;
        };
        let host = route.destination.split('/').next().unwrap_or_default();
        let weights = [(blue.to_owned(), 100 - percent), (green.to_owned(), percent)];
        let files = self.session.recording.simulation().files();
        match shift::shift(files, name, host, &weights) {
            Ok(shift) => self.run(ctx, &shift.commands()),
            Err(problem) => self.say(ctx, &problem),
        }
    }

    fn restart(&mut self, ctx: &Context<Self>, seed: Seed) {
        let scenario = ctx.props().scenario.0.clone();
        let speed = self.session.playback.speed;
        let open = self.session.dashboard.is_some();
        self.session = Session::new(scenario, seed, Vec::new());
        self.session.control(Play::SpeedChosen(speed));
        if open {
            self.session.toggle_dashboard();
        }
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
        self.hush = Some(Timeout::new(SAID_MS, move || link.send_message(Msg::Hush)));
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
