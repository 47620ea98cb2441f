//! What there is to do: the scenario's brief.

use pulldown_cmark::{Event, Options, Parser, html::push_html};
use yew::{AttrValue, Html, Properties, component, html};

use crate::lab::workbench::Workbench;

pub(super) fn task(bench: &Workbench) -> Html {
    let brief = bench.session.recording.scenario().brief.clone();
    html! { <Brief {brief} /> }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// Markdown.
    brief: AttrValue,
}

#[component]
fn Brief(props: &Props) -> Html {
    if props.brief.trim().is_empty() {
        return html! { <p class="lab-empty">{ "Reach the objectives below." }</p> };
    }
    // A scenario may come from anybody: its text stays text.
    let events = Parser::new_ext(&props.brief, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        other => other,
    });
    let mut text = String::new();
    push_html(&mut text, events);
    html! { <div class="lab-brief">{ Html::from_html_unchecked(text.into()) }</div> }
}
