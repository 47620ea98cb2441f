//! The safety map: a drawing, the path in words, and the same as a table.

use std::rc::Rc;

use charts::Map;
use sim_core::map::{Class, SafetyMap, Station};
use yew::html::Scope;
use yew::{Html, Properties, component, html};

use crate::lab::model::map::{Asked, IS_MADE, MapWork};
use crate::lab::model::words;
use crate::lab::workbench::{Msg, Workbench};

/// What the card takes of the lab's width, in pixels.
const MARGIN: u32 = 26;
/// Narrowest and widest drawing, in pixels.
const WIDTH: (u32, u32) = (300, 1_320);

/// The card; none for a scenario that does not say what its database holds.
pub(super) fn map(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    if !IS_MADE || bench.session.recording.scenario().database.schema.is_none() {
        return Html::default();
    }
    let label = match &bench.session.map {
        MapWork::Unasked => Some("Draw the map"),
        _ if bench.session.map.is_old(&bench.session.recording) => {
            Some("Draw it for the run as it is now")
        }
        MapWork::Failed(_) | MapWork::Made(..) => None,
    };
    let button = label.map(|label| {
        let onclick = link.callback(|_| Msg::Map);
        html! { <button type="button" {onclick}>{ label }</button> }
    });
    html! {
        <section class="lab-map lab-card" aria-label="Safety map">
            <div class="lab-map-head">
                <div>
                    <h3>{ "Safety map" }</h3>
                    <p>
                        { "Every release on every schema at every split of the traffic, each a run of its \
                           own. Your run so far is the path." }
                    </p>
                </div>
                { for button }
            </div>
            { content(bench) }
        </section>
    }
}

fn content(bench: &Workbench) -> Html {
    match &bench.session.map {
        MapWork::Unasked => Html::default(),
        MapWork::Failed(problem) => html! {
            <p class="lab-problem" role="alert">{ format!("There is no map: {problem}.") }</p>
        },
        MapWork::Made(making, asked) => {
            let map = making.map();
            html! {
                <>
                    if !making.is_done() { { progress(map) } }
                    if !map.rows.is_empty() {
                        { picture(bench, map) }
                        if making.is_done() {
                            { path(map, asked) }
                            { table(map) }
                        }
                    }
                </>
            }
        }
    }
}

fn progress(map: &SafetyMap) -> Html {
    let (done, all) = map.progress();
    let (done, all) = match all {
        0 => (None, "1".to_owned()),
        all => (Some(done.to_string()), all.to_string()),
    };
    html! {
        <div class="lab-map-progress" role="status">
            <progress value={done.clone()} max={all.clone()} aria-label="Runs made" />
            <span>
                { match done {
                    Some(done) => format!("{done} of {all} runs"),
                    None => "Your run is made again, and the releases are deployed".to_owned(),
                } }
            </span>
        </div>
    }
}

fn picture(bench: &Workbench, map: &SafetyMap) -> Html {
    let title = &bench.session.recording.scenario().title;
    let width = bench.width().saturating_sub(MARGIN).clamp(WIDTH.0, WIDTH.1);
    let map = Rc::new(Map::of(map, title, width));
    html! { <div class="lab-map-picture" tabindex="0" role="region" aria-label="Drawing"><Picture {map} /></div> }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// What is drawn.
    map: Rc<Map>,
}

/// Drawn anew only when there is something new.
#[component]
fn Picture(props: &Props) -> Html {
    html! { <figure>{ Html::from_html_unchecked(props.map.svg().into()) }</figure> }
}

/// The stations in words.
fn path(map: &SafetyMap, asked: &Asked) -> Html {
    let stations = map.path.iter().zip(map.numbers()).map(|(station, number)| {
        let number = number.map_or_else(|| "–".to_owned(), |number| number.to_string());
        let class = if station.class.is_bad() { "bad" } else { "" };
        html! {
            <li>
                <i aria-hidden="true">{ number }</i>
                <time>{ station.from.to_string() }</time>
                <span>
                    { map.place(station) }{ ": " }<b {class}>{ station.class.name() }</b>
                    { for lost(station).map(|lost| html! { <small>{ lost }</small> }) }
                    { for reasons(station).map(|reason| html! { <small>{ reason }</small> }) }
                </span>
            </li>
        }
    });
    html! {
        <div class="lab-map-path">
            <h4>{ format!("Your run up to {}", words::clock(asked.until)) }</h4>
            <ol>{ for stations }</ol>
            <p>{ map.way_back() }</p>
        </div>
    }
}

fn lost(station: &Station) -> Option<String> {
    let Station { failed, requests, .. } = *station;
    (0 < failed).then(|| format!("{failed} of {requests} requests failed"))
}

fn reasons(station: &Station) -> impl Iterator<Item = &String> {
    station.reasons.iter().filter(|_| station.class != Class::Safe)
}

/// What the drawing shows, cell by cell, with reasons.
fn table(map: &SafetyMap) -> Html {
    let heads =
        (0..map.columns.len()).map(|column| html! { <th scope="col">{ map.column(column) }</th> });
    let rows = map.table().into_iter().enumerate().map(|(index, row)| {
        let cells = row.fields.iter().enumerate().map(|(column, field)| {
            let class = field.class.map_or("not run", Class::name);
            let cell = map.rows[index].cells[column].as_ref();
            let reasons = cell.map(|cell| cell.reasons.join("; ")).filter(|text| !text.is_empty());
            let flow = field.flow.filter(|flow| *flow != sim_core::map::Flow::Free);
            let failed = Some(&field.text).filter(|text| !text.is_empty());
            html! {
                <td>
                    { class }
                    { for failed.map(|share| format!(", {share} of requests fail")) }
                    { for flow.map(|flow| html! { <small>{ flow.meaning() }</small> }) }
                    { for reasons.map(|reasons| html! { <small>{ reasons }</small> }) }
                </td>
            }
        });
        html! {
            <tr>
                <th scope="row">{ map.row(index) }<small>{ row.apart.unwrap_or(row.note) }</small></th>
                { for cells }
            </tr>
        }
    });
    html! {
        <details class="lab-map-table">
            <summary>{ "As a table, with reasons" }</summary>
            <div class="lab-scroll" tabindex="0" role="region" aria-label="Safety map as a table">
                <table>
                    <caption>{ map.summary() }</caption>
                    <thead><tr><th scope="col">{ "Schema after" }</th>{ for heads }</tr></thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </div>
        </details>
    }
}
