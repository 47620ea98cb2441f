//! The drawing itself, with plotters.

use plotters::chart::ChartContext;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::labels::{LINE_HEIGHT, shorten, spread, text_width};
use crate::panel::{MarkKind, Panel, Points, Style};
use crate::scale::{ValueAxis, clock, time_ticks};
use crate::stack::{Band, bands};
use crate::summary;
use crate::theme::{self, COMMAND, GRID, INCIDENT, INK, MUTED, SCALE};

pub(crate) type Root<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
/// Drawing into a string fails only when the string's formatter does.
pub(crate) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Size of all text, in pixels.
const TEXT: f64 = 12.0;

/// Where the parts of a panel lie, in pixels.
struct Layout {
    width: u32,
    height: u32,
    title: u32,
    marks: u32,
    left: u32,
    right: u32,
    bottom: u32,
    time: (f64, f64),
    axis: ValueAxis,
}

impl Layout {
    fn new(panel: &Panel, stacked: &[Vec<Band>]) -> Self {
        let width = panel.width.clamp(160, 8_000);
        let height = panel.height.clamp(80, 8_000);
        let title = if panel.title.is_empty() && panel.unit.is_empty() { 6 } else { 24 };
        let has = |kind| panel.marks.iter().any(|mark| mark.kind == kind);
        let rows = u32::from(has(MarkKind::Command)) + u32::from(has(MarkKind::Incident));
        let (marks, bottom) = (rows * 16, 22);
        let plot = height.saturating_sub(title + marks + bottom);
        let axis = ValueAxis::new(
            panel.y_max.unwrap_or_else(|| highest(panel, stacked)),
            panel.y_max.is_some(),
            (plot / 36).clamp(2, 5),
        );
        let ticks = axis.ticks();
        let widest = ticks.iter().map(|tick| text_width(&axis.text(*tick))).fold(0.0, f64::max);
        let lines = panel.lines.iter().map(|line| name(&line.label, line.style));
        let names = lines.chain(panel.areas.iter().map(|area| name(&area.label, area.style)));
        let longest = names.map(|name| text_width(&name)).fold(0.0, f64::max).min(120.0);
        let (from, to) = (panel.from_secs, panel.to_secs);
        let time =
            if from.is_finite() && to.is_finite() && from < to { (from, to) } else { (0.0, 1.0) };
        // Panels of one width and ordinary labels share their time axis, so that they can be stacked.
        let (left, right) = ((widest as u32 + 10).max(36), (longest as u32 + 12).max(46));
        Self { width, height, title, marks, left, right, bottom, time, axis }
    }

    fn x(&self, secs: f64) -> f64 {
        let share = (secs - self.time.0) / (self.time.1 - self.time.0);
        f64::from(self.left) + share * f64::from(self.width - self.left - self.right)
    }

    fn y(&self, value: f64) -> f64 {
        let (top, bottom) = (self.top(), self.ground());
        bottom - (value / self.axis.top).clamp(0.0, 1.0) * (bottom - top)
    }

    fn top(&self) -> f64 {
        f64::from(self.title + self.marks)
    }

    fn ground(&self) -> f64 {
        f64::from(self.height - self.bottom)
    }

    fn shows(&self, secs: f64) -> bool {
        (self.time.0..=self.time.1).contains(&secs)
    }
}

fn highest(panel: &Panel, stacked: &[Vec<Band>]) -> f64 {
    let lines = panel.lines.iter().flat_map(|line| &line.points);
    let lines = lines.filter(|point| (panel.from_secs..=panel.to_secs).contains(&point.0));
    let lines = lines.filter_map(|point| point.1).filter(|value| value.is_finite());
    let areas = stacked.iter().flatten().flat_map(|band| &band.edges).map(|edge| edge.2);
    lines.chain(areas).fold(0.0, f64::max)
}

pub(crate) fn svg(panel: &Panel) -> String {
    let stacked = bands(&panel.areas);
    let layout = Layout::new(panel, &stacked);
    let size = (layout.width, layout.height);
    let mut body = String::new();
    {
        let root = SVGBackend::with_string(&mut body, (size.0 * SCALE, size.1 * SCALE))
            .into_drawing_area();
        draw(&root, panel, &layout, &stacked).expect("a string takes every drawing");
        root.present().expect("a string takes every drawing");
    }
    theme::finish(&body, size, &panel.title, &summary::sentence(panel))
}

fn draw(root: &Root<'_>, panel: &Panel, layout: &Layout, stacked: &[Vec<Band>]) -> Drawn {
    title(root, panel)?;
    let empty = stacked.iter().all(Vec::is_empty)
        && panel.lines.iter().all(|line| runs(&line.points, layout).is_empty());
    if empty {
        let x = layout.x((layout.time.0 + layout.time.1) / 2.0);
        let y = (layout.top() + layout.ground()) / 2.0;
        write(root, "nothing measured yet", (x, y), MUTED, HPos::Center)?;
    }
    let mut chart = axes(root, layout, empty)?;
    for band in stacked.iter().flatten() {
        area(&mut chart, root, band, layout)?;
    }
    for line in &panel.lines {
        let width = if line.thin { SCALE } else { 2 * SCALE };
        for run in runs(&line.points, layout) {
            chart.draw_series([PathElement::new(run, line.style.stroke().stroke_width(width))])?;
        }
    }
    marks(root, panel, layout)?;
    end_labels(root, panel, layout, stacked)?;
    if let Some(secs) = panel.cursor_secs.filter(|secs| layout.shows(*secs)) {
        let x = layout.x(secs);
        stroke(root, &[(x, layout.top()), (x, layout.ground())], INK, 1.5)?;
    }
    Ok(())
}

fn title(root: &Root<'_>, panel: &Panel) -> Drawn {
    if panel.title.is_empty() {
        return write(root, &panel.unit, (0.0, 8.0), MUTED, HPos::Left);
    }
    let font = ("sans-serif", 12.0 * f64::from(SCALE) * 1.24).into_font().style(FontStyle::Bold);
    let style = font.color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
    root.draw_text(&theme::visible(&panel.title), &style, pixel((0.0, 8.0)))?;
    // Bold letters of 12 pixels are wider than the others.
    let x = panel.title.chars().count() as f64 * 7.9 + 8.0;
    write(root, &panel.unit, (x, 8.0), MUTED, HPos::Left)
}

/// Both axes: a line and a text for each tick of the values, a text for each of time, no frame.
/// Without values there is nothing to read off: the ground alone is drawn.
fn axes<'a, 'b>(
    root: &'a Root<'b>,
    layout: &Layout,
    empty: bool,
) -> Result<Chart<'a, 'b>, DrawingAreaErrorKind<std::io::Error>> {
    let (left, right) = (f64::from(layout.left), f64::from(layout.width - layout.right));
    for tick in layout.axis.ticks().into_iter().filter(|tick| *tick == 0.0 || !empty) {
        let y = layout.y(tick);
        stroke(root, &[(left, y), (right, y)], GRID, 1.0)?;
        write(root, &layout.axis.text(tick), (left - 6.0, y), MUTED, HPos::Right)?;
    }
    let most = ((layout.width - layout.left - layout.right) / 80).clamp(1, 12);
    for tick in time_ticks(layout.time.0, layout.time.1, most) {
        write(root, &clock(tick), (layout.x(tick), layout.ground() + 14.0), MUTED, HPos::Center)?;
    }
    ChartBuilder::on(root)
        .margin_top((layout.title + layout.marks) * SCALE)
        .margin_right(layout.right * SCALE)
        .margin_bottom(layout.bottom * SCALE)
        .margin_left(layout.left * SCALE)
        .build_cartesian_2d(layout.time.0..layout.time.1, 0.0..layout.axis.top)
}

/// The unbroken pieces of a line inside the axes.
fn runs(points: &Points, layout: &Layout) -> Vec<Vec<(f64, f64)>> {
    let value = |point: &(f64, Option<f64>)| {
        point.1.filter(|value| value.is_finite() && layout.shows(point.0))
    };
    points
        .chunk_by(|one, other| value(one).is_some() && value(other).is_some())
        .map(|run| {
            let run = run.iter().filter_map(|point| Some((point.0, value(point)?)));
            run.map(|(secs, value)| (secs, value.clamp(0.0, layout.axis.top))).collect::<Vec<_>>()
        })
        .filter(|run| !run.is_empty())
        .collect()
}

fn area(chart: &mut Chart<'_, '_>, root: &Root<'_>, band: &Band, layout: &Layout) -> Drawn {
    let edges: Vec<_> = band.edges.iter().filter(|edge| layout.shows(edge.0)).collect();
    if edges.is_empty() {
        return Ok(());
    }
    let top = layout.axis.top;
    let upper: Vec<(f64, f64)> = edges.iter().map(|edge| (edge.0, edge.2.min(top))).collect();
    let lower = edges.iter().rev().map(|edge| (edge.0, edge.1.min(top)));
    let outline: Vec<(f64, f64)> = upper.iter().copied().chain(lower).collect();
    chart.draw_series([Polygon::new(outline, band.style.fill().filled())])?;
    if band.style == Style::Bad {
        // Few failures among many requests are too low to see: a strip under the axis shows when.
        let (from, to) = (layout.x(edges[0].0), layout.x(edges[edges.len() - 1].0));
        let ground = layout.ground() + 3.5;
        return stroke(root, &[(from - 1.0, ground), (to + 1.0, ground)], Style::Bad.fill(), 4.0);
    }
    chart
        .draw_series([PathElement::new(upper, band.style.stroke().stroke_width(SCALE * 3 / 2))])?;
    Ok(())
}

/// Commands in one row above the plot, incidents in the next; each with a line through the plot.
fn marks(root: &Root<'_>, panel: &Panel, layout: &Layout) -> Drawn {
    let mut row = f64::from(layout.title) + 7.0;
    for (kind, color) in [(MarkKind::Command, COMMAND), (MarkKind::Incident, INCIDENT)] {
        let mut marks: Vec<_> = panel.marks.iter().filter(|mark| mark.kind == kind).collect();
        if marks.is_empty() {
            continue;
        }
        marks.retain(|mark| layout.shows(mark.at_secs));
        marks.sort_by(|one, other| one.at_secs.total_cmp(&other.at_secs));
        for (index, mark) in marks.iter().enumerate() {
            let x = layout.x(mark.at_secs);
            stroke(root, &[(x, row + 4.0), (x, layout.ground())], color, 1.0)?;
            let shape = match kind {
                MarkKind::Command => {
                    vec![(x - 3.5, row - 3.0), (x + 3.5, row - 3.0), (x, row + 4.0)]
                }
                MarkKind::Incident => {
                    vec![(x - 4.0, row), (x, row - 4.0), (x + 4.0, row), (x, row + 4.0)]
                }
            };
            let shape: Vec<_> = shape.into_iter().map(pixel).collect();
            root.draw(&Polygon::new(shape, color.filled()))?;
            let end = marks
                .get(index + 1)
                .map_or(f64::from(layout.width), |next| layout.x(next.at_secs) - 5.0);
            let label = shorten(&mark.label, end - x - 6.0);
            write(root, &label, (x + 6.0, row), color, HPos::Left)?;
        }
        row += 16.0;
    }
    Ok(())
}

/// The name of a series, and where it would like to stand.
struct EndLabel {
    at: (f64, f64),
    side: HPos,
    text: String,
    style: Style,
}

/// Each series is named where it ends: right of the end, or inside an area that others outlive.
fn end_labels(root: &Root<'_>, panel: &Panel, layout: &Layout, stacked: &[Vec<Band>]) -> Drawn {
    let mut labels = Vec::new();
    let latest = stacked.iter().filter_map(|bands| end(bands, 0.0, layout)).map(|edge| edge.0);
    let latest = latest.fold(f64::NEG_INFINITY, f64::max);
    for (area, bands) in panel.areas.iter().zip(stacked) {
        let Some(last) = end(bands, 0.0, layout) else { continue };
        let inside = last.0 < latest && area.style != Style::Bad;
        // Inside, the label stands where the area is still high enough for it.
        let (side, shift, share) =
            if inside { (HPos::Right, -6.0, 0.5) } else { (HPos::Left, 5.0, 0.0) };
        let (secs, low, high) = end(bands, share, layout).unwrap_or(last);
        let at = (layout.x(secs) + shift, f64::midpoint(layout.y(low), layout.y(high)));
        labels.push(EndLabel { at, side, text: name(&area.label, area.style), style: area.style });
    }
    for line in &panel.lines {
        let Some(&(secs, value)) = runs(&line.points, layout).last().and_then(|run| run.last())
        else {
            continue;
        };
        let at = (layout.x(secs) + 5.0, layout.y(value));
        let text = name(&line.label, line.style);
        labels.push(EndLabel { at, side: HPos::Left, text, style: line.style });
    }
    let wishes: Vec<f64> = labels.iter().map(|label| label.at.1).collect();
    let places = spread(&wishes, layout.top(), layout.ground() - LINE_HEIGHT / 2.0);
    for (label, y) in labels.into_iter().zip(places) {
        write(root, &label.text, (label.at.0, y), label.style.stroke(), label.side)?;
    }
    Ok(())
}

/// The last moment at which an area is there, at least at this share of its greatest height.
fn end(bands: &[Band], share: f64, layout: &Layout) -> Option<(f64, f64, f64)> {
    let edges = || bands.iter().flat_map(|band| &band.edges).filter(|edge| layout.shows(edge.0));
    let highest = edges().map(|edge| edge.2 - edge.1).fold(0.0, f64::max);
    edges().rfind(|edge| edge.1 < edge.2 && share * highest <= edge.2 - edge.1).copied()
}

fn name(label: &str, style: Style) -> String {
    match style {
        Style::Bad => format!("✗ {label}").trim_end().to_owned(),
        Style::Blue | Style::Green | Style::Neutral => label.to_owned(),
    }
}

pub(crate) fn write(
    root: &Root<'_>,
    text: &str,
    at: (f64, f64),
    color: RGBColor,
    side: HPos,
) -> Drawn {
    if text.is_empty() {
        return Ok(());
    }
    let font = ("sans-serif", TEXT * f64::from(SCALE) * 1.24).into_font();
    root.draw_text(
        &theme::visible(text),
        &font.color(&color).pos(Pos::new(side, VPos::Center)),
        pixel(at),
    )
}

pub(crate) fn stroke(root: &Root<'_>, path: &[(f64, f64)], color: RGBColor, width: f64) -> Drawn {
    let path: Vec<_> = path.iter().copied().map(pixel).collect();
    let width = (width * f64::from(SCALE)) as u32;
    root.draw(&PathElement::new(path, color.stroke_width(width)))
}

pub(crate) fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    let scale = f64::from(SCALE);
    ((x * scale).round() as i32, (y * scale).round() as i32)
}
