//! One sentence for those who do not see the picture.

use crate::panel::{Panel, Points, Style};
use crate::scale::{clock, number};

/// What the picture shows: unit, range, and least, most and last value of each series.
pub(crate) fn sentence(panel: &Panel) -> String {
    let lines = panel.lines.iter().map(|line| (&line.label, line.style, &line.points));
    let areas = panel.areas.iter().map(|area| (&area.label, area.style, &area.points));
    let series: Vec<String> = areas
        .chain(lines)
        .filter_map(|(label, style, points)| describe(panel, label, style, points))
        .collect();
    if series.is_empty() {
        return "No values yet.".to_owned();
    }
    let unit = if panel.unit.is_empty() { String::new() } else { format!(" in {}", panel.unit) };
    let (from, to) = (clock(panel.from_secs), clock(panel.to_secs));
    format!("Values{unit} from {from} to {to}: {}.", series.join("; "))
}

fn describe(panel: &Panel, label: &str, style: Style, points: &Points) -> Option<String> {
    let shown = points.iter().filter(|point| (panel.from_secs..=panel.to_secs).contains(&point.0));
    let mut values = shown.filter_map(|point| point.1).filter(|value| value.is_finite());
    let first = values.next()?;
    let (min, max, last) = values.fold((first, first, first), |(min, max, _), value| {
        (min.min(value), max.max(value), value)
    });
    let name = match style {
        Style::Blue => "blue",
        Style::Green => "green",
        Style::Bad => "failures",
        Style::Neutral => "",
    };
    let name =
        [label, name].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    Some(format!("{name} least {}, most {}, last {}", number(min), number(max), number(last)))
}
