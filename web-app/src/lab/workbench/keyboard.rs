//! The keyboard, while nobody types.

use yew::{Component, Context, KeyboardEvent};

use super::desk::PROMPT;
use super::{Msg, Tab, Workbench};
use crate::lab::model::keys::{self, Wish};
use crate::lab::model::playback::Msg as Play;
use crate::port::page;

impl Workbench {
    /// Keys while nobody types. They are ours alone: the book would turn pages at the arrows.
    pub(super) fn on_key(&mut self, ctx: &Context<Self>, event: &KeyboardEvent) -> bool {
        event.stop_propagation();
        let typing = page::takes_text(event.target());
        if event.key() == "Escape" && typing {
            self.desk.take_focus();
            return false;
        }
        if typing || event.ctrl_key() || event.meta_key() || event.alt_key() {
            return false;
        }
        if page::presses_itself(event.target(), &event.key()) {
            return false;
        }
        let horizon = self.session.recording.horizon();
        let now = self.session.playback.seeking.unwrap_or(self.session.now());
        let Some(wish) = keys::wish(&event.key(), event.shift_key(), now, horizon) else {
            return false;
        };
        event.prevent_default();
        self.grant(ctx, wish)
    }

    fn grant(&mut self, ctx: &Context<Self>, wish: Wish) -> bool {
        let msg = match wish {
            Wish::Toggle => Msg::Play(Play::Toggled),
            Wish::Step => Msg::Step,
            Wish::Scrub(time) => Msg::Play(Play::Scrubbed(time)),
            Wish::Faster => Msg::Play(Play::Faster),
            Wish::Slower => Msg::Play(Play::Slower),
            Wish::Keys => Msg::Keys,
            Wish::Terminal => {
                // The terminal may have to come to the front first.
                (self.desk.tab, self.desk.wants_focus) = (Tab::Terminal, Some(PROMPT));
                return true;
            }
            Wish::Leave if self.desk.more => Msg::More(false),
            Wish::Leave if self.desk.keys => Msg::Keys,
            Wish::Leave if self.desk.explained.is_some() => Msg::Explain(None),
            Wish::Leave if self.desk.wide => Msg::Widen,
            Wish::Leave => return false,
        };
        self.update(ctx, msg)
    }
}
