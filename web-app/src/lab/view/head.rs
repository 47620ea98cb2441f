//! Title, clock and the buttons that concern the whole run.

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::html::Scope;
use yew::{Callback, FocusEvent, Html, MouseEvent, TargetCast, classes, html};

use crate::lab::model::playback::{Msg as Play, Speed};
use crate::lab::model::words;
use crate::lab::workbench::{Msg, Workbench};

pub(super) fn head(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let session = &bench.session;
    let scenario = session.recording.scenario();
    let facts = [scenario.level.clone(), format!("seed {}", session.recording.seed().0)];
    let best = bench.desk.best.map(|(reached, all)| match reached == all {
        true => html! { <span class="lab-best">{ " · ✓ solved" }</span> },
        false => html! { <span class="lab-best">{ format!(" · best {reached} of {all}") }</span> },
    });
    html! {
        <header class="lab-head">
            <div class="lab-title">
                <h2>{ &scenario.title }</h2>
                <p>{ facts.join(" · ") }{ for best }</p>
            </div>
            { transport(bench, link) }
            { actions(bench, link) }
        </header>
    }
}

/// Play, step, speed, clock.
fn transport(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let session = &bench.session;
    let playing = session.playback.playing;
    let (label, icon) = match playing {
        true => ("Pause", "M4 2h3v12H4zM9 2h3v12H9z"),
        false if session.is_over() => ("Replay", "M8 2a6 6 0 1 0 6 6h-2a4 4 0 1 1-4-4v3l5-4-5-4z"),
        false => ("Play", "M4 2l10 6-10 6z"),
    };
    let past = session.recording.is_past();
    let milliseconds = bench.shown.view.now.to_string();
    let (whole, fraction) = milliseconds.split_at(milliseconds.len() - 4);
    html! {
        <div class="lab-transport" role="group" aria-label="Time">
            <button type="button" class="primary" aria-keyshortcuts="Space"
                onclick={link.callback(|_| Msg::Play(Play::Toggled))}>
                <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
                    <path d={icon} fill="currentColor" />
                </svg>
                { label }
            </button>
            <button type="button" title="To the next thing that happens ( . )"
                onclick={link.callback(|_| Msg::Step)}>{ "Step" }</button>
            { speeds(session.playback.speed, link) }
            <output class={classes!("lab-clock", past.then_some("past"))} aria-label="Simulated time">
                { whole }<small>{ fraction }</small>
            </output>
        </div>
    }
}

fn speeds(chosen: Speed, link: &Scope<Workbench>) -> Html {
    let buttons = Speed::ALL.into_iter().map(|speed| {
        let onclick = link.callback(move |_| Msg::Play(Play::SpeedChosen(speed)));
        let pressed = (speed == chosen).to_string();
        html! {
            <button type="button" aria-pressed={pressed} {onclick}>
                { format!("{}×", speed.factor()) }
            </button>
        }
    });
    html! { <div class="lab-speeds" role="group" aria-label="Speed">{ for buttons }</div> }
}

/// What is done to the run as a whole.
fn actions(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let on = |msg: fn() -> Msg| link.callback(move |_: MouseEvent| msg());
    let can_undo = !bench.session.recording.simulation().log().is_empty();
    let wide = if bench.desk.wide { "Leave full window" } else { "Fill the window" };
    html! {
        <div class="lab-actions" role="group" aria-label="Run">
            { runs(bench, link) }
            <button type="button" disabled={!can_undo} onclick={on(|| Msg::Undo)}
                title="Take the last command back">{ "Undo" }</button>
            <button type="button" onclick={on(|| Msg::Fork)}
                title="Begin another run here; this one is kept">{ "Fork here" }</button>
            <button type="button" onclick={on(|| Msg::Share)}
                title="Copy a link that replays this run">{ "Share" }</button>
            { more(bench, link) }
            <button type="button" class="lab-fill" onclick={on(|| Msg::Widen)} title={wide}
                aria-label={wide}>
                <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
                    <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" fill="none"
                        stroke="currentColor" stroke-width="1.6" />
                </svg>
            </button>
        </div>
    }
}

/// What is needed rarely. It closes when the keyboard leaves it, at Esc, or when its work is done.
fn more(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let open = bench.desk.more;
    let on =
        |msg: fn() -> Msg| link.batch_callback(move |_: MouseEvent| vec![Msg::More(false), msg()]);
    let onfocusout = link.batch_callback(|event: FocusEvent| {
        let next = event.related_target()?.dyn_into::<Element>().ok()?;
        let inside = next.closest(".lab-more").is_ok_and(|found| found.is_some());
        (!inside).then_some(Msg::More(false))
    });
    let wide = if bench.desk.wide { "Leave full window" } else { "Fill the window" };
    html! {
        <div class="lab-more" {onfocusout}>
            <button type="button" aria-expanded={open.to_string()}
                onclick={link.callback(move |_| Msg::More(!open))}>{ "More" }</button>
            if open {
                <div>
                    { item("Reset", "Same seed, from the beginning", on(|| Msg::Reset)) }
                    { item("Try a new seed", "The same world, other chance", on(|| Msg::NewSeed)) }
                    { item(wide, "Esc leads back", on(|| Msg::Widen)) }
                    { item("Show keys", "What the keyboard can do", on(|| Msg::Keys)) }
                </div>
            }
        </div>
    }
}

fn item(label: &str, hint: &str, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button type="button" {onclick}>{ label }<small>{ hint }</small></button>
    }
}

/// The run that is shown, and those that were left.
fn runs(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let recording = &bench.session.recording;
    if recording.others().is_empty() {
        return Html::default();
    }
    let onchange = link.batch_callback(|event: yew::Event| {
        let select: web_sys::HtmlSelectElement = event.target_dyn_into()?;
        Some(Msg::Resume(select.value()))
    });
    let current = recording.branch();
    let mut branches: Vec<_> = recording.others().iter().chain([current]).collect();
    branches.sort_by_key(|branch| (branch.name.len(), branch.name.clone()));
    let options = branches.into_iter().map(|branch| {
        let origin = branch.origin.as_ref();
        let origin = origin.map(|(from, at)| format!(", from {from} at {}", words::clock(*at)));
        let selected = branch.name == current.name;
        html! {
            <option value={branch.name.clone()} {selected}>
                { format!("{}{}", branch.name, origin.unwrap_or_default()) }
            </option>
        }
    });
    html! {
        <label class="lab-runs">
            <span class="lab-hidden">{ "Runs" }</span>
            <select {onchange}>{ for options }</select>
        </label>
    }
}
