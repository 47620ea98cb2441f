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
    let kept =
        storage().is_some_and(|storage| storage.set_item(&format!("{OURS}{name}"), &text).is_ok());
    #[cfg(feature = "reader")]
    announce();
    kept
}

/// Said to the window whenever something is kept.
#[cfg(feature = "reader")]
const KEPT: &str = "cutover-kept";

/// Hears, for as long as it lives, that something was kept: here, or in another tab.
#[cfg(feature = "reader")]
pub(crate) struct Listener {
    window: web_sys::Window,
    heard: wasm_bindgen::closure::Closure<dyn FnMut()>,
}

#[cfg(feature = "reader")]
impl Listener {
    /// Calls `heard` whenever something is kept.
    pub(crate) fn new(heard: impl Fn() + 'static) -> Option<Self> {
        use wasm_bindgen::JsCast;

        let window = web_sys::window()?;
        let heard = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(heard);
        for name in [KEPT, "storage"] {
            window.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref()).ok()?;
        }
        Some(Self { window, heard })
    }
}

#[cfg(feature = "reader")]
impl Drop for Listener {
    fn drop(&mut self) {
        use wasm_bindgen::JsCast;

        for name in [KEPT, "storage"] {
            let heard = self.heard.as_ref().unchecked_ref();
            // Fails only if it was never added.
            let _ = self.window.remove_event_listener_with_callback(name, heard);
        }
    }
}

/// Tells the listeners of this page.
#[cfg(feature = "reader")]
fn announce() {
    if let (Some(window), Ok(event)) = (web_sys::window(), web_sys::Event::new(KEPT)) {
        // Nobody listening is no failure.
        let _ = window.dispatch_event(&event);
    }
}
