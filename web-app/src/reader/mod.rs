//! The reader: quizzes and progress, small enough for every page.

pub mod model;
mod progress;
mod quiz;
mod view;

use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::port::page;

/// Brings every quiz of the page to life, and the summary at its top.
pub(crate) fn mount() {
    let mut keys = Vec::new();
    for element in page::take_elements("cutover-quiz") {
        match read(&element) {
            Ok(questions) => {
                keys.extend(questions.questions.iter().map(quizzes::Question::key));
                let name = element.get_attribute("data-quiz").unwrap_or_default();
                let props = quiz::Props { name: name.into(), quiz: quiz::Shared::new(questions) };
                element.set_inner_html("");
                yew::Renderer::<quiz::QuizView>::with_root_and_props(element, props).render();
            }
            // The questions stay as text, as without JavaScript.
            Err(problem) => {
                let _ = element.set_attribute("data-failed", &problem);
            }
        }
    }
    for element in page::take_elements("cutover-progress") {
        let props = progress::Props { keys: keys.clone() };
        yew::Renderer::<progress::Progress>::with_root_and_props(element, props).render();
    }
}

/// The quiz that the preprocessor has put into an element.
fn read(element: &Element) -> Result<quizzes::Quiz, String> {
    let script = element.query_selector("script[type='application/json']").ok().flatten();
    let script = script.ok_or("the element holds no quiz")?;
    let text = script.unchecked_into::<web_sys::Node>().text_content().unwrap_or_default();
    serde_json::from_str(&text).map_err(|error| format!("the quiz cannot be read: {error}"))
}
