//! Left sides, each with a list of right sides to choose from.

use quizzes::kind::Matching;
use web_sys::HtmlSelectElement;
use yew::{Callback, Event, Html, TargetCast, html};

use super::markup;
use crate::reader::model::answer::{Draft, Edit};
use crate::reader::model::attempt::{Attempt, Msg, Phase};

pub(super) fn matching(form: &Matching, attempt: &Attempt, send: &Callback<Msg>) -> Html {
    let Draft::Pairs(pairs) = &attempt.draft else { return Html::default() };
    let checked = matches!(attempt.phase, Phase::Checked(_));
    let rows = form.lefts.iter().zip(pairs).enumerate().map(|(left, (text, chosen))| {
        let onchange = send.reform(move |event: Event| {
            let select: HtmlSelectElement = event.target_unchecked_into();
            Msg::Edited(Edit::Paired { left, right: select.value().parse().ok() })
        });
        let options = attempt.arranged.iter().filter_map(|&right| {
            let text = form.rights.get(right)?;
            let selected = *chosen == Some(right);
            Some(html! { <option value={right.to_string()} {selected}>{ plain(text) }</option> })
        });
        html! {
            <li>
                { markup(text) }
                <select aria-label={format!("Match of line {}", left + 1)} disabled={checked} {onchange}>
                    <option value="" selected={chosen.is_none()}>{ "Choose…" }</option>
                    { for options }
                </select>
            </li>
        }
    });
    html! { <ul class="quiz-pairs">{ for rows }</ul> }
}

/// A list of options takes no markup.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for letter in html.chars() {
        match letter {
            '<' => inside = true,
            '>' => inside = false,
            _ if !inside => text.push(letter),
            _ => {}
        }
    }
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    named.iter().fold(text, |text, (name, sign)| text.replace(name, sign)).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_show_text_without_markup() {
        assert_eq!(plain("<p>a <code>x &lt; y</code> &amp;lt;</p>\n"), "a x < y &lt;");
    }
}
