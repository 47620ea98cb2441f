//! What the browser keeps between visits. A browser may refuse: then nothing is kept.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Names in the store that are ours begin with this.
const OURS: &str = "cutover.";

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// What is kept under a name; None if nothing, or something that cannot be read.
pub(crate) fn load<T: DeserializeOwned>(name: &str) -> Option<T> {
    let text = storage()?.get_item(&format!("{OURS}{name}")).ok()??;
    serde_json::from_str(&text).ok()
}

/// Keeps a value under a name; false if the browser refuses.
pub(crate) fn save<T: Serialize>(name: &str, value: &T) -> bool {
    let Ok(text) = serde_json::to_string(value) else { return false };
    storage().is_some_and(|storage| storage.set_item(&format!("{OURS}{name}"), &text).is_ok())
}
