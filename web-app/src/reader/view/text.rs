//! Typed answers: a phrase, a number, a program's output.

use quizzes::kind::Kind;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::{Callback, Html, InputEvent, KeyboardEvent, TargetCast, html};

use super::Place;
use crate::reader::model::answer::{Draft, Edit};
use crate::reader::model::attempt::{Attempt, Msg, Phase};

pub(super) fn text(place: Place<'_>, kind: &Kind, attempt: &Attempt, send: &Callback<Msg>) -> Html {
    let checked = matches!(attempt.phase, Phase::Checked(_));
    if let Draft::Trace(compiles, stdout) = &attempt.draft {
        return trace(place, *compiles, stdout, checked, send);
    }
    let Draft::Text(text) = &attempt.draft else { return Html::default() };
    let oninput = send.reform(|event: InputEvent| {
        let input: HtmlInputElement = event.target_unchecked_into();
        Msg::Edited(Edit::Text(input.value()))
    });
    let onkeydown = {
        let send = send.clone();
        Callback::from(move |event: KeyboardEvent| {
            // The book turns pages at the arrows.
            event.stop_propagation();
            if event.key() == "Enter" && !checked {
                send.emit(Msg::Checked);
            }
        })
    };
    let (mode, unit) = match kind {
        Kind::Numeric(form) => ("decimal", form.unit.as_str()),
        _ => ("text", ""),
    };
    html! {
        <label class="quiz-typed">
            <input type="text" inputmode={mode} value={text.clone()} disabled={checked}
                aria-labelledby={place.id("prompt")} autocomplete="off" autocapitalize="off"
                spellcheck="false" {oninput} {onkeydown} />
            if !unit.is_empty() { <span>{ unit }</span> }
        </label>
    }
}

fn trace(
    place: Place<'_>,
    compiles: Option<bool>,
    stdout: &str,
    checked: bool,
    send: &Callback<Msg>,
) -> Html {
    let radio = |value: bool, label: &str| {
        let onchange = send.reform(move |_| Msg::Edited(Edit::Compiles(value)));
        html! {
            <label class="quiz-choice">
                <input type="radio" name={place.id("compiles")} checked={compiles == Some(value)}
                    disabled={checked} {onchange} />
                { label }
            </label>
        }
    };
    let oninput = send.reform(|event: InputEvent| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        Msg::Edited(Edit::Text(area.value()))
    });
    html! {
        <div class="quiz-choices">
            { radio(true, "It compiles") }
            { radio(false, "It does not compile") }
            if compiles == Some(true) {
                <textarea rows="3" aria-label="What it prints" placeholder="What it prints"
                    value={stdout.to_owned()} disabled={checked} {oninput}
                    onkeydown={|event: KeyboardEvent| event.stop_propagation()} />
            }
        </div>
    }
}
