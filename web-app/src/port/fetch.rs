//! Files of the book, from its own origin.

use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// Fetches and reads a JSON file. The message says what went wrong, for people.
pub(crate) async fn json<T: DeserializeOwned>(address: String) -> Result<T, String> {
    let text = text(&address).await?;
    serde_json::from_str(&text).map_err(|error| format!("{address} cannot be read: {error}"))
}

async fn text(address: &str) -> Result<String, String> {
    let unreachable = |_| format!("{address} cannot be fetched; is the book still being served?");
    let window = web_sys::window().ok_or("no window")?;
    let response = JsFuture::from(window.fetch_with_str(address)).await.map_err(unreachable)?;
    let response: web_sys::Response = response.dyn_into().map_err(unreachable)?;
    if !response.ok() {
        return Err(format!("{address} gave status {}", response.status()));
    }
    let body = response.text().map_err(unreachable)?;
    let body = JsFuture::from(body).await.map_err(unreachable)?;
    body.as_string().ok_or_else(|| format!("{address} is not text"))
}
