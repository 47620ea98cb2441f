//! The ruler of time: scrub on it; commands stand above it, incidents below.

use sim_core::time::SimTime;
use web_sys::HtmlInputElement;
use yew::html::Scope;
use yew::{Html, InputEvent, TargetCast, html};

use crate::lab::model::playback::Msg as Play;
use crate::lab::model::ruler::{self, Mark};
use crate::lab::model::words;
use crate::lab::workbench::{Msg, Workbench};

pub(super) fn ruler(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let (now, end) = (bench.shown.now, bench.shown.end);
    let shown = bench.session.playback.seeking.unwrap_or(now);
    let oninput = link.batch_callback(|event: InputEvent| {
        let input: HtmlInputElement = event.target_dyn_into()?;
        let secs: f64 = input.value().parse().ok()?;
        Some(Msg::Play(Play::Scrubbed(SimTime::from_micros((secs * 1e6) as i64))))
    });
    let percent = |time| format!("{:.2}%", 100.0 * ruler::place(time, end));
    let horizon = bench.session.recording.horizon();
    let style = format!("--now:{};--played:{}", percent(shown), percent(horizon));
    let ticks = ruler::ticks(end, if bench.desk.size.0 < 500.0 { 5 } else { 9 });
    let ticks = ticks.into_iter().map(|time| {
        html! { <span style={format!("left:{}", percent(time))}>{ words::clock(time) }</span> }
    });
    let origin = bench.session.recording.branch().origin.as_ref();
    let origin = origin.map(|(from, at)| {
        let title = format!("This run left {from} at {}", words::clock(*at));
        html! { <i class="fork" style={format!("left:{}", percent(*at))} {title}>{ "⑂" }</i> }
    });
    let position = format!("{} of {}", words::clock(shown), words::clock(end));
    html! {
        <div class="lab-ruler" {style}>
            <div class="lab-marks above" aria-hidden="true">{ for marks(&bench.commands) }{ for origin }</div>
            <input type="range" aria-label="Time" min="0" max={format!("{:.1}", end.as_secs_f64())}
                step="0.1" value={format!("{:.1}", shown.as_secs_f64())} aria-valuetext={position}
                {oninput} />
            <div class="lab-marks below" aria-hidden="true">{ for marks(&bench.incidents) }</div>
            <div class="lab-ticks" aria-hidden="true">{ for ticks }</div>
        </div>
    }
}

/// Marks with their labels, as far as these do not run into each other.
fn marks(marks: &[Mark]) -> impl Iterator<Item = Html> {
    marks.iter().map(|mark| {
        let class = if mark.place < 0.8 { None } else { Some("end") };
        html! {
            <i {class} style={format!("left:{:.2}%", 100.0 * mark.place)}
                title={format!("{}  {}", words::clock(mark.at), mark.texts.join("\n"))}>
                <span>{ &mark.label }</span>
            </i>
        }
    })
}
