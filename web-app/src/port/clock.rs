//! Wall time, for pacing only: it never enters a simulation.

/// Milliseconds since the page was opened.
pub(crate) fn now_ms() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now())
}

/// A number nobody can guess from the page: the seed of a new run.
#[cfg(feature = "lab")]
pub(crate) fn fresh_seed() -> u64 {
    (js_sys::Math::random() * 1e6) as u64 + 1
}
