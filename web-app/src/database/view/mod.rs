//! Draws the Database lab.

mod editor;
mod matrix;
mod server;
mod verdict;

use schema::compat::Case;
use web_sys::HtmlSelectElement;
use yew::html::Scope;
use yew::{Event, Html, TargetCast, html};

use super::lab::{DatabaseLab, Msg};

pub(super) fn lab(lab: &DatabaseLab, cases: &[Case], link: &Scope<DatabaseLab>) -> Html {
    let choose = link.callback(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        Msg::Case(usize::try_from(select.selected_index()).unwrap_or(0))
    });
    let options = cases.iter().enumerate().map(|(index, case)| {
        html! { <option selected={index == lab.chosen}>{ &case.title }</option> }
    });
    let chosen = lab.chosen;
    let changed = cases.get(chosen).is_some_and(|case| *case != lab.draft.case);
    html! {
        <div class="database" data-case={lab.draft.case.name.clone()}>
            <div class="database-head">
                <label>
                    <span class="lab-hidden">{ "Case" }</span>
                    <select onchange={choose}>{ for options }</select>
                </label>
                if changed {
                    <button type="button" onclick={link.callback(move |_| Msg::Case(chosen))}>
                        { "Undo my changes" }
                    </button>
                }
                <p>{ Html::from_html_unchecked(lab.draft.case.about.clone().into()) }</p>
            </div>
            { editor::editor(lab, link) }
            { matrix::matrix(lab, link) }
            { server::server(lab, link) }
        </div>
    }
}
