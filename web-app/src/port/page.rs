//! The page around the parts: where they mount, and what the reader prefers.

use wasm_bindgen::JsCast;
use web_sys::Element;

/// The elements of a class that no bundle has taken yet. Each is marked as taken.
pub(crate) fn take_elements(class: &str) -> Vec<Element> {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return Vec::new();
    };
    let Ok(found) = document.query_selector_all(&format!(".{class}:not([data-alive])")) else {
        return Vec::new();
    };
    let elements = (0..found.length()).filter_map(|index| found.item(index)?.dyn_into().ok());
    elements
        .inspect(|element: &Element| {
            // An element that cannot be marked would only be mounted twice by a second loader.
            let _ = element.set_attribute("data-alive", "");
        })
        .collect()
}

/// Whether the reader asked for less motion.
#[cfg(feature = "lab")]
pub(crate) fn prefers_little_motion() -> bool {
    let query = "(prefers-reduced-motion: reduce)";
    let answer = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    answer.is_some_and(|answer| answer.matches())
}

/// Puts the keyboard's focus on an element.
#[cfg(feature = "lab")]
pub(crate) fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        // Fails only for elements that left the page.
        let _ = element.focus();
    }
}

/// Scrolls an element to its end.
#[cfg(feature = "lab")]
pub(crate) fn scroll_to_end(element: &Element) {
    element.set_scroll_top(element.scroll_height());
}

/// Whether what has the focus takes text, so that keys are letters there.
#[cfg(feature = "lab")]
pub(crate) fn takes_text(target: Option<web_sys::EventTarget>) -> bool {
    let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let kind = element.get_attribute("type").unwrap_or_else(|| "text".into());
    match element.tag_name().as_str() {
        "TEXTAREA" | "SELECT" => true,
        "INPUT" => kind == "text",
        _ => false,
    }
}

/// Whether what has the focus answers to this key by itself: a button to the space bar, a slider or
/// a tab to the arrows.
#[cfg(feature = "lab")]
pub(crate) fn presses_itself(target: Option<web_sys::EventTarget>, key: &str) -> bool {
    let Some(element) = target.and_then(|target| target.dyn_into::<Element>().ok()) else {
        return false;
    };
    let role = element.get_attribute("role").unwrap_or_default();
    match (element.tag_name().as_str(), role.as_str()) {
        ("INPUT", _) | (_, "tab") => key.starts_with("Arrow") || key == "Home" || key == "End",
        ("BUTTON" | "SUMMARY" | "A", _) | (_, "button") => key == " " || key == "Enter",
        _ => false,
    }
}

/// Holds the page behind a lab that fills the window.
#[cfg(feature = "lab")]
pub(crate) fn lock_scrolling(locked: bool) {
    let document = web_sys::window().and_then(|window| window.document());
    if let Some(body) = document.and_then(|document| document.body()) {
        // A class that cannot be set leaves the page scrollable, which harms nothing.
        let _ = body.class_list().toggle_with_force("lab-locked", locked);
    }
}

/// Whether some text of the page is selected.
#[cfg(feature = "lab")]
pub(crate) fn has_selection() -> bool {
    let selection = web_sys::window().and_then(|window| window.get_selection().ok().flatten());
    selection.is_some_and(|selection| !selection.is_collapsed())
}
