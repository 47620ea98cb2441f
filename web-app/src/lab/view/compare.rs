//! The strategies side by side: a drawing and a table.

use sim_core::compare::{Outcome, Strategy};
use sim_core::time::SimDuration;
use yew::html::Scope;
use yew::{Html, html};

use crate::lab::model::compare::CompareWork;
use crate::lab::workbench::{Msg, Workbench};

/// What the card takes of the lab's width, in pixels.
const MARGIN: u32 = 26;
/// Narrowest and widest drawing, in pixels.
const WIDTH: (u32, u32) = (560, 1_320);

/// The card; none for a scenario that has nothing to compare.
pub(super) fn compare(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let (button, content) = match &bench.session.compare {
        CompareWork::Unfit => return Html::default(),
        CompareWork::Unasked => {
            let onclick = link.callback(|_| Msg::Compare);
            let button = html! { <button type="button" {onclick}>{ "Run all seven" }</button> };
            (Some(button), Html::default())
        }
        CompareWork::Made(lanes) => {
            let progress = bench.session.compare.is_moving().then(|| progress(lanes.done.len()));
            let made = (!lanes.done.is_empty()).then(|| outcomes(bench, &lanes.done));
            (None, html! { <>{ for progress }{ for made }</> })
        }
    };
    html! {
        <section class="lab-map lab-compare lab-card" aria-label="Strategies">
            <div class="lab-map-head">
                <div>
                    <h3>{ "The other strategies" }</h3>
                    <p>
                        { "The same users and pods, the new version brought in by seven strategies, each \
                           with a good version and with a bad one." }
                    </p>
                </div>
                { for button }
            </div>
            { content }
        </section>
    }
}

fn progress(done: usize) -> Html {
    let all = Strategy::ALL.len();
    html! {
        <div class="lab-map-progress" role="status">
            <progress value={done.to_string()} max={all.to_string()} aria-label="Strategies run" />
            <span>{ format!("{done} of {all} strategies") }</span>
        </div>
    }
}

fn outcomes(bench: &Workbench, outcomes: &[Outcome]) -> Html {
    let width = bench.width().saturating_sub(MARGIN).clamp(WIDTH.0, WIDTH.1);
    let svg = charts::strategies(outcomes, width);
    let rows = outcomes.iter().map(row);
    html! {
        <>
            <div class="lab-map-picture" tabindex="0" role="region" aria-label="Drawing">
                <figure>{ Html::from_html_unchecked(svg.into()) }</figure>
            </div>
            <div class="lab-scroll lab-compare-table" tabindex="0" role="region" aria-label="Strategies as a table">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{ "Strategy" }</th>
                            <th scope="col">{ "Failed" }</th>
                            <th scope="col">{ "p99" }</th>
                            <th scope="col">{ "Time to full" }</th>
                            <th scope="col">{ "Extra pod-hours" }</th>
                            <th scope="col">{ "Cost" }</th>
                            <th scope="col">{ "Bad one: failed" }</th>
                            <th scope="col">{ "Alert after" }</th>
                            <th scope="col">{ "Back after" }</th>
                        </tr>
                    </thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
        </>
    }
}

fn row(outcome: &Outcome) -> Html {
    let Outcome { strategy, good, bad, money } = outcome;
    let time = |time: Option<SimDuration>| {
        time.map_or_else(|| "–".to_owned(), |time| format!("{:.0} s", time.as_secs_f64()))
    };
    let about =
        Strategy::ALL.into_iter().find(|one| one.name() == *strategy).map_or("", Strategy::about);
    let cells = [
        good.failed.to_string(),
        good.p99_ms.map_or_else(|| "–".to_owned(), |p99| format!("{p99:.0} ms")),
        time(good.full),
        format!("{:.2}", good.extra_pod_seconds / 3_600.0),
        format!("${money:.3}"),
        bad.failed.to_string(),
        time(bad.detected),
        time(bad.back),
    ];
    html! {
        <tr>
            <th scope="row">{ *strategy }<small>{ about }</small></th>
            { for cells.into_iter().map(|cell| html! { <td>{ cell }</td> }) }
        </tr>
    }
}
