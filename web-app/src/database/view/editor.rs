//! The texts of the case: a list, and the one that is shown.

use web_sys::HtmlTextAreaElement;
use yew::html::Scope;
use yew::{Html, InputEvent, TargetCast, html};

use crate::database::lab::{DatabaseLab, Msg};
use crate::database::model::Part;

pub(super) fn editor(lab: &DatabaseLab, link: &Scope<DatabaseLab>) -> Html {
    let parts = lab.draft.parts();
    let shown = parts.iter().find(|(part, _)| *part == lab.part);
    let name = shown.map_or("", |(_, name)| name);
    let text = lab.draft.text(lab.part).to_owned();
    let oninput = link.callback(|event: InputEvent| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        Msg::Typed(area.value())
    });
    let rows = (text.lines().count() + 1).clamp(6, 16).to_string();
    html! {
        <div class="database-editor">
            <ul aria-label="Texts">
                { for parts.iter().map(|(part, name)| entry(lab, link, *part, name)) }
            </ul>
            <textarea aria-label={format!("Text of {name}")} spellcheck="false" wrap="off"
                {rows} value={text} {oninput} />
        </div>
    }
}

fn entry(lab: &DatabaseLab, link: &Scope<DatabaseLab>, part: Part, name: &str) -> Html {
    let current = (part == lab.part).then_some("true");
    let kind = match part {
        Part::Schema => "schema",
        Part::Release(_) => "release",
        Part::Migration(_) => "migration",
    };
    let onclick = link.callback(move |_| Msg::Part(part));
    html! {
        <li>
            <button type="button" aria-current={current} {onclick}>
                <small>{ kind }</small>
                { name }
            </button>
        </li>
    }
}
