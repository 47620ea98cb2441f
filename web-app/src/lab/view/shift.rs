//! The slider that moves traffic: it writes the VirtualService and applies it.

use web_sys::HtmlInputElement;
use yew::html::Scope;
use yew::{Callback, Html, InputEvent, Properties, TargetCast, component, html, use_state};

use crate::lab::model::layout;
use crate::lab::workbench::{Msg, Workbench};

/// The slider, if there are two versions and a VirtualService to tell them apart.
pub(super) fn slider(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let view = &bench.shown.view;
    let (Some((_, green)), Some(name)) =
        (bench.shown.palette.pair(), &view.gateway.virtual_service)
    else {
        return Html::default();
    };
    let group = view.groups.iter().find(|group| group.version == green);
    let Some(share) = group.and_then(|group| layout::configured(view, group)) else {
        return Html::default();
    };
    html! {
        <Slider green={green.to_owned()} virtual_service={name.clone()}
            now={(share * 100.0).round() as u32} shift={link.callback(Msg::Shift)} />
    }
}

#[derive(Clone, Debug, PartialEq, Properties)]
struct Props {
    /// Name of the green version.
    green: String,
    /// What is written.
    virtual_service: String,
    /// Its present share in percent.
    now: u32,
    /// Hears the wished share.
    shift: Callback<u32>,
}

#[component]
fn Slider(props: &Props) -> Html {
    let wish = use_state(|| None::<u32>);
    let shown = wish.unwrap_or(props.now);
    let oninput = {
        let wish = wish.clone();
        Callback::from(move |event: InputEvent| {
            let input: HtmlInputElement = event.target_unchecked_into();
            wish.set(input.value().parse().ok());
        })
    };
    let onclick = {
        let (shift, wish) = (props.shift.clone(), wish.clone());
        Callback::from(move |_| {
            wish.set(None);
            shift.emit(shown);
        })
    };
    let changed = shown != props.now;
    html! {
        <div class="lab-shift">
            <label>
                <span>{ format!("Traffic to {}", props.green) }</span>
                <input type="range" min="0" max="100" step="5" value={shown.to_string()} {oninput}
                    aria-valuetext={format!("{shown} percent")} style={format!("--at:{shown}%")} />
                <output>{ format!("{shown} %") }</output>
            </label>
            <button type="button" disabled={!changed} {onclick}
                title={format!("Writes {}.yaml and applies it", props.virtual_service)}>
                { "Shift traffic" }
            </button>
        </div>
    }
}
