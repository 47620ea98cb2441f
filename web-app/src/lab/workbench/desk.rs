//! The desk: what lies open and what was said. Nothing here touches the run.

use std::collections::BTreeSet;

use sim_core::trace::Topic;
use web_sys::Element;
use yew::NodeRef;

use super::{Msg, Tab};
use crate::port::page;

/// Where commands are typed.
pub(super) const PROMPT: &str = ".lab-line input";
/// The button of the list of keys.
const KEYS_CLOSE: &str = ".lab-keys button";

/// What the views need and the model does not know.
pub(in crate::lab) struct Desk {
    /// What is in front.
    pub(in crate::lab) tab: Tab,
    /// The entry that is explained.
    pub(in crate::lab) explained: Option<usize>,
    /// Topics left out of the events.
    pub(in crate::lab) hidden_topics: BTreeSet<Topic>,
    /// Whether the lab fills the window.
    pub(in crate::lab) wide: bool,
    /// Whether the menu of rarer actions is open.
    pub(in crate::lab) more: bool,
    /// Whether the list of keys is shown.
    pub(in crate::lab) keys: bool,
    /// Size of the stage in pixels.
    pub(in crate::lab) size: (f64, f64),
    /// Width of the lab in pixels, as it was when the stage got its size: asking the page in the
    /// middle of a frame would make it lay itself out once more.
    pub(super) width: u32,
    /// What is said in passing.
    pub(in crate::lab) said: Option<String>,
    /// What is said at the top.
    pub(in crate::lab) notice: Option<String>,
    /// Hints that were read.
    pub(in crate::lab) hints_read: usize,
    /// What screen readers should read out.
    pub(in crate::lab) announced: String,
    /// Whether the end was seen.
    pub(in crate::lab) end_seen: bool,
    /// Whether the reader asked for less motion.
    pub(in crate::lab) still: bool,
    /// Objectives reached in an earlier run of this scenario, of how many.
    pub(in crate::lab) best: Option<(usize, usize)>,
    /// What gets the keyboard's focus once it is drawn.
    pub(super) wants_focus: Option<&'static str>,
    /// The lab's element.
    pub(in crate::lab) root: NodeRef,
    /// The stage.
    pub(in crate::lab) stage: NodeRef,
}

impl Desk {
    /// A tidy desk with a tab in front.
    pub(super) fn new(tab: Tab, notice: Option<String>, best: Option<(usize, usize)>) -> Self {
        Self {
            tab,
            explained: None,
            hidden_topics: BTreeSet::new(),
            wide: false,
            more: false,
            keys: false,
            size: (0.0, 0.0),
            width: 0,
            said: None,
            notice,
            hints_read: 0,
            announced: String::new(),
            end_seen: false,
            still: page::prefers_little_motion(),
            best,
            wants_focus: None,
            root: NodeRef::default(),
            stage: NodeRef::default(),
        }
    }

    /// Opens, closes, moves things; every other message is none of the desk's business.
    pub(super) fn update(&mut self, msg: Msg) {
        match msg {
            Msg::Open(tab) => self.tab = tab,
            Msg::Explain(entry) => {
                self.explained = entry;
                self.tab = Tab::Events;
            }
            Msg::Filter(topic) if !self.hidden_topics.remove(&topic) => {
                self.hidden_topics.insert(topic);
            }
            Msg::Widen => {
                self.wide = !self.wide;
                page::lock_scrolling(self.wide);
            }
            Msg::More(open) => self.more = open,
            Msg::Keys => {
                self.keys = !self.keys;
                match self.keys {
                    true => self.wants_focus = Some(KEYS_CLOSE),
                    false => self.take_focus(),
                }
            }
            Msg::NoticeRead => {
                self.notice = None;
                self.take_focus();
            }
            Msg::HintsRead(count) => {
                self.hints_read = count;
                self.take_focus();
            }
            Msg::LookBack => {
                self.end_seen = true;
                self.take_focus();
            }
            _ => {}
        }
    }

    /// The stage has another size, and the lab with it; false if it has not.
    pub(super) fn resize(&mut self, width: f64, height: f64) -> bool {
        let changed = self.size != (width, height);
        self.size = (width, height);
        let whole = self.root.cast::<Element>().map_or(0, |root| root.client_width());
        self.width = u32::try_from(whole).unwrap_or(0);
        changed
    }

    /// Where the keyboard is when the button that had it goes away: not at the top of the page.
    pub(super) fn take_focus(&self) {
        if let Some(root) = self.root.cast::<Element>() {
            page::focus(&root);
        }
    }
}
