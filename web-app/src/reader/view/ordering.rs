//! Items to move up and down.

use quizzes::kind::Ordering;
use yew::{Callback, Html, html};

use super::markup;
use crate::reader::model::answer::{Draft, Edit};
use crate::reader::model::attempt::{Attempt, Msg, Phase};

pub(super) fn ordering(form: &Ordering, attempt: &Attempt, send: &Callback<Msg>) -> Html {
    let Draft::Order(order) = &attempt.draft else { return Html::default() };
    let checked = matches!(attempt.phase, Phase::Checked(_));
    let last = order.len().saturating_sub(1);
    let rows = order.iter().enumerate().filter_map(|(place, &item)| {
        let text = form.items.get(item)?;
        let button = |up: bool| {
            let (sign, word) = if up { ("↑", "up") } else { ("↓", "down") };
            let label = format!("Move item {} {word}", place + 1);
            let disabled = checked || place == if up { 0 } else { last };
            let onclick = send.reform(move |_| Msg::Edited(Edit::Moved { place, up }));
            html! { <button type="button" aria-label={label} {disabled} {onclick}>{ sign }</button> }
        };
        Some(html! {
            <li key={item}>
                <span class="quiz-place">{ place + 1 }</span>
                { markup(text) }
                <span class="quiz-moves">{ button(true) }{ button(false) }</span>
            </li>
        })
    });
    html! { <ol class="quiz-order">{ for rows }</ol> }
}
