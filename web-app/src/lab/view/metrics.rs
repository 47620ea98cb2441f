//! PromQL over the run: what the monitoring of the field would answer now.

use sim_core::simulation::InstantSample;
use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, Properties, TargetCast, component, html, use_state};

use crate::lab::app::Shared;
use crate::lab::workbench::Workbench;

/// Questions worth asking.
const EXAMPLES: [(&str, &str); 4] = [
    (
        "Error ratio by version",
        "sum by (destination_version) (rate(istio_requests_total{response_code=~\"5..\"}[1m])) / \
         sum by (destination_version) (rate(istio_requests_total[1m]))",
    ),
    (
        "Requests by code",
        "sum by (destination_version, response_code) (rate(istio_requests_total[1m]))",
    ),
    (
        "Median latency",
        "histogram_quantile(0.5, sum by (destination_version, le) \
         (rate(istio_request_duration_milliseconds_bucket[1m])))",
    ),
    ("Available replicas", "kube_deployment_status_replicas_available"),
];
/// Most samples drawn.
const MOST_DRAWN: usize = 100;

pub(super) fn metrics(bench: &Workbench) -> Html {
    let run = Run(bench.session.recording.simulation().clone());
    html! { <Metrics {run} /> }
}

/// A run as a property: compared by scenario, time and number of commands.
#[derive(Clone, Debug)]
struct Run(sim_core::simulation::Simulation);

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        let scenario = |run: &Self| Shared(run.0.scenario().clone());
        let place = |run: &Self| (run.0.now(), run.0.log().len());
        place(self) == place(other) && scenario(self) == scenario(other)
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// What is asked.
    run: Run,
}

#[component]
fn Metrics(props: &Props) -> Html {
    let query = use_state(|| EXAMPLES[1].1.to_owned());
    let oninput = {
        let query = query.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            query.set(input.value());
        })
    };
    let examples = EXAMPLES.iter().map(|&(label, example)| {
        let query = query.clone();
        let onclick = move |_| query.set(example.to_owned());
        html! { <button type="button" {onclick}>{ label }</button> }
    });
    let answer = if query.trim().is_empty() {
        html! { <p class="lab-empty">{ "Type a query, or choose one above." }</p> }
    } else {
        match props.run.0.query(&query, props.run.0.now()) {
            Err(problem) => html! { <p class="lab-problem" role="alert">{ problem }</p> },
            Ok(samples) if samples.is_empty() => html! {
                <p class="lab-empty">{ "No series matches at this time." }</p>
            },
            Ok(samples) => table(&samples),
        }
    };
    html! {
        <div class="lab-metrics">
            <input type="text" aria-label="PromQL query" spellcheck="false" autocomplete="off"
                value={(*query).clone()} {oninput} />
            <div class="lab-filters" role="group" aria-label="Examples">{ for examples }</div>
            <div class="lab-scroll">{ answer }</div>
        </div>
    }
}

fn table(samples: &[InstantSample]) -> Html {
    let rows = samples.iter().take(MOST_DRAWN).map(|sample| {
        let labels: Vec<_> =
            sample.labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let labels = if labels.is_empty() { "{}".to_owned() } else { labels.join(", ") };
        html! { <tr><td><code>{ labels }</code></td><td>{ number(sample.value) }</td></tr> }
    });
    html! {
        <table>
            <thead><tr><th scope="col">{ "Series" }</th><th scope="col">{ "Value" }</th></tr></thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

fn number(value: f64) -> String {
    if value == 0.0 || (0.001..1e9).contains(&value.abs()) {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:e}")
    }
}
