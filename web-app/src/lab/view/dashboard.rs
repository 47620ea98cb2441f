//! The dashboard: Grafana's panels of this run, beside each other as there is room.

use std::rc::Rc;

use charts::{Heat, Panel};
use yew::html::Scope;
use yew::{AttrValue, Html, Properties, component, html};

use crate::lab::model::dashboard::{Dashboard, Drawing, Shown};
use crate::lab::workbench::{Msg, Workbench};

/// The card; its panels only once somebody wants to see them.
pub(super) fn dashboard(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let open = bench.session.dashboard.as_ref();
    let onclick = link.callback(|_| Msg::Dashboard);
    let label = if open.is_some() { "Close it" } else { "Open it" };
    html! {
        <section class="lab-dashboard lab-card" aria-label="Dashboard">
            <div class="lab-map-head">
                <div>
                    <h3>{ "Dashboard" }</h3>
                    <p>
                        { "What Grafana would show of this run, from the same queries. Each panel says \
                           which one it asks." }
                    </p>
                </div>
                <button type="button" aria-expanded={open.is_some().to_string()} {onclick}>{ label }</button>
            </div>
            { for open.map(|open| panels(bench, open)) }
        </section>
    }
}

fn panels(bench: &Workbench, dashboard: &Dashboard) -> Html {
    let columns = format!("--columns: {}", bench.dashboard_columns());
    html! {
        <div class="lab-panels" style={columns}>{ for dashboard.panels().iter().map(panel) }</div>
    }
}

fn panel(shown: &Shown) -> Html {
    let drawing = match (shown.problem(), &shown.drawing) {
        (Some(problem), _) => html! { <p class="lab-problem" role="alert">{ problem }</p> },
        (None, Drawing::Plot(plot)) => html! { <Plot plot={plot.clone()} /> },
        (None, Drawing::Heat(heat)) => html! { <Field heat={heat.clone()} /> },
    };
    // A heat map says its unit itself, above its rows.
    let unit: AttrValue = match shown.drawing {
        Drawing::Plot(_) => shown.unit().into(),
        Drawing::Heat(_) => "".into(),
    };
    html! {
        <figure key={shown.panel.title}>
            <figcaption>{ shown.panel.title }<small>{ unit }</small></figcaption>
            { drawing }
            <details>
                <summary>{ "Query" }</summary>
                <code>{ shown.panel.query }</code>
            </details>
        </figure>
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct PlotProps {
    /// What is drawn.
    plot: Rc<Panel>,
}

/// Drawn anew only when there is something new.
#[component]
fn Plot(props: &PlotProps) -> Html {
    Html::from_html_unchecked(props.plot.svg().into())
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct FieldProps {
    /// What is drawn.
    heat: Rc<Heat>,
}

/// The same of buckets.
#[component]
fn Field(props: &FieldProps) -> Html {
    Html::from_html_unchecked(props.heat.svg().into())
}
