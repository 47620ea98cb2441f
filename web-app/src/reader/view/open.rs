//! Interview questions: answer aloud or in writing, then compare with a spoken model answer.

use quizzes::kind::Open;
use yew::{Callback, Html, KeyboardEvent, classes, html};

use super::markup;
use crate::reader::model::answer::{Draft, Edit};
use crate::reader::model::attempt::{Attempt, Msg, Phase};

pub(super) fn open(form: &Open, attempt: &Attempt, send: &Callback<Msg>) -> Html {
    let notes = html! {
        <textarea rows="4" aria-label="Your notes"
            placeholder="Say your answer aloud in one to two minutes, or write it here. Nobody reads it."
            onkeydown={|event: KeyboardEvent| event.stop_propagation()} />
    };
    if attempt.phase == Phase::Answering {
        return html! { <div class="quiz-open">{ notes }</div> };
    }
    html! {
        <div class="quiz-open">
            { notes }
            <div class="quiz-model">
                <h4>{ "A good answer, as spoken" }</h4>
                { markup(&form.model) }
            </div>
            { rubric(form, attempt, send) }
            if matches!(attempt.phase, Phase::Checked(_)) { { more(form) } }
        </div>
    }
}

/// What the answer is judged by; the learner ticks what was said.
fn rubric(form: &Open, attempt: &Attempt, send: &Callback<Msg>) -> Html {
    let Draft::Points(points) = &attempt.draft else { return Html::default() };
    let checked = matches!(attempt.phase, Phase::Checked(_));
    let rows = form.rubric.iter().zip(points).enumerate().map(|(index, (point, &had))| {
        let onchange = send.reform(move |_| Msg::Edited(Edit::Point(index)));
        let verdict = match (checked, had, point.bonus) {
            (true, true, _) => Some("right"),
            (true, false, false) => Some("wrong"),
            _ => None,
        };
        html! {
            <label class={classes!("quiz-choice", verdict)}>
                <input type="checkbox" checked={had} disabled={checked} {onchange} />
                { markup(&point.point) }
                if point.bonus { <small>{ "bonus" }</small> }
            </label>
        }
    });
    html! {
        <>
            <h4>{ "Tick what you said" }</h4>
            <div class="quiz-choices">{ for rows }</div>
        </>
    }
}

/// What comes next in the interview, and what goes wrong in it.
fn more(form: &Open) -> Html {
    let follow_ups = form.follow_ups.iter().map(|next| {
        html! {
            <details>
                <summary>{ markup(&next.asks) }</summary>
                { markup(&next.answer) }
            </details>
        }
    });
    let mistakes = form.mistakes.iter().map(|mistake| {
        html! { <li>{ markup(&mistake.claim) }{ markup(&mistake.says) }</li> }
    });
    html! {
        <>
            if !form.follow_ups.is_empty() {
                <h4>{ "What they may ask next" }</h4>
                { for follow_ups }
            }
            if !form.mistakes.is_empty() {
                <h4>{ "What candidates often say wrongly" }</h4>
                <ul class="quiz-mistakes">{ for mistakes }</ul>
            }
        </>
    }
}
