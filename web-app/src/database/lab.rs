//! The lab's state: which case, how it was changed, and what the server has said.

use std::rc::Rc;

use schema::compat::Case;
use wasm_bindgen_futures::spawn_local;
use yew::{AttrValue, Component, Context, Html, Properties};

use super::model::{Draft, Observed, Part, Refused};
use super::{trial, view};
use crate::port::clock;
use crate::port::pglite::Server;

/// Cases as a property: compared by identity, since they never change.
#[derive(Clone, Debug)]
pub(super) struct Shared(Rc<Vec<Case>>);

impl Shared {
    /// Shares cases.
    pub(super) fn new(cases: Vec<Case>) -> Self {
        Self(Rc::new(cases))
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Properties.
#[derive(Clone, Debug, PartialEq, Properties)]
pub(super) struct Props {
    /// The cases; at least one.
    pub(super) cases: Shared,
    /// Where the book begins, relative to the page.
    pub(super) root: AttrValue,
}

/// What happens in the lab.
pub(super) enum Msg {
    /// Another case is chosen, or the same one anew.
    Case(usize),
    /// Another text is shown.
    Part(Part),
    /// The text that is shown has changed.
    Typed(String),
    /// A verdict is looked at: its step, and its release.
    Cell(usize, String),
    /// The server is wanted.
    Load,
    /// It is there, with its version, or it is not.
    Loaded(Result<(Server, String), String>),
    /// The case is to be run on it.
    Run,
    /// It has been run; the number tells which run.
    Ran(u32, Result<Vec<Observed>, Refused>),
}

/// How far the server has come.
pub(super) enum State {
    /// Nobody has asked for it.
    Absent,
    /// It is being loaded.
    Loading,
    /// It cannot be had; why.
    Failed(String),
    /// It waits for work.
    Ready {
        /// The server.
        server: Server,
        /// Its version.
        version: String,
        /// How long it took to come, in milliseconds.
        took: f64,
    },
}

/// What the server has said of the draft.
pub(super) enum Trial {
    /// Nothing yet.
    None,
    /// It works.
    Running,
    /// Step by step.
    Done(Vec<Observed>),
    /// The schema cannot be made.
    Refused(Refused),
}

/// A Database lab on the page.
pub(super) struct DatabaseLab {
    pub(super) chosen: usize,
    pub(super) draft: Draft,
    pub(super) part: Part,
    pub(super) cell: Option<(usize, String)>,
    pub(super) state: State,
    pub(super) trial: Trial,
    asked: f64,
    run: u32,
}

impl DatabaseLab {
    fn open(&mut self, case: &Case, chosen: usize) {
        self.chosen = chosen;
        self.draft = Draft::new(case.clone());
        // The last migration is what most questions are about.
        self.part = match case.migrations.len() {
            0 => Part::Schema,
            count => Part::Migration(count - 1),
        };
        self.forget();
    }

    /// What was said of another text says nothing of this one.
    fn forget(&mut self) {
        self.cell = None;
        self.trial = Trial::None;
        self.run += 1;
    }

    fn load(&mut self, ctx: &Context<Self>) {
        self.state = State::Loading;
        self.asked = clock::now_ms();
        let root = ctx.props().root.clone();
        let done = ctx.link().callback(Msg::Loaded);
        spawn_local(async move { done.emit(start(&root).await) });
    }

    /// Runs the draft on the server, if both are there.
    fn run(&mut self, ctx: &Context<Self>) {
        let (State::Ready { server, .. }, Ok(case)) = (&self.state, self.draft.case.read()) else {
            return;
        };
        self.trial = Trial::Running;
        self.run += 1;
        let (server, run) = (server.clone(), self.run);
        let done = ctx.link().callback(move |outcome| Msg::Ran(run, outcome));
        spawn_local(async move { done.emit(trial::run(&server, &case).await) });
    }
}

async fn start(root: &str) -> Result<(Server, String), String> {
    let server = Server::start(root).await?;
    let version = server.ask("SHOW server_version").await.map_err(|error| error.message)?;
    let version = version.into_iter().flatten().flatten().next();
    Ok((server, version.unwrap_or_default()))
}

impl Component for DatabaseLab {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let case = ctx.props().cases.0.first().cloned().unwrap_or_default();
        let mut lab = Self {
            chosen: 0,
            draft: Draft::new(Case::default()),
            part: Part::Schema,
            cell: None,
            state: State::Absent,
            trial: Trial::None,
            asked: 0.0,
            run: 0,
        };
        lab.open(&case, 0);
        lab
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Case(index) => {
                let Some(case) = ctx.props().cases.0.get(index) else { return false };
                self.open(case, index);
                self.run(ctx);
            }
            Msg::Part(part) => self.part = part,
            Msg::Typed(text) => {
                self.draft = self.draft.with(self.part, text);
                self.forget();
            }
            Msg::Cell(step, release) => {
                let cell = Some((step, release));
                self.cell = if self.cell == cell { None } else { cell };
            }
            Msg::Load => self.load(ctx),
            Msg::Loaded(Ok((server, version))) => {
                let took = clock::now_ms() - self.asked;
                self.state = State::Ready { server, version, took };
                self.run(ctx);
            }
            Msg::Loaded(Err(problem)) => self.state = State::Failed(problem),
            Msg::Run => self.run(ctx),
            Msg::Ran(run, outcome) => {
                if run != self.run {
                    return false;
                }
                self.trial = outcome.map_or_else(Trial::Refused, Trial::Done);
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        view::lab(self, &ctx.props().cases.0, ctx.link())
    }
}
