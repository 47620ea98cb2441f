//! The two charts, drawn anew only when there is something new.

use charts::Panel;
use sim_core::time::SimTime;
use yew::{AttrValue, Html, Properties, component, html};

use crate::lab::model::panels::Frame;
use crate::lab::workbench::Workbench;

/// The cursor moves in steps of this share of the run: charts are dear to draw.
const CURSOR_STEPS: i64 = 400;

pub(super) fn charts(bench: &Workbench) -> Html {
    let charts = &bench.session.charts;
    if let Some(problem) = charts.problem() {
        return html! { <p class="lab-problem" role="alert">{ problem }</p> };
    }
    let step = (bench.shown.end.as_micros() / CURSOR_STEPS).max(1);
    let frame = Frame {
        width: bench.chart_width(),
        now: SimTime::from_micros(bench.shown.now.as_micros() / step * step),
        commands: &bench.commands,
        incidents: &bench.incidents,
    };
    html! {
        <div class="lab-charts">
            <Chart title="Requests per second, by version and outcome"
                panel={charts.traffic(&bench.palette, &frame)} />
            <Chart title="Latency, slowest 1 % (p99)"
                panel={charts.latency(&bench.palette, &frame)} />
        </div>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// For people.
    title: AttrValue,
    /// What is drawn.
    panel: Panel,
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
