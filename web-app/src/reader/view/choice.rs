//! Radio buttons and check boxes.

use quizzes::kind::MultipleChoice;
use yew::{Callback, Html, classes, html};

use super::{Place, markup};
use crate::reader::model::answer::{Draft, Edit};
use crate::reader::model::attempt::{Attempt, Msg, Phase};

pub(super) fn choice(
    place: Place<'_>,
    form: &MultipleChoice,
    attempt: &Attempt,
    send: &Callback<Msg>,
) -> Html {
    let Draft::Choices(chosen) = &attempt.draft else { return Html::default() };
    let checked = matches!(attempt.phase, Phase::Checked(_));
    let several = form.several;
    let rows = attempt.arranged.iter().filter_map(|&index| Some((index, form.choices.get(index)?)));
    let rows = rows.map(|(index, choice)| {
        let on = chosen.contains(&index);
        let verdict = match (checked && on, choice.correct) {
            (true, true) => Some("right"),
            (true, false) => Some("wrong"),
            (false, _) => None,
        };
        let onchange = send.reform(move |_| Msg::Edited(Edit::Toggled { choice: index, several }));
        html! {
            <label class={classes!("quiz-choice", verdict)}>
                <input type={if several { "checkbox" } else { "radio" }} name={place.id("choice")}
                    checked={on} disabled={checked} {onchange} />
                { markup(&choice.text) }
            </label>
        }
    });
    html! {
        <>
            if several { <p class="quiz-note">{ "Choose all that apply." }</p> }
            <div class="quiz-choices">{ for rows }</div>
        </>
    }
}
