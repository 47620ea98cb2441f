//! What a checked answer is told.

use quizzes::kind::Kind;
use quizzes::{Question, Response};
use yew::{Html, classes, html};

use super::markup;
use crate::reader::model::attempt::{Attempt, Phase};

pub(super) fn feedback(question: &Question, attempt: &Attempt) -> Html {
    let Phase::Checked(verdict) = &attempt.phase else { return Html::default() };
    let open = matches!(question.kind, Kind::Open(_));
    let (class, sign, word) = match (verdict.correct, open) {
        (true, false) => ("right", "✓", "Right."),
        (true, true) => ("right", "✓", "Your answer had what it needs."),
        (false, false) => ("wrong", "✗", "Not yet."),
        (false, true) => ("wrong", "✗", "Points to practise:"),
    };
    let told = verdict.feedback.iter().map(|feedback| {
        html! {
            <li>
                { markup(&feedback.says) }
                if let Some(belief) = &feedback.misconception {
                    <p class="quiz-belief">{ format!("The belief behind it: {belief}") }</p>
                }
            </li>
        }
    });
    let context = question.context.as_ref().filter(|_| verdict.correct);
    html! {
        <div class={classes!("quiz-verdict", class)}>
            <strong><span aria-hidden="true">{ sign }{ " " }</span>{ word }</strong>
            <ul>{ for told }</ul>
            if let Some(context) = context { { markup(context) } }
            if !verdict.correct && !open { { solution(question) } }
        </div>
    }
}

/// The right answer, for those who want it.
fn solution(question: &Question) -> Html {
    let answer = match (&question.kind, question.kind.right()) {
        (Kind::MultipleChoice(form), Response::Choices(right)) => {
            list(right.iter().filter_map(|&index| form.choices.get(index)).map(|c| markup(&c.text)))
        }
        (Kind::Ordering(form), _) => {
            let items = form.items.iter().map(|item| html! { <li>{ markup(item) }</li> });
            html! { <ol>{ for items }</ol> }
        }
        (Kind::Matching(form), _) => {
            list(form.lefts.iter().zip(&form.rights).map(|(left, right)| {
                html! { <>{ markup(left) }<span>{ " → " }</span>{ markup(right) }</> }
            }))
        }
        (Kind::Numeric(form), _) => html! { <p>{ format!("{} {}", form.value, form.unit) }</p> },
        (_, Response::Text(text)) => html! { <p>{ text }</p> },
        (_, Response::Trace { compiles, stdout }) => html! {
            <pre>{ if compiles { stdout } else { "It does not compile.".into() } }</pre>
        },
        _ => Html::default(),
    };
    let why = question.context.as_ref().map(|context| markup(context));
    html! {
        <details class="quiz-solution">
            <summary>{ "Show the answer" }</summary>
            { answer }
            { for why }
        </details>
    }
}

fn list(items: impl Iterator<Item = Html>) -> Html {
    let items = items.map(|item| html! { <li>{ item }</li> });
    html! { <ul>{ for items }</ul> }
}
