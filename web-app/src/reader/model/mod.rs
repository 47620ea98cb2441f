//! What a quiz knows, without Yew or DOM.

pub mod answer;
pub mod attempt;
pub mod record;
