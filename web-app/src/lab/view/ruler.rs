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
    let (now, end) = (bench.shown.view.now, bench.shown.view.end);
    let shown = bench.session.playback.seeking.unwrap_or(now);
    let oninput = link.batch_callback(|event: InputEvent| {
        let input: HtmlInputElement = event.target_dyn_into()?;
        let secs: f64 = input.value().parse().ok()?;
        Some(Msg::Play(Play::Scrubbed(SimTime::from_micros((secs * 1e6) as i64))))
    });
    let percent = |time| format!("{:.2}%", 100.0 * ruler::place(time, end));
    let horizon = bench.session.recording.horizon();
    let (played, of_run) = (ruler::place(horizon, end), ruler::place(shown, end));
    let style = format!("--now:{of_run:.4};--played:{played:.4}");
    let ticks = ruler::ticks(end, if bench.desk.size.0 < 500.0 { 5 } else { 9 });
    let ticks = ticks.into_iter().map(|time| {
        html! { <span style={format!("left:{}", percent(time))}>{ words::clock(time) }</span> }
    });
    let origin = bench.session.recording.branch().origin.as_ref();
    let origin = origin.map(|(from, at)| {
        let title = format!("This run left {from} at {}", words::clock(*at));
        html! {
            <i class="fork" style={format!("left:{}", percent(*at))} {title}>
                <svg viewBox="0 0 10 12" width="10" height="12">
                    <path d="M5 12V7M5 7L1 1M5 7L9 1" fill="none" stroke="currentColor"
                        stroke-width="1.5" />
                </svg>
            </i>
        }
    });
    let position = format!("{} of {}", words::clock(shown), words::clock(end));
    html! {
        <div class="lab-ruler" {style}>
            <div class="lab-marks above" aria-hidden="true">{ for marks(&bench.shown.commands) }{ for origin }</div>
            <input type="range" aria-label="Time" min="0" max={format!("{:.1}", end.as_secs_f64())}
                step="0.1" value={format!("{:.1}", shown.as_secs_f64())} aria-valuetext={position}
                {oninput} />
            if !bench.shown.incidents.is_empty() {
                <div class="lab-marks below" aria-hidden="true">
                    { for marks(&bench.shown.incidents) }
                </div>
            }
            <div class="lab-ticks" aria-hidden="true">{ for ticks }</div>
        </div>
    }
}

/// Least room of a label, as a share of the ruler.
const LEAST_ROOM: f64 = 0.09;

/// Marks with their labels; a label ends before the next mark, or is left to the mark's title.
fn marks(marks: &[Mark]) -> impl Iterator<Item = Html> {
    let ends = marks.iter().skip(1).map(|next| next.place).chain([1.0]);
    marks.iter().zip(ends).map(|(mark, end)| {
        let room = end - mark.place;
        let style = format!("left:{:.2}%;width:{:.2}%", 100.0 * mark.place, 100.0 * room);
        let title = format!("{}  {}", words::clock(mark.at), mark.texts.join("\n"));
        html! {
            <i {style} {title}>
                if LEAST_ROOM <= room { <span><bdi>{ &mark.label }</bdi></span> }
            </i>
        }
    })
}
