//! The lab: a simulation with a stage, a terminal, files, charts and a ruler of time.

mod app;
pub mod model;
mod view;
mod workbench;

use crate::port::page;

/// What the page says about a lab, in the attributes of its element.
#[derive(Clone, Debug, PartialEq, yew::Properties)]
pub(crate) struct Place {
    /// Name of the scenario.
    pub(crate) scenario: yew::AttrValue,
    /// Seed of the run.
    pub(crate) seed: u64,
    /// Name of a solution or naive log to begin with.
    pub(crate) log: Option<yew::AttrValue>,
    /// Whether the brief is in front, not the terminal.
    pub(crate) task_first: bool,
    /// Where the book begins, relative to the page.
    pub(crate) root: yew::AttrValue,
    /// Whether a run in the page's address is meant for this lab: the first one of the page.
    pub(crate) first: bool,
}

/// Brings every lab of the page to life.
pub(crate) fn mount() {
    for (index, element) in page::take_elements("cutover-lab").into_iter().enumerate() {
        let attribute = |name: &str| element.get_attribute(name);
        let place = Place {
            scenario: attribute("data-scenario").unwrap_or_default().into(),
            seed: attribute("data-seed").and_then(|seed| seed.parse().ok()).unwrap_or(1),
            log: attribute("data-log").filter(|log| !log.is_empty()).map(Into::into),
            task_first: attribute("data-front").as_deref() == Some("task"),
            root: attribute("data-root").unwrap_or_default().into(),
            first: index == 0,
        };
        element.set_inner_html("");
        yew::Renderer::<app::Lab>::with_root_and_props(element, place).render();
    }
}
