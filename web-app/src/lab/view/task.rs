//! What there is to do: the scenario's brief; and when the run is over, what there was to learn.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};
use yew::{AttrValue, Html, Properties, component, html};

use crate::lab::workbench::Workbench;

pub(super) fn task(bench: &Workbench) -> Html {
    let scenario = bench.session.recording.scenario();
    let brief = scenario.brief.clone();
    if !bench.session.is_over() || scenario.debrief.is_empty() {
        return html! { <div class="lab-brief"><Told text={brief} /></div> };
    }
    let debrief = scenario.debrief.clone();
    html! {
        <div class="lab-brief"><Told text={debrief} /><hr /><Told text={brief} /></div>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// Markdown.
    text: AttrValue,
}

#[component]
fn Told(props: &Props) -> Html {
    if props.text.trim().is_empty() {
        return html! { <p class="lab-empty">{ "Reach the objectives below." }</p> };
    }
    let mut text = String::new();
    push_html(&mut text, events(&props.text));
    Html::from_html_unchecked(text.into())
}

/// A scenario may come from anybody: its text stays text, and leads nowhere.
fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Link { .. } | Tag::Image { .. })
        | Event::End(TagEnd::Link | TagEnd::Image) => None,
        other => Some(other),
    })
}
