//! The objectives: always in sight.

use sim_core::scenario::ObjectiveMode;
use sim_core::simulation::{ObjectiveState, ObjectiveStatus};
use yew::{Html, classes, html};

use crate::lab::model::{session, words};
use crate::lab::workbench::Workbench;

/// How many objectives are reached.
pub(in crate::lab) fn reached(objectives: &[ObjectiveStatus]) -> usize {
    objectives.iter().filter(|status| matches!(status.state, ObjectiveState::Reached(_))).count()
}

pub(super) fn goals(bench: &Workbench) -> Html {
    let goals = bench.shown.objectives.iter().map(goal);
    html! { <ul class="lab-goals" aria-label="Objectives">{ for goals }</ul> }
}

fn goal(status: &ObjectiveStatus) -> Html {
    let (class, sign, when) = match status.state {
        ObjectiveState::Reached(at) => ("reached", "✓", words::clock(at)),
        ObjectiveState::Missed(at) => ("missed", "✗", words::clock(at)),
        ObjectiveState::Open => ("open", "○", due(status.mode).to_owned()),
    };
    html! {
        <li class={classes!("lab-goal", class)}>
            <i aria-hidden="true">{ sign }</i>
            <span>
                { &status.title }
                <span class="lab-hidden">{ format!(" ({})", session::verdict(status.state)) }</span>
                if let Some(problem) = &status.problem { <small>{ problem }</small> }
            </span>
            <span class="lab-when">{ when }</span>
        </li>
    }
}

/// When an open objective is decided.
fn due(mode: ObjectiveMode) -> &'static str {
    match mode {
        ObjectiveMode::AtEnd => "at the end",
        ObjectiveMode::Always => "held so far",
        ObjectiveMode::Eventually => "not yet",
    }
}
