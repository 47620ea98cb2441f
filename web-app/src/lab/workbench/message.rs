//! What happens in the workbench.

use sim_core::trace::Topic;
use yew::KeyboardEvent;

use crate::lab::model::playback::Msg as Play;
use crate::lab::model::terminal;

/// What is in front on the side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lab) enum Tab {
    /// What there is to do.
    Task,
    /// Command line.
    Terminal,
    /// Files of the workspace.
    Files,
    /// What happened, and why.
    Events,
    /// PromQL.
    Metrics,
}

/// What happens in the workbench.
pub(in crate::lab) enum Msg {
    /// The browser draws a frame; its time in milliseconds.
    Frame(f64),
    /// Play, pause, speed, scrub.
    Play(Play),
    /// To the next event.
    Step,
    /// The terminal's keys.
    Terminal(terminal::Msg),
    /// Tab in the terminal.
    Complete,
    /// Commands given by buttons, as if typed.
    Run(Vec<String>),
    /// Send this percentage of requests to green.
    Shift(u32),
    /// Take the last command back.
    Undo,
    /// Begin another run here.
    Fork,
    /// Go to another run.
    Resume(String),
    /// The same run from the beginning, without commands.
    Reset,
    /// The same scenario with other chance.
    NewSeed,
    /// Draw the safety map.
    Map,
    /// Compare the strategies.
    Compare,
    /// Open or close the dashboard.
    Dashboard,
    /// Copy a link to this run.
    Share,
    /// Tell the reader something in passing.
    Say(String),
    /// What was said is old.
    Hush,
    /// Put something in front.
    Open(Tab),
    /// Show or hide events of a topic.
    Filter(Topic),
    /// Show why the entry of this number happened; None closes it.
    Explain(Option<usize>),
    /// Fill the window, or go back into the page.
    Widen,
    /// Open or close the menu of rarer actions.
    More(bool),
    /// Show or hide the keys.
    Keys,
    /// A key outside of text fields.
    Key(KeyboardEvent),
    /// The stage has this size.
    Resized(f64, f64),
    /// The notice at the top was read.
    NoticeRead,
    /// This many hints were read.
    HintsRead(usize),
    /// The end was seen; the reader looks back.
    LookBack,
}
