//! The two charts, drawn anew only when there is something new.

use std::rc::Rc;

use charts::Panel;
use yew::{AttrValue, Html, Properties, component, html};

use crate::lab::workbench::Workbench;

pub(super) fn charts(bench: &Workbench) -> Html {
    if let Some(problem) = bench.session.charts.problem() {
        return html! { <p class="lab-problem" role="alert">{ problem }</p> };
    }
    let (traffic, latency) = bench.panels.clone();
    html! {
        <div class="lab-charts">
            <Chart title="Requests per second, by version and outcome" panel={traffic} />
            <Chart title="Latency of the slowest 1 % (p99), in ms" panel={latency} />
        </div>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// For people.
    title: AttrValue,
    /// What is drawn.
    panel: Rc<Panel>,
}

#[component]
fn Chart(props: &Props) -> Html {
    html! {
        <figure>
            <figcaption>{ &props.title }</figcaption>
            { Html::from_html_unchecked(props.panel.svg().into()) }
        </figure>
    }
}
