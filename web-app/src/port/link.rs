//! The address bar: a run travels in the part after `#`, which is never sent to a server.

use wasm_bindgen_futures::{JsFuture, spawn_local};

/// What stands before an encoded run.
const KEY: &str = "#run=";

/// The encoded run in the page's address, if there is one.
pub(crate) fn encoded_run() -> Option<String> {
    let hash = web_sys::window()?.location().hash().ok()?;
    hash.strip_prefix(KEY).map(str::to_owned)
}

/// The address of this page with a run in it.
pub(crate) fn address_with(encoded: &str) -> Option<String> {
    let address = web_sys::window()?.location().href().ok()?;
    let page = address.split('#').next()?;
    Some(format!("{page}{KEY}{encoded}"))
}

/// Copies a text; `done` hears whether the browser allowed it.
pub(crate) fn copy(text: String, done: impl FnOnce(bool) + 'static) {
    spawn_local(async move {
        let Some(window) = web_sys::window() else { return };
        // An insecure origin has no clipboard at all.
        let clipboard = js_sys::Reflect::get(&window.navigator(), &"clipboard".into());
        if !clipboard.is_ok_and(|clipboard| clipboard.is_object()) {
            return done(false);
        }
        done(JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok());
    });
}
