//! The lab's drawings: each file draws one part from the model and sends messages back.

mod chart;
mod compare;
mod dashboard;
mod database;
mod events;
mod files;
pub(super) mod goals;
mod head;
mod map;
mod metrics;
mod notes;
mod overlay;
mod pods;
mod ruler;
mod shift;
mod side;
mod stage;
mod task;
mod terminal;

use yew::html::Scope;
use yew::{Html, classes, html};

use super::workbench::{Msg, Workbench};

/// The whole lab.
pub(super) fn workbench(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let desk = &bench.desk;
    let class = classes!(
        "lab",
        desk.wide.then_some("lab-wide"),
        desk.still.then_some("lab-still"),
        (!bench.session.is_moving()).then_some("lab-held"),
    );
    let title = format!("Lab: {}", bench.session.recording.scenario().title);
    html! {
        <section {class} ref={desk.root.clone()} tabindex="-1" aria-label={title}
            onkeydown={link.callback(Msg::Key)}>
            { head::head(bench, link) }
            { notes::notice(bench, link) }
            <div class="lab-stage lab-card">
                { overlay::finished(bench, link) }
                { stage::stage(bench, link) }
                { shift::slider(bench, link) }
            </div>
            <div class="lab-side lab-card">
                { side::side(bench, link) }
                { notes::hints(bench, link) }
                { goals::goals(bench) }
            </div>
            <div class="lab-time lab-card">
                { chart::charts(bench) }
                { ruler::ruler(bench, link) }
            </div>
            { dashboard::dashboard(bench, link) }
            { map::map(bench, link) }
            { compare::compare(bench, link) }
            <div class="lab-hidden" role="status" aria-live="polite">{ &desk.announced }</div>
            <div class="lab-said" role="status" aria-live="polite">
                if let Some(said) = &desk.said { <span>{ said }</span> }
            </div>
            if desk.keys { { overlay::keys(link) } }
        </section>
    }
}
