//! The side: tabs, and what is in front.

use web_sys::HtmlElement;
use yew::html::Scope;
use yew::{Html, KeyboardEvent, TargetCast, html};

use super::{events, files, metrics, task, terminal};
use crate::lab::workbench::{Msg, Tab, Workbench};

const TABS: [(Tab, &str); 5] = [
    (Tab::Task, "Task"),
    (Tab::Terminal, "Terminal"),
    (Tab::Files, "Files"),
    (Tab::Events, "Events"),
    (Tab::Metrics, "Metrics"),
];

pub(super) fn side(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let front = bench.desk.tab;
    let name = bench.session.recording.scenario().name.clone();
    let tabs = TABS.iter().map(|&(tab, label)| {
        let chosen = tab == front;
        html! {
            <button type="button" role="tab" id={format!("{name}-tab-{label}")}
                aria-selected={chosen.to_string()} aria-controls={format!("{name}-panel")}
                tabindex={if chosen { "0" } else { "-1" }}
                onclick={link.callback(move |_| Msg::Open(tab))}>{ label }</button>
        }
    });
    let onkeydown = link.batch_callback(move |event: KeyboardEvent| neighbour(front, &event));
    let (panel, label) = match front {
        Tab::Task => (task::task(bench), "Task"),
        Tab::Terminal => (terminal::terminal(bench, link), "Terminal"),
        Tab::Files => (files::files(bench, link), "Files"),
        Tab::Events => (events::events(bench, link), "Events"),
        Tab::Metrics => (metrics::metrics(bench), "Metrics"),
    };
    html! {
        <>
            <div class="lab-tabs" role="tablist" aria-label="Tools" {onkeydown}>{ for tabs }</div>
            <div class="lab-panel" role="tabpanel" id={format!("{name}-panel")}
                aria-labelledby={format!("{name}-tab-{label}")} key={label}>{ panel }</div>
        </>
    }
}

/// Arrows go from tab to tab, as the pattern for tab lists asks.
fn neighbour(front: Tab, event: &KeyboardEvent) -> Option<Msg> {
    let place = TABS.iter().position(|(tab, _)| *tab == front)?;
    let count = TABS.len();
    let next = match event.key().as_str() {
        "ArrowRight" => (place + 1) % count,
        "ArrowLeft" => (place + count - 1) % count,
        "Home" => 0,
        "End" => count - 1,
        _ => return None,
    };
    event.prevent_default();
    event.stop_propagation();
    let tabs = event.target_dyn_into::<HtmlElement>()?.parent_element()?.children();
    if let Some(tab) = tabs.item(next as u32) {
        crate::port::page::focus(&tab);
    }
    Some(Msg::Open(TABS[next].0))
}
