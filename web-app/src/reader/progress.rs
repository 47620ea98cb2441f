//! The summary at the top of a chapter: how many of its questions are answered.

use yew::{Component, Context, Html, Properties, html};

use super::model::record::{self, Record};
use crate::port::store;

/// Properties.
#[derive(Clone, Debug, PartialEq, Properties)]
pub(super) struct Props {
    /// Keys of the chapter's questions.
    pub(super) keys: Vec<String>,
}

/// The summary.
pub(super) struct Progress {
    record: Record,
    /// Hears that an answer was kept, as long as the page lives.
    _heard: Option<store::Listener>,
}

impl Component for Progress {
    type Message = ();
    type Properties = Props;

    fn create(ctx: &Context<Self>) -> Self {
        let link = ctx.link().clone();
        let heard = store::Listener::new(move || link.send_message(()));
        Self { record: store::load(record::NAME).unwrap_or_default(), _heard: heard }
    }

    fn update(&mut self, _: &Context<Self>, (): ()) -> bool {
        self.record = store::load(record::NAME).unwrap_or_default();
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let keys = &ctx.props().keys;
        if keys.is_empty() {
            return Html::default();
        }
        let (answered, right) = self.record.count(keys.iter().map(String::as_str));
        let all = keys.len();
        let text = match (answered, right) {
            (0, _) => {
                format!("{all} {} in this chapter", if all == 1 { "question" } else { "questions" })
            }
            (_, right) if right == all => {
                format!("All {all} questions of this chapter answered rightly")
            }
            (answered, right) => format!("{answered} of {all} questions answered, {right} rightly"),
        };
        let cells = keys.iter().map(|key| {
            let class = match self.record.get(key) {
                None => "open",
                Some(kept) if kept.correct => "right",
                Some(_) => "wrong",
            };
            html! { <i {class} /> }
        });
        html! {
            <div class="progress-line">
                <span class="progress-cells" aria-hidden="true">{ for cells }</span>
                <span>{ text }</span>
            </div>
        }
    }
}
