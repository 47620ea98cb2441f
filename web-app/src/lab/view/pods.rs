//! A group of pods: its frame, and a tile for each pod.

use sim_core::view::{GroupView, PodStage, PodView};
use yew::{Html, classes, html};

use super::stage::rect;
use crate::lab::model::colour::Colour;
use crate::lab::model::layout::{CELL, GroupSpot, Point, TILE};
use crate::lab::model::words;
use crate::lab::workbench::Workbench;

pub(super) fn group(bench: &Workbench, spot: &GroupSpot) -> Html {
    let group = &bench.shown.view.groups[spot.index];
    let class = match spot.colour {
        Colour::Blue => "group blue",
        Colour::Green => "group green",
        Colour::Other => "group other",
    };
    let tiles = group.pods.iter().zip(&spot.pods).enumerate().map(|(index, (pod, &corner))| {
        let label = format!("{}{}", spot.letter, index + 1);
        html! { <g key={pod.name.clone()}>{ tile(pod, spot.colour, 0.0 < group.rate + group.direct, &label, corner) }</g> }
    });
    html! {
        <g>
            { rect(spot.frame, class, 10.0) }
            { title(group, spot) }
            { for tiles }
            if group.pods.is_empty() {
                <text class="muted" text-anchor="middle" x={format!("{:.1}", spot.frame.centre().0)}
                    y={format!("{:.1}", spot.frame.y + 84.0)}>{ "no pods" }</text>
            }
        </g>
    }
}

/// Name, image, and how many are available if not all.
fn title(group: &GroupView, spot: &GroupSpot) -> Html {
    let frame = spot.frame;
    let narrow = frame.width < 220.0;
    let name = if group.version.is_empty() { &group.deployment } else { &group.version };
    let tag = group.image.rsplit_once(':').map_or(group.image.as_str(), |(_, tag)| tag);
    let image = if narrow { tag } else { group.image.as_str() };
    let room = ((frame.width - 110.0) / 7.3) as usize;
    let available = format!("{}/{}", group.available, group.wanted);
    let all = group.available == group.wanted && spot.hidden == 0;
    let count = match spot.hidden {
        0 => available,
        hidden => format!("{available}, {hidden} not drawn"),
    };
    let (x, y) = (frame.x + 14.0, format!("{:.1}", frame.y + 24.0));
    html! {
        <g>
            <title>{ format!("Deployment {}, image {}", group.deployment, group.image) }</title>
            <text x={format!("{x:.1}")} y={y.clone()}>
                <tspan class="strong">{ name }</tspan>
                <tspan class="mono muted" dx="7">{ words::cut(image, room.max(4)) }</tspan>
            </text>
            <text class={classes!("mono", if all { "muted" } else { "warn" })} text-anchor="end"
                x={format!("{:.1}", frame.right() - 14.0)} {y}>{ count }</text>
        </g>
    }
}

fn tile(pod: &PodView, colour: Colour, serves: bool, label: &str, corner: Point) -> Html {
    let (left, top) = (corner.0 + (CELL.0 - TILE) / 2.0, corner.1);
    let (x, y) = (corner.0 + CELL.0 / 2.0, top + TILE / 2.0);
    let stage = match pod.stage {
        PodStage::Pending => "pending",
        PodStage::Unready => "unready",
        PodStage::Ready => "ready",
        PodStage::Terminating => "terminating",
        PodStage::Failed => "failed",
    };
    let class = classes!("pod", stage, colour.class());
    let shape = match colour {
        Colour::Blue => html! {
            <circle {class} cx={format!("{x:.1}")} cy={format!("{y:.1}")} r="25" />
        },
        Colour::Green | Colour::Other => html! {
            <rect {class} x={format!("{:.1}", left + 1.0)} y={format!("{:.1}", top + 1.0)} width="50"
                height="50" rx={if colour == Colour::Green { "10" } else { "3" }} />
        },
    };
    let bar = top + TILE + 7.0;
    let load = pod.load.clamp(0.0, 1.0);
    html! {
        <g>
            <title>{ description(pod) }</title>
            { shape }
            <text class="strong pod-name" text-anchor="middle" x={format!("{x:.1}")}
                y={format!("{:.1}", y + 5.0)}>{ label }</text>
            if matches!(pod.stage, PodStage::Ready | PodStage::Terminating) {
                <rect class="bar" x={format!("{left:.1}")} y={format!("{bar:.1}")} width="52" height="5"
                    rx="2.5" />
                <rect class={classes!("load", colour.class(), (0.9 < load).then_some("hot"))}
                    x={format!("{left:.1}")} y={format!("{bar:.1}")}
                    width={format!("{:.1}", 52.0 * load)} height="5" rx="2.5" />
            }
            { words_under(pod, serves, x, top + TILE) }
        </g>
    }
}

fn words_under(pod: &PodView, serves: bool, x: f64, bottom: f64) -> Html {
    let ready = pod.stage == PodStage::Ready;
    let (text, class) = match pod.stage {
        PodStage::Ready if 0 < pod.queued => (format!("{} in line", pod.queued), "warn"),
        PodStage::Ready if !serves && pod.load < 0.005 => ("idle".into(), "muted"),
        PodStage::Ready => (format!("{:.0} % busy", pod.load * 100.0), "muted"),
        PodStage::Terminating => ("terminating".into(), "muted"),
        PodStage::Failed if pod.waits_for.is_empty() => (pod.status.clone(), "bad"),
        PodStage::Failed => (pod.waits_for.clone(), "bad"),
        _ if pod.waits_for.is_empty() => ("not ready".into(), "warn"),
        _ => (pod.waits_for.clone(), "warn"),
    };
    let first = bottom + if ready || pod.stage == PodStage::Terminating { 28.0 } else { 16.0 };
    let lines = words::two_lines(&text, 12).into_iter().enumerate().map(|(index, line)| {
        let y = first + 14.0 * index as f64;
        html! {
            <text class={classes!("small", class)} text-anchor="middle" x={format!("{x:.1}")}
                y={format!("{y:.1}")}>{ line }</text>
        }
    });
    html! { <>{ for lines }</> }
}

fn description(pod: &PodView) -> String {
    let mut facts = vec![pod.name.clone(), pod.status.clone()];
    if !pod.waits_for.is_empty() {
        facts.push(format!("waits for: {}", pod.waits_for));
    }
    facts.push(format!("{:.0} % of workers busy", pod.load * 100.0));
    facts.push(words::count(u64::from(pod.queued), "request") + " in line");
    if 0 < pod.restarts {
        facts.push(words::count(u64::from(pod.restarts), "restart"));
    }
    facts.join("\n")
}
