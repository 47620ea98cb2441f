//! The real server: how it is asked for, and what it cannot show.

use yew::html::Scope;
use yew::{Html, html};

use crate::database::lab::{DatabaseLab, Msg, State, Trial};
use crate::database::model::{Agreement, Observed, agreement};

pub(super) fn server(lab: &DatabaseLab, link: &Scope<DatabaseLab>) -> Html {
    let load = link.callback(|_| Msg::Load);
    let bar = match &lab.state {
        State::Absent => html! {
            <>
                <button type="button" class="primary" onclick={load}>
                    { "Ask a real PostgreSQL" }
                </button>
                <span class="muted">{ "Loads PGlite, about 6 MB, from this site. It runs in your browser." }</span>
            </>
        },
        State::Loading => html! {
            <span role="status"><span class="lab-pulse" aria-hidden="true" />{ " PostgreSQL is starting…" }</span>
        },
        State::Failed(problem) => html! {
            <>
                <button type="button" onclick={load}>{ "Try again" }</button>
                <span class="bad" role="alert">{ problem }</span>
            </>
        },
        State::Ready { version, took, .. } => ready(lab, version, *took, link),
    };
    html! {
        <div class="database-foot">
            <div class="database-bar">{ bar }</div>
            <p class="muted">
                { "This PostgreSQL has one connection. It shows what works, which lock a migration takes and \
                   whether a table is written again; " }
                <em>{ "who waits for that lock, and for how long" }</em>
                { ", takes traffic: that is what the simulator is for." }
            </p>
        </div>
    }
}

fn ready(lab: &DatabaseLab, version: &str, took: f64, link: &Scope<DatabaseLab>) -> Html {
    let run = link.callback(|_| Msg::Run);
    let able = lab.draft.matrix.is_ok() && !matches!(lab.trial, Trial::Running);
    let answer = match &lab.trial {
        Trial::None => format!("PostgreSQL {version} is ready, after {:.1} s.", took / 1000.0),
        Trial::Running => "It works…".to_owned(),
        Trial::Refused(refused) => {
            format!("The schema cannot be made: {} {}", refused.code, refused.message)
        }
        Trial::Done(steps) => summary(lab, steps, version),
    };
    html! {
        <>
            <button type="button" class="primary" disabled={!able} onclick={run}>
                { format!("Run on PostgreSQL {version}") }
            </button>
            <span role="status">{ answer }</span>
        </>
    }
}

/// How many verdicts agree.
fn summary(lab: &DatabaseLab, steps: &[Observed], version: &str) -> String {
    let Ok(matrix) = &lab.draft.matrix else { return String::new() };
    let (mut same, mut all) = (0, 0);
    for (step, observed) in matrix.steps.iter().zip(steps) {
        for (name, cell) in &step.releases {
            let Some(refused) = observed.releases.get(name) else { continue };
            all += 1;
            same += u32::from(agreement(cell, refused.as_ref()) == Agreement::Agree);
        }
    }
    format!("Model and PostgreSQL {version} agree in {same} of {all} cells.")
}
