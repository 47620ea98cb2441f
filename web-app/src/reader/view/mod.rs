//! How questions are drawn, a file for each way to answer.

mod choice;
mod feedback;
mod matching;
mod open;
mod ordering;
mod text;

use quizzes::kind::Kind;
use quizzes::{Level, Question};
use yew::{AttrValue, Callback, Html, MouseEvent, html};

use super::model::attempt::{Attempt, Msg, Phase};

/// Which question of which quiz.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Name of the quiz.
    pub(super) quiz: &'a AttrValue,
    /// Number of the question, from 0.
    pub(super) index: usize,
    /// How many there are.
    pub(super) of: usize,
}

impl Place<'_> {
    /// A name for elements of this question that no other question of the page has.
    fn id(&self, what: &str) -> String {
        format!("{}-{}-{what}", self.quiz, self.index)
    }
}

/// A question with its answer.
pub(super) fn question(
    place: Place<'_>,
    question: &Question,
    attempt: &Attempt,
    send: &Callback<Msg>,
) -> Html {
    let input = match &question.kind {
        Kind::MultipleChoice(form) => choice::choice(place, form, attempt, send),
        Kind::Ordering(form) => ordering::ordering(form, attempt, send),
        Kind::Matching(form) => matching::matching(form, attempt, send),
        Kind::ShortAnswer(_) | Kind::Numeric(_) | Kind::Tracing(_) => {
            text::text(place, &question.kind, attempt, send)
        }
        Kind::Open(form) => open::open(form, attempt, send),
    };
    let prompt = match &question.kind {
        Kind::Tracing(form) => html! {
            <><p>{ "Does this program compile? If so, what does it print?" }</p>
            <pre><code>{ &form.program }</code></pre></>
        },
        kind => markup(kind.prompt()),
    };
    let level = question.level.map(|level| match level {
        Level::Junior => "junior",
        Level::Mid => "mid",
        Level::Senior => "senior",
    });
    html! {
        <fieldset class="quiz-question" aria-labelledby={place.id("prompt")}>
            <div class="quiz-number">
                { format!("Question {} of {}", place.index + 1, place.of) }
                if let Some(level) = level { <span>{ level }</span> }
            </div>
            if let Some(preamble) = &question.preamble { { markup(preamble) } }
            <div class="quiz-prompt" id={place.id("prompt")}>{ prompt }</div>
            { input }
            { actions(question, attempt, send) }
            <div role="status" aria-live="polite">{ feedback::feedback(question, attempt) }</div>
        </fieldset>
    }
}

/// Text that the preprocessor has rendered from the book's own Markdown.
fn markup(html: &str) -> Html {
    Html::from_html_unchecked(format!("<div class=\"quiz-text\">{html}</div>").into())
}

fn actions(question: &Question, attempt: &Attempt, send: &Callback<Msg>) -> Html {
    let on = |msg: Msg| send.reform(move |_: MouseEvent| msg.clone());
    let buttons = match (&attempt.phase, &question.kind) {
        (Phase::Answering, Kind::Open(_)) => html! {
            <button type="button" class="primary" onclick={on(Msg::Revealed)}>
                { "Show the model answer" }
            </button>
        },
        (Phase::Answering | Phase::Judging, _) => html! {
            <button type="button" class="primary" onclick={on(Msg::Checked)}>{ "Check" }</button>
        },
        (Phase::Checked(_), _) => html! {
            <button type="button" onclick={on(Msg::Retried)}>{ "Try again" }</button>
        },
    };
    html! {
        <div class="quiz-actions">
            { buttons }
            if let Some(missing) = attempt.missing {
                <span role="alert">{ missing }</span>
            }
        </div>
    }
}
