//! A quiz on the page: keeps every question's attempt, and the record in the browser.

use std::rc::Rc;

use quizzes::{Question, Quiz};
use yew::{AttrValue, Component, Context, Html, Properties, html};

use super::model::attempt::{self, Attempt};
use super::model::record::{self, Record};
use super::view;
use crate::port::store;

/// A quiz as a property: compared by identity, since it never changes.
#[derive(Clone, Debug)]
pub(super) struct Shared(Rc<Quiz>);

impl Shared {
    /// Shares a quiz.
    pub(super) fn new(quiz: Quiz) -> Self {
        Self(Rc::new(quiz))
    }
}

impl PartialEq for Shared {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// Properties.
#[derive(Clone, Debug, PartialEq, Properties)]
pub(super) struct Props {
    /// Name of the quiz.
    pub(super) name: AttrValue,
    /// Its questions, their texts as HTML.
    pub(super) quiz: Shared,
}

/// What happens in a quiz.
pub(super) enum Msg {
    /// To the question of this number.
    Question(usize, attempt::Msg),
    /// All answers of this quiz are forgotten.
    Forgotten,
}

/// A quiz.
pub(super) struct QuizView {
    attempts: Vec<Attempt>,
    /// Whether the browser keeps answers.
    keeps: bool,
}

impl QuizView {
    fn attempts(questions: &[Question]) -> Vec<Attempt> {
        let record: Record = store::load(record::NAME).unwrap_or_default();
        questions.iter().map(|each| Attempt::new(each, record.get(&each.key()))).collect()
    }

    /// Another quiz, or another tab, may have kept answers since.
    fn keep(&mut self, change: impl FnOnce(&mut Record)) {
        let mut record: Record = store::load(record::NAME).unwrap_or_default();
        change(&mut record);
        self.keeps = store::save(record::NAME, &record);
    }
}

impl Component for QuizView {
    type Message = Msg;
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        Self { attempts: Self::attempts(&ctx.props().quiz.0.questions), keeps: true }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let questions = &ctx.props().quiz.0.questions;
        match msg {
            Msg::Question(index, msg) => {
                let (Some(question), Some(attempt)) =
                    (questions.get(index), self.attempts.get_mut(index))
                else {
                    return false;
                };
                if let Some((response, correct)) = attempt.update(question, msg) {
                    self.keep(|record| record.keep(&question.key(), response, correct));
                }
            }
            Msg::Forgotten => {
                let keys: Vec<_> = questions.iter().map(Question::key).collect();
                self.keep(|record| record.forget(keys.iter().map(String::as_str)));
                self.attempts = Self::attempts(questions);
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let questions = &ctx.props().quiz.0.questions;
        let restored = self.attempts.iter().any(|attempt| attempt.restored);
        let each = questions.iter().zip(&self.attempts).enumerate();
        let each = each.map(|(index, (question, attempt))| {
            let send = ctx.link().callback(move |msg| Msg::Question(index, msg));
            let place = view::Place { quiz: &ctx.props().name, index, of: questions.len() };
            view::question(place, question, attempt, &send)
        });
        html! {
            <div class="quiz">
                if restored {
                    <p class="quiz-found">
                        { "Progress found: your earlier answers are shown." }
                        <button type="button" onclick={ctx.link().callback(|_| Msg::Forgotten)}>
                            { "Start over" }
                        </button>
                    </p>
                }
                { for each }
                if !self.keeps {
                    <p class="quiz-found" role="status">
                        { "This browser keeps nothing for this page; your answers are lost when you leave." }
                    </p>
                }
            </div>
        }
    }
}
