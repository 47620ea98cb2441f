//! What the lab tells the learner: a notice at the top, hints above the objectives.

use sim_core::scenario::Hint;
use yew::html::Scope;
use yew::{Html, html};

use crate::lab::model::words;
use crate::lab::workbench::{Msg, Workbench};

pub(super) fn notice(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let Some(notice) = &bench.desk.notice else { return Html::default() };
    html! {
        <div class="lab-notice" role="status">
            <span>{ notice }</span>
            <button type="button" onclick={link.callback(|_| Msg::NoticeRead)}>{ "Close" }</button>
        </div>
    }
}

/// The newest hint, until it is read.
pub(super) fn hints(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let hints = bench.session.recording.simulation().hints();
    let count = hints.len();
    let objectives = bench.session.recording.simulation().objectives();
    let helps = |hint: &Hint| objectives.iter().all(|objective| objective.needs(hint));
    let newest = hints.last().filter(|(_, hint)| bench.desk.hints_read < count && helps(hint));
    let Some((at, hint)) = newest else {
        return Html::default();
    };
    html! {
        <div class="lab-hint" role="status">
            <span><b>{ format!("Hint at {}", words::clock(*at)) }</b>{ " " }{ &hint.say }</span>
            <button type="button" onclick={link.callback(move |_| Msg::HintsRead(count))}>
                { "Close" }
            </button>
        </div>
    }
}
