//! What the lab knows, without Yew or DOM: every rule of it is tested natively.

pub mod colour;
pub mod compare;
pub mod dashboard;
#[cfg(test)]
pub(crate) mod fixture;
pub mod flow;
pub mod keys;
pub mod layout;
pub mod map;
pub mod panels;
pub mod playback;
pub mod ruler;
pub mod series;
pub mod session;
pub mod shift;
pub mod terminal;
pub mod words;
