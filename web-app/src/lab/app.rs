//! Fetches a scenario and shows the workbench, or says why not.

use std::sync::Arc;

use sim_core::diagnostic::{Diagnostic, Severity};
use sim_core::random::Seed;
use sim_core::recording::SharedRun;
use sim_core::scenario::{Bundle, LogEntry, Scenario};
use wasm_bindgen_futures::spawn_local;
use yew::{Component, Context, Html, html};

use super::Place;
use super::workbench::{Tab, Workbench};
use crate::port::{fetch, link};

/// What happens to a lab from outside.
pub(super) enum Msg {
    /// The scenario's files are here, or not.
    Fetched(Result<Bundle, String>),
    /// Somebody wants to try again.
    Retried,
}

/// How far the lab has come.
enum State {
    Loading,
    /// Nothing can be shown; why.
    Failed(Failure),
    Ready(Arc<Scenario>, Start),
}

/// Why there is no lab.
enum Failure {
    Fetch(String),
    Scenario(Vec<Diagnostic>),
}

/// How a run begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Start {
    /// Its seed.
    pub(super) seed: Seed,
    /// Its log.
    pub(super) log: Vec<LogEntry>,
    /// What is in front on the side.
    pub(super) front: Tab,
    /// Something to tell the reader first.
    pub(super) notice: Option<String>,
}

/// A lab on the page.
pub(super) struct Lab {
    state: State,
}

impl Lab {
    fn fetch(ctx: &Context<Self>) {
        let Place { root, scenario, .. } = ctx.props();
        let address = format!("{root}scenarios/{scenario}.json");
        let done = ctx.link().callback(Msg::Fetched);
        spawn_local(async move { done.emit(fetch::json(address).await) });
    }
}

impl Component for Lab {
    type Message = Msg;
    type Properties = Place;

    fn create(ctx: &Context<Self>) -> Self {
        Self::fetch(ctx);
        Self { state: State::Loading }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        self.state = match msg {
            Msg::Retried => {
                Self::fetch(ctx);
                State::Loading
            }
            Msg::Fetched(Err(problem)) => State::Failed(Failure::Fetch(problem)),
            Msg::Fetched(Ok(bundle)) => match Scenario::load(&bundle) {
                Err(problems) => State::Failed(Failure::Scenario(problems)),
                Ok((scenario, _)) => {
                    let start = start(ctx.props(), &scenario);
                    State::Ready(Arc::new(scenario), start)
                }
            },
        };
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        match &self.state {
            State::Loading => html! {
                <div class="lab-wait" role="status">
                    <span class="lab-pulse" aria-hidden="true" />
                    { "Setting up the cluster…" }
                </div>
            },
            State::Failed(failure) => {
                let retry = ctx.link().callback(|_| Msg::Retried);
                view_failure(failure, retry)
            }
            State::Ready(scenario, start) => html! {
                <Workbench scenario={Shared(Arc::clone(scenario))} start={start.clone()} />
            },
        }
    }
}

/// A scenario as a property: compared by identity, since it never changes.
#[derive(Clone, Debug)]
pub(super) struct Shared(pub(super) Arc<Scenario>);

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// The run that the address holds, else the log that the page names, else an empty one.
fn start(place: &Place, scenario: &Scenario) -> Start {
    let front = if place.task_first { Tab::Task } else { Tab::Terminal };
    let mut start = Start { seed: Seed(place.seed), log: Vec::new(), front, notice: None };
    if let Some(text) = link::encoded_run().filter(|_| place.first) {
        match SharedRun::decode(&text) {
            Ok(run) if run.scenario == scenario.name => {
                (start.seed, start.log) = (run.seed, run.log);
                start.notice = Some(
                    "This link holds somebody's run. Press play: their commands are given when \
                     their time comes. A command of yours makes it your own."
                        .into(),
                );
                return start;
            }
            Ok(run) => {
                start.notice = Some(format!(
                    "The link is a run of scenario {}, but this is {}. Here is a fresh run instead.",
                    run.scenario, scenario.name
                ));
            }
            Err(problem) => {
                start.notice = Some(format!("{problem}. Here is a fresh run instead."));
            }
        }
    }
    if let Some(name) = &place.log {
        let naive = scenario.naive.get(name.as_str()).map(|naive| &naive.log);
        match scenario.solutions.get(name.as_str()).or(naive) {
            Some(log) => start.log.clone_from(log),
            None => start.notice = Some(format!("The scenario has no log called {name}.")),
        }
    }
    start
}

fn view_failure(failure: &Failure, retry: yew::Callback<yew::MouseEvent>) -> Html {
    let (title, detail) = match failure {
        Failure::Fetch(problem) => ("The scenario did not arrive", html! { <p>{ problem }</p> }),
        Failure::Scenario(problems) => {
            let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
            let lines = errors.map(|problem| html! { <li>{ problem.to_string() }</li> });
            ("The scenario has mistakes", html! { <ul class="lab-mistakes">{ for lines }</ul> })
        }
    };
    html! {
        <div class="lab-wait lab-failed" role="alert">
            <strong>{ title }</strong>
            { detail }
            <button type="button" onclick={retry}>{ "Try again" }</button>
        </div>
    }
}
