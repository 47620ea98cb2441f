//! The topology: users, gateway, pods, database, and the requests between them.

use sim_core::trace::Topic;
use sim_core::view::{FailureView, ReplicaView, UsersView};
use yew::html::Scope;
use yew::{Html, classes, html};

use super::{database, pods};
use crate::lab::model::colour::Colour;
use crate::lab::model::layout::{self, Anchor, Link, Pill, Rect, Stage};
use crate::lab::model::{flow, words};
use crate::lab::workbench::{Msg, Workbench};

pub(super) fn stage(bench: &Workbench, link: &Scope<Workbench>) -> Html {
    let (width, height) = bench.desk.size;
    let (drawing, style) = if 0.0 < width {
        let stage = layout::stage(&bench.shown.view, &bench.shown.palette, width, height);
        (draw(bench, &stage, link), format!("min-height:{:.0}px", stage.least_height))
    } else {
        Default::default()
    };
    html! { <div class="lab-topology" {style} ref={bench.desk.stage.clone()}>{ drawing }</div> }
}

fn draw(bench: &Workbench, stage: &Stage, link: &Scope<Workbench>) -> Html {
    let view = &bench.shown.view;
    let total: f64 = view.users.iter().map(|users| users.rate).sum();
    let factor = f64::from(bench.session.playback.speed.factor());
    let one_in = flow::one_in(total * factor);
    let links = stage.links.iter().map(|line| draw_link(line, factor, one_in));
    let groups = stage.groups.iter().map(|spot| pods::group(bench, spot));
    let pills = stage.pills.iter().map(|pill| draw_pill(bench, pill, link));
    html! {
        <svg viewBox={format!("0 0 {:.0} {:.0}", stage.width, stage.height)}
            width={format!("{:.0}", stage.width)} height={format!("{:.0}", stage.height)}
            role="group" aria-label={sentence(bench)}>
            <defs>
                <pattern id="lab-hatch" width="6" height="6" patternUnits="userSpaceOnUse"
                    patternTransform="rotate(45)">
                    <rect width="6" height="6" class="hatch-ground" />
                    <path d="M0 0V6" class="hatch-line" />
                </pattern>
            </defs>
            { for links }
            { draw_users(bench, stage, one_in) }
            { draw_gateway(bench, stage) }
            { for stage.database.map(|frame| database::draw(bench, frame)) }
            { for groups }
            { for stage.links.iter().map(draw_label) }
            { for pills }
        </svg>
    }
}

/// What the drawing says, for those who do not see it.
fn sentence(bench: &Workbench) -> String {
    let view = &bench.shown.view;
    let groups = view.groups.iter().map(|group| {
        let share = layout::configured(view, group)
            .map_or_else(String::new, |share| format!("{} of requests, ", words::share(share)));
        let direct = match 0.0 < group.direct {
            true => format!(" and {} past the gateway", words::rate(group.direct)),
            false => String::new(),
        };
        format!(
            "{}: {share}{}{direct}, {} of {} pods available",
            group.deployment,
            words::rate(group.rate),
            group.available,
            group.wanted
        )
    });
    let lost: u64 = view.failures.iter().map(|failure| failure.count).sum();
    let parts: Vec<String> = groups.chain(database::waiting(bench)).collect();
    format!("Topology. {}. {} failed just now.", parts.join(". "), words::count(lost, "request"))
}

fn draw_link(line: &Link, factor: f64, one_in: u32) -> Html {
    let colour = line.colour.map_or("shared", Colour::class);
    let idle = (line.share <= 0.0 && line.rate <= 0.0).then_some("idle");
    let dots = flow::gap(line.rate * factor, one_in).map(|gap| {
        let beat = gap / flow::PIXELS_PER_SECOND;
        // Round dots are dashes of no length with round ends; square ones are as long as wide.
        let dash = if line.colour == Some(Colour::Green) { 7.0 } else { 0.0 };
        let style = format!(
            "stroke-dasharray:{dash} {};--gap:{}px;animation-duration:{beat:.3}s",
            gap - dash,
            -gap
        );
        html! { <path key={format!("{gap}")} class={classes!("dots", colour)} d={line.path.clone()} {style} /> }
    });
    html! {
        <g>
            <path class={classes!("link", colour, idle)} d={line.path.clone()}
                stroke-width={format!("{:.1}", line.thickness)} />
            { for dots }
        </g>
    }
}

fn draw_label(line: &Link) -> Html {
    let (Some(((x, y), anchor)), Some(colour)) = (line.label, line.colour) else {
        return Html::default();
    };
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::End => "end",
    };
    let (x, [y, below, lowest]) =
        (format!("{x:.1}"), [y, y + 16.0, y + 32.0].map(|y| format!("{y:.1}")));
    html! {
        <g text-anchor={anchor}>
            <text class={classes!("share", colour.class())} x={x.clone()} {y}>
                { words::share(line.share) }
            </text>
            <text class="mono muted" x={x.clone()} y={below}>{ words::rate(line.rate) }</text>
            if 0.0 < line.direct {
                <text class="mono muted" {x} y={lowest}>
                    { format!("+{} direct", words::rate(line.direct)) }
                </text>
            }
        </g>
    }
}

fn draw_users(bench: &Workbench, stage: &Stage, one_in: u32) -> Html {
    let (x, y) = stage.users.centre();
    let through = || bench.shown.view.users.iter().filter(|users| users.calls.is_none());
    let rate: f64 = through().map(|users| users.rate).sum();
    let waiting: u32 = through().map(|users| users.waiting).sum();
    let lines = [words::rate(rate), format!("{waiting} wait"), format!("dot = {one_in}")];
    let lines = lines.into_iter().enumerate().map(|(index, line)| {
        let index = index as f64;
        let (anchor, x, y) = match stage.vertical {
            true => ("end", stage.users.x - 12.0, y - 12.0 + 16.0 * index),
            false => ("middle", x, stage.users.bottom() + 18.0 + 16.0 * index),
        };
        html! {
            <text class="mono muted" text-anchor={anchor} x={format!("{x:.1}")} y={format!("{y:.1}")}>
                { line }
            </text>
        }
    });
    let names: Vec<_> = bench.shown.view.users.iter().map(told).collect();
    html! {
        <g>
            <title>{ names.join(", ") }</title>
            <circle class="node" cx={format!("{x:.1}")} cy={format!("{y:.1}")} r="30" />
            <text text-anchor="middle" x={format!("{x:.1}")} y={format!("{:.1}", y + 4.5)}>
                { "users" }
            </text>
            { for lines }
        </g>
    }
}

/// Who they are; and of those who come without the gateway, where their connections are.
fn told(users: &UsersView) -> String {
    let Some(service) = &users.calls else { return users.name.clone() };
    if 0 < users.sidecars {
        let sidecars = words::count(users.sidecars.into(), "sidecar");
        return format!("{} (calls {service} through {sidecars})", users.name);
    }
    let open = users.connections.iter().map(|(version, count)| format!("{count} to {version}"));
    let open = open.collect::<Vec<_>>().join(" and ");
    let open = if open.is_empty() { "none".to_owned() } else { open };
    format!("{} (calls {service} directly; open connections: {open})", users.name)
}

fn draw_gateway(bench: &Workbench, stage: &Stage) -> Html {
    let (gateway, frame) = (&bench.shown.view.gateway, stage.gateway);
    let name = gateway.virtual_service.as_deref().unwrap_or("no VirtualService");
    let (version, class) = if gateway.version < gateway.newest {
        (format!("v{} → v{}", gateway.version, gateway.newest), "warn")
    } else {
        (format!("config v{}", gateway.version), "muted")
    };
    let (x, y) = (frame.centre().0, frame.y);
    let x = format!("{x:.1}");
    html! {
        <g>
            <title>{ format!("Ingress gateway, routed by {name}") }</title>
            { rect(frame, "node", 8.0) }
            <g text-anchor="middle">
                <text class="strong" x={x.clone()} y={format!("{:.1}", y + 24.0)}>{ "gateway" }</text>
                <text class="mono muted" x={x.clone()} y={format!("{:.1}", y + 44.0)}>
                    { words::cut(name, 17) }
                </text>
                if stage.replicas.is_empty() {
                    <text class={classes!("mono", class)} {x} y={format!("{:.1}", y + 62.0)}>
                        { version }
                    </text>
                }
                { for gateway.replicas.iter().zip(&stage.replicas).map(|(one, &frame)| {
                    draw_replica(one, gateway.newest, frame)
                }) }
            </g>
        </g>
    }
}

/// One replica with the version of its configuration, marked if istiod has a newer one for it.
fn draw_replica(replica: &ReplicaView, newest: u32, frame: Rect) -> Html {
    let (x, y) = frame.centre();
    let (text, shape, told) = match replica.version < newest {
        true => ("replica warn", "replica lags", format!(", and v{newest} is not there yet")),
        false => ("replica muted", "replica", String::new()),
    };
    html! {
        <g>
            <title>{ format!("{} uses configuration v{}{told}", replica.pod, replica.version) }</title>
            { rect(frame, shape, 5.0) }
            <text class={classes!("mono", text)} x={format!("{x:.1}")} y={format!("{:.1}", y + 4.0)}>
                { format!("v{}", replica.version) }
            </text>
        </g>
    }
}

/// A pill opens the explanation of the newest such failure.
fn draw_pill(bench: &Workbench, pill: &Pill, link: &Scope<Workbench>) -> Html {
    let failure = &bench.shown.view.failures[pill.index];
    let entry = newest(bench, failure);
    let explain = link.callback(move |()| Msg::Explain(entry));
    let onclick = explain.reform(|_: yew::MouseEvent| ());
    let onkeydown = link.batch_callback(move |event: yew::KeyboardEvent| {
        let pressed = matches!(event.key().as_str(), "Enter" | " ");
        pressed.then(|| {
            event.prevent_default();
            event.stop_propagation();
            Msg::Explain(entry)
        })
    });
    let (x, y) = pill.frame.centre();
    let label = format!("{}, {} since the beginning. Show why.", pill.text, failure.total);
    html! {
        <g class="pill" role="button" tabindex="0" aria-label={label.clone()} {onclick} {onkeydown}>
            <title>{ label }</title>
            { rect(pill.frame, "", 11.0) }
            <text text-anchor="middle" x={format!("{x:.1}")} y={format!("{:.1}", y + 4.0)}>
                { &pill.text }
            </text>
        </g>
    }
}

fn newest(bench: &Workbench, failure: &FailureView) -> Option<usize> {
    let trace = bench.session.recording.simulation().trace();
    let mentions = |text: &str| failure.flag == "-" || text.contains(&failure.flag);
    (0..trace.len()).rev().take(4_000).find(|&index| {
        trace.get(index).is_some_and(|entry| entry.topic == Topic::Request && mentions(&entry.text))
    })
}

/// A rectangle of the drawing.
pub(super) fn rect(frame: Rect, class: &'static str, radius: f64) -> Html {
    html! {
        <rect class={class} x={format!("{:.1}", frame.x)} y={format!("{:.1}", frame.y)}
            width={format!("{:.1}", frame.width)} height={format!("{:.1}", frame.height)}
            rx={radius.to_string()} />
    }
}
