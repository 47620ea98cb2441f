//! What comes and goes: the result of the run, and the list of keys.

use yew::html::Scope;
use yew::{Html, html};

use super::goals;
use crate::lab::model::keys;
use crate::lab::workbench::{Msg, Workbench};

/// The result, when the run is over.
pub(super) fn finished(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    if !bench.session.is_over() || bench.desk.end_seen {
        return Html::default();
    }
    let (reached, all) = (goals::reached(&bench.shown.objectives), bench.shown.objectives.len());
    let (title, advice) = if reached == all {
        ("Cutover done.", "Share the run, or try it again with other chance.")
    } else {
        ("The run is over.", "Scrub back to where it went wrong and type another command there.")
    };
    html! {
        <div class="lab-finished" role="status">
            <p>
                <strong>{ title }</strong>
                { format!("{reached} of {all} objectives reached. {advice}") }
            </p>
            <div>
                <button type="button" class="primary" onclick={link.callback(|_| Msg::LookBack)}>
                    { "Look back" }
                </button>
                <button type="button" onclick={link.callback(|_| Msg::Reset)}>{ "Try again" }</button>
                <button type="button" onclick={link.callback(|_| Msg::Share)}>{ "Share" }</button>
            </div>
        </div>
    }
}

/// What the keyboard can do.
pub(super) fn keys(link: &Scope<Workbench>) -> Html {
    let rows = keys::LIST.iter().map(|(keys, does)| {
        let keys = keys.split(' ').map(|key| html! { <kbd>{ key }</kbd> });
        html! { <><dt>{ for keys }</dt><dd>{ *does }</dd></> }
    });
    html! {
        <div class="lab-keys" role="dialog" aria-label="Keys">
            <strong>{ "Keys" }</strong>
            <dl>{ for rows }</dl>
            <button type="button" onclick={link.callback(|_| Msg::Keys)}>{ "Close" }</button>
        </div>
    }
}
