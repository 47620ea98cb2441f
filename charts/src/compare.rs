//! Strategies side by side: who served when, with a good version and with a bad one.

use sim_core::compare::{Moment, Outcome};
use sim_core::time::SimTime;

use crate::panel::{Area, Mark, MarkKind, Panel, Points, Style};

/// Height of one strategy, in pixels.
const HEIGHT: u32 = 116;
/// Height of the words above both columns.
const HEAD: u32 = 24;

/// The drawing of some outcomes, of this natural width in pixels.
pub fn strategies(outcomes: &[Outcome], width: u32) -> String {
    let half = width / 2;
    let height = HEAD + HEIGHT * u32::try_from(outcomes.len()).unwrap_or(u32::MAX / HEIGHT);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"group\" aria-label=\"Requests a second by strategy\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\">\n"
    );
    for (x, head) in [(0, "The new version is good"), (half, "It fails 30 % of its requests")] {
        text +=
            &format!("<text x=\"{}\" y=\"16\" fill=\"var(--muted, #555)\">{head}</text>\n", x + 36);
    }
    let most = outcomes.iter().flat_map(|one| [&one.good.moments, &one.bad.moments]);
    let most = most.flat_map(|moments| rates(moments, |moment| moment.all));
    let top = most.filter_map(|(_, value)| value).fold(1.0, f64::max);
    let mut y = HEAD;
    for outcome in outcomes {
        for (x, moments) in [(0, &outcome.good.moments), (half, &outcome.bad.moments)] {
            let mut panel = panel(outcome.strategy, moments, half, top);
            if x != 0 {
                panel.marks.extend(alert(outcome));
            }
            text += &format!("<g transform=\"translate({x} {y})\">{}</g>\n", panel.svg());
        }
        y += HEIGHT;
    }
    text + "</svg>\n"
}

fn panel(strategy: &str, moments: &[Moment], width: u32, top: f64) -> Panel {
    let failed = rates(moments, |moment| moment.failed);
    let green = rates(moments, |moment| moment.green);
    let blue = rates(moments, |moment| moment.all - moment.failed - moment.green);
    Panel {
        title: strategy.to_owned(),
        unit: "requests/s".to_owned(),
        width,
        height: HEIGHT,
        to_secs: moments.last().map_or(1.0, |moment| seconds(moment.at)),
        y_max: Some(top),
        areas: vec![
            Area::new("", Style::Bad, failed),
            Area::new("B", Style::Blue, blue),
            Area::new("G", Style::Green, green),
        ],
        ..Panel::default()
    }
}

/// When the alert called.
fn alert(outcome: &Outcome) -> Option<Mark> {
    let at = outcome.bad.called?;
    Some(Mark { at_secs: seconds(at), label: "alert".to_owned(), kind: MarkKind::Incident })
}

/// What a counter has risen by in each second, between two moments.
fn rates(moments: &[Moment], count: impl Fn(&Moment) -> u64) -> Points {
    let rate = |pair: &[Moment]| {
        let time = seconds(pair[1].at) - seconds(pair[0].at);
        (seconds(pair[1].at), Some((count(&pair[1]) - count(&pair[0])) as f64 / time))
    };
    moments.windows(2).map(rate).collect()
}

fn seconds(at: SimTime) -> f64 {
    at.as_micros() as f64 / 1e6
}
