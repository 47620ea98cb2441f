//! The Database lab: migrations and releases, what the model says of them, and what a real PostgreSQL in
//! the page says.

mod lab;
pub mod model;
mod trial;
mod view;

use schema::compat::Case;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::port::page;

/// Brings every Database lab of the page to life.
pub(crate) fn mount() {
    for element in page::take_elements("cutover-database") {
        match read(&element) {
            Ok(cases) => {
                let root = element.get_attribute("data-root").unwrap_or_default();
                let props = lab::Props { cases: lab::Shared::new(cases), root: root.into() };
                element.set_inner_html("");
                yew::Renderer::<lab::DatabaseLab>::with_root_and_props(element, props).render();
            }
            // The table stays, as without JavaScript.
            Err(problem) => {
                let _ = element.set_attribute("data-failed", &problem);
            }
        }
    }
}

/// The cases that the preprocessor has put into an element.
fn read(element: &Element) -> Result<Vec<Case>, String> {
    let script = element.query_selector("script[type='application/json']").ok().flatten();
    let script = script.ok_or("the element holds no cases")?;
    let text = script.unchecked_into::<web_sys::Node>().text_content().unwrap_or_default();
    let cases: Vec<Case> = serde_json::from_str(&text)
        .map_err(|error| format!("the cases cannot be read: {error}"))?;
    if cases.is_empty() { Err("there are no cases".to_owned()) } else { Ok(cases) }
}
