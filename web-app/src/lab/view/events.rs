//! What happened, newest first; a chosen entry shows what led to it.

use std::collections::BTreeSet;

use sim_core::trace::{Entry, Topic};
use sim_core::why;
use yew::html::Scope;
use yew::{Html, classes, html};

use crate::lab::model::words;
use crate::lab::workbench::{Msg, Workbench};

/// Most entries drawn.
const MOST_DRAWN: usize = 200;

/// Topics in the order of their buttons.
const TOPICS: [(Topic, &str); 11] = [
    (Topic::Request, "failures"),
    (Topic::Pod, "pods"),
    (Topic::Config, "config"),
    (Topic::Endpoints, "endpoints"),
    (Topic::Delivery, "delivery"),
    (Topic::Object, "objects"),
    (Topic::Database, "database"),
    (Topic::Command, "commands"),
    (Topic::Fault, "faults"),
    (Topic::Alert, "alerts"),
    (Topic::Objective, "objectives"),
];

pub(super) fn events(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    if let Some(index) = bench.desk.explained {
        return why(bench, index, link);
    }
    let trace = bench.session.recording.simulation().trace();
    let hidden = &bench.desk.hidden_topics;
    let present: BTreeSet<Topic> = trace.iter().map(|entry| entry.topic).collect();
    let filters =
        TOPICS.iter().filter(|(topic, _)| present.contains(topic)).map(|&(topic, label)| {
            let pressed = (!hidden.contains(&topic)).to_string();
            let onclick = link.callback(move |_| Msg::Filter(topic));
            html! { <button type="button" aria-pressed={pressed} {onclick}>{ label }</button> }
        });
    let entries = (0..trace.len()).rev().filter_map(|index| Some((index, trace.get(index)?)));
    let entries = entries.filter(|(_, entry)| !hidden.contains(&entry.topic)).take(MOST_DRAWN);
    let entries = entries.map(|(index, entry)| {
        html! {
            <li key={index}><button type="button" onclick={link.callback(move |_| Msg::Explain(Some(index)))}>
                { line(entry) }
            </button></li>
        }
    });
    html! {
        <div class="lab-events">
            <div class="lab-filters" role="group" aria-label="Show">{ for filters }</div>
            if trace.is_empty() {
                <p class="lab-empty">{ "Nothing has happened yet. Press play, or type a command." }</p>
            }
            <ol aria-label="Events, newest first">{ for entries }</ol>
        </div>
    }
}

fn line(entry: &Entry) -> Html {
    let topic = match entry.topic {
        Topic::Request | Topic::Fault => "bad",
        Topic::Command => "act",
        _ => "plain",
    };
    html! {
        <>
            <time>{ words::clock(entry.at) }</time>
            <span class={classes!("lab-dot", topic)} aria-hidden="true" />
            <span><code>{ &entry.subject }</code>{ " " }{ &entry.text }</span>
        </>
    }
}

/// The chain of causes of one entry.
fn why(bench: &Workbench, index: usize, link: &Scope<Workbench>) -> Html {
    let trace = bench.session.recording.simulation().trace();
    let mut chain = why::chain(trace, index);
    chain.reverse();
    let last = chain.len().saturating_sub(1);
    let steps = chain.iter().enumerate().map(|(place, entry)| {
        let at = entry.at;
        let onclick = link.callback(move |_| {
            Msg::Play(crate::lab::model::playback::Msg::Scrubbed(at))
        });
        html! {
            <li class={(place == last).then_some("asked")}>
                { line(entry) }
                <div class="lab-rules">
                    { for entry.rules.iter().map(|rule| html! { <code>{ *rule }</code> }) }
                    <button type="button" {onclick}>{ format!("Go to {}", words::clock(at)) }</button>
                </div>
            </li>
        }
    });
    html! {
        <div class="lab-events">
            <div class="lab-bar">
                <strong>{ "Why?" }</strong>
                <span class="lab-space" />
                <button type="button" onclick={link.callback(|_| Msg::Explain(None))}>
                    { "Show all events" }
                </button>
            </div>
            if chain.is_empty() {
                <p class="lab-empty">{ "This lies outside the time that is shown." }</p>
            }
            <ol class="lab-chain" aria-label="From the first cause to what happened">{ for steps }</ol>
        </div>
    }
}
