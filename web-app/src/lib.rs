//! The page: labs, quizzes and progress, as WebAssembly.
//!
//! Three bundles are built from this crate. Feature `lab` is the workbench around a simulation;
//! feature `database` asks model and server about migrations; feature `reader` is quizzes and
//! progress, small enough for every page. Each has a `model`
//! without Yew or DOM, and a `view` that only draws; everything that touches the browser is in
//! `port`.

#[cfg(feature = "database")]
pub mod database;
#[cfg(feature = "lab")]
pub mod lab;
mod port;
#[cfg(feature = "reader")]
pub mod reader;

use wasm_bindgen::prelude::wasm_bindgen;

/// Brings the parts of the page to life that this bundle knows: the loader calls it once.
#[wasm_bindgen(start)]
pub fn start() {
    #[cfg(feature = "database")]
    database::mount();
    #[cfg(feature = "lab")]
    lab::mount();
    #[cfg(feature = "reader")]
    reader::mount();
}
