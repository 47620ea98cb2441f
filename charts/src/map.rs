//! A table of verdicts with a path over it: what is safe, and the way that somebody went.
//!
//! Each verdict has a sign as well as a colour, and those that are bad a hatch or a solid ground, so that the
//! table can be read on grey paper.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::draw::{Drawn, Root, pixel, stroke, write};
use crate::labels::{shorten, text_width};
use crate::theme::{self, DASHED, GROUND, INK, INK_APART, MUTED, SCALE};

/// Width of the names of rows, in pixels.
const NAMES: u32 = 178;
/// Height of the names of columns.
const HEAD: u32 = 40;
/// Narrowest and widest field.
const FIELD: (u32, u32) = (54, 118);
/// Height of a field without stations.
const PLAIN: u32 = 36;
/// What a line of stations adds, and the room of one station.
const STATIONS: u32 = 22;
/// Height of the words before a row that does not follow the one above.
const BREAK: u32 = 24;
/// Height of a line of the legend.
const LEGEND: u32 = 22;

/// How a field looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// Nothing known yet.
    Pending,
    /// Soft ground, ✓.
    Safe,
    /// Dashed frame, ?.
    Unknown,
    /// Soft ground, ~.
    Degraded,
    /// Hatched, ✗.
    Errors,
    /// Solid, !.
    DataLoss,
}

impl Shade {
    /// Those of which the legend tells.
    const TOLD: [Self; 5] =
        [Self::Safe, Self::Unknown, Self::Degraded, Self::Errors, Self::DataLoss];

    fn name(self) -> &'static str {
        match self {
            Self::Pending => "not run yet",
            Self::Safe => "safe",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Errors => "errors",
            Self::DataLoss => "data loss",
        }
    }

    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Pending => "·",
            Self::Safe => "✓",
            Self::Unknown => "?",
            Self::Degraded => "~",
            Self::Errors => "✗",
            Self::DataLoss => "!",
        }
    }

    fn ink(self) -> RGBColor {
        match self {
            Self::Safe | Self::Unknown | Self::Degraded | Self::Errors => INK_APART,
            Self::DataLoss => GROUND,
            Self::Pending => MUTED,
        }
    }
}

/// What lies on the way into a field from above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// Some wait: dashes.
    Waits,
    /// Nobody gets through: a solid bar.
    Blocks,
}

impl Bar {
    const ALL: [Self; 2] = [Self::Waits, Self::Blocks];

    fn meaning(self) -> &'static str {
        match self {
            Self::Waits => "requests wait while the migration runs",
            Self::Blocks => "requests fail or stand still while it runs",
        }
    }
}

/// A field of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its verdict.
    pub shade: Shade,
    /// A few letters beside the sign; left out where there is no room.
    pub text: String,
    /// What lies before it.
    pub bar: Option<Bar>,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// Its name.
    pub name: String,
    /// Smaller, below the name.
    pub note: String,
    /// Words before it, if it does not follow the row above.
    pub apart: Option<String>,
    /// By column.
    pub fields: Vec<Field>,
}

/// The table and the path.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Title for those who do not see it.
    pub title: String,
    /// What it shows, for those who do not see it.
    pub summary: String,
    /// Natural width in pixels; it grows with the number of columns.
    pub width: u32,
    /// Names of the columns, in two lines.
    pub columns: Vec<[String; 2]>,
    /// The rows.
    pub rows: Vec<Strip>,
    /// Row and column of each station, in order.
    pub path: Vec<(usize, usize)>,
}

impl Map {
    /// The drawing as an SVG element.
    pub fn svg(&self) -> String {
        let layout = Layout::new(self);
        let size = (layout.width, layout.height);
        let mut body = String::new();
        {
            let root = SVGBackend::with_string(&mut body, (size.0 * SCALE, size.1 * SCALE))
                .into_drawing_area();
            draw(&root, self, &layout).expect("a string takes every drawing");
            root.present().expect("a string takes every drawing");
        }
        theme::finish(&body, size, &self.title, &self.summary)
    }
}

/// Where the parts lie, in pixels.
struct Layout {
    width: u32,
    height: u32,
    field: f64,
    /// Top and height of each row.
    rows: Vec<(f64, f64)>,
    /// Middle of each station.
    stations: Vec<(f64, f64)>,
    /// Places of the legend's entries.
    legend: Vec<(f64, f64)>,
}

impl Layout {
    fn new(map: &Map) -> Self {
        let columns = map.columns.len().max(1) as u32;
        let field =
            (map.width.clamp(300, 4_000).saturating_sub(NAMES) / columns).clamp(FIELD.0, FIELD.1);
        let width = NAMES + field * columns;
        let a_line = (field as usize - 10) / STATIONS as usize;
        let here = |row, column| map.path.iter().filter(move |place| **place == (row, column));
        let mut top = f64::from(HEAD);
        let mut rows = Vec::new();
        for (row, strip) in map.rows.iter().enumerate() {
            top += if strip.apart.is_some() { f64::from(BREAK) } else { 0.0 };
            let most = (0..map.columns.len()).map(|column| here(row, column).count()).max();
            let lines = most.unwrap_or(0).div_ceil(a_line) as u32;
            let height = f64::from(PLAIN + STATIONS * lines);
            rows.push((top, height));
            top += height;
        }
        let mut seen: Vec<(usize, usize)> = Vec::new();
        let mut stations = Vec::new();
        for &(row, column) in &map.path {
            let before = seen.iter().filter(|place| **place == (row, column)).count();
            seen.push((row, column));
            let (top, _) = rows.get(row).copied().unwrap_or_default();
            let step = f64::from(STATIONS);
            // Signs stand on the left.
            let x = f64::from(NAMES) + f64::from(field) * (column + 1) as f64 - 16.0;
            stations.push((
                x - step * (before % a_line) as f64,
                top + f64::from(PLAIN) + 6.0 + step * (before / a_line) as f64,
            ));
        }
        let (legend, bottom) = legend_places(f64::from(width), top + 18.0);
        let field = f64::from(field);
        Self { width, height: bottom as u32, field, rows, stations, legend }
    }

    fn left(&self, column: usize) -> f64 {
        f64::from(NAMES) + self.field * column as f64
    }
}

/// The entries of the legend in as many lines as they need, and where they end.
fn legend_places(width: f64, top: f64) -> (Vec<(f64, f64)>, f64) {
    let words = Shade::TOLD.into_iter().map(Shade::name);
    let words = words.chain(Bar::ALL.into_iter().map(Bar::meaning));
    let (mut x, mut y) = (0.0, top);
    let mut places = Vec::new();
    for words in words {
        let needs = 30.0 + text_width(words) + 16.0;
        if 0.0 < x && width < x + needs {
            (x, y) = (0.0, y + f64::from(LEGEND));
        }
        places.push((x, y));
        x += needs;
    }
    (places, y + f64::from(LEGEND))
}

fn draw(root: &Root<'_>, map: &Map, layout: &Layout) -> Drawn {
    for (column, [first, second]) in map.columns.iter().enumerate() {
        let x = layout.left(column) + layout.field / 2.0;
        let room = layout.field - 4.0;
        write(root, &shorten(first, room), (x, 10.0), INK, HPos::Center)?;
        write(root, &shorten(second, room), (x, 26.0), MUTED, HPos::Center)?;
    }
    for (strip, &(top, height)) in map.rows.iter().zip(&layout.rows) {
        names(root, strip, (top, height))?;
        for (column, field) in strip.fields.iter().enumerate() {
            let corner = (layout.left(column) + 1.5, top + 1.5);
            ground(root, field.shade, corner, (layout.field - 3.0, height - 3.0))?;
            if let Some(bar) = field.bar {
                let (from, to) = (corner.0, corner.0 + layout.field - 3.0);
                stroke(root, &[(from, top), (to, top)], bar.stroke(), 4.0)?;
            }
        }
    }
    lines(root, layout)?;
    for (strip, &(top, _)) in map.rows.iter().zip(&layout.rows) {
        for (column, field) in strip.fields.iter().enumerate() {
            let (x, y) = (layout.left(column) + 7.5, top + 18.0);
            sign(root, field.shade, (x, y))?;
            let text = shorten(&field.text, layout.field - 24.0);
            write(root, &text, (x + 14.0, y), field.shade.ink(), HPos::Left)?;
        }
    }
    stations(root, layout)?;
    legend(root, layout)
}

fn names(root: &Root<'_>, strip: &Strip, (top, height): (f64, f64)) -> Drawn {
    if let Some(apart) = &strip.apart {
        write(root, apart, (0.0, top - f64::from(BREAK) / 2.0 + 2.0), MUTED, HPos::Left)?;
    }
    let room = f64::from(NAMES) - 2.0;
    let middle = top + height / 2.0;
    let shift = if strip.note.is_empty() { 0.0 } else { 7.0 };
    write(root, &shorten(&strip.name, room), (0.0, middle - shift), INK, HPos::Left)?;
    write(root, &shorten(&strip.note, room), (0.0, middle + shift + 1.0), MUTED, HPos::Left)
}

fn ground(root: &Root<'_>, shade: Shade, (x, y): (f64, f64), (width, height): (f64, f64)) -> Drawn {
    let corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)];
    let outline: Vec<_> = corners.into_iter().map(pixel).collect();
    root.draw(&Polygon::new(outline, shade.fill().filled()))?;
    if shade == Shade::Unknown {
        let around = [corners[0], corners[1], corners[2], corners[3], corners[0]];
        stroke(root, &around, DASHED, 1.5)?;
    }
    Ok(())
}

fn sign(root: &Root<'_>, shade: Shade, at: (f64, f64)) -> Drawn {
    let font = ("sans-serif", 15.0 * f64::from(SCALE) * 1.24).into_font().style(FontStyle::Bold);
    let style = font.color(&shade.ink()).pos(Pos::new(HPos::Left, VPos::Center));
    root.draw_text(shade.sign(), &style, pixel(at))
}

/// Lines from station to station, each down or up first, then across.
fn lines(root: &Root<'_>, layout: &Layout) -> Drawn {
    let legs: Vec<Vec<(f64, f64)>> = layout
        .stations
        .windows(2)
        .map(|ends| vec![ends[0], (ends[0].0, ends[1].1), ends[1]])
        .collect();
    for leg in &legs {
        stroke(root, leg, GROUND, 5.0)?;
    }
    for leg in &legs {
        stroke(root, leg, INK, 2.0)?;
    }
    Ok(())
}

/// Discs with their numbers.
fn stations(root: &Root<'_>, layout: &Layout) -> Drawn {
    for (number, &at) in (1..).zip(&layout.stations) {
        let size = |radius: u32| (radius * SCALE) as i32;
        root.draw(&Circle::new(pixel(at), size(10), GROUND.filled()))?;
        root.draw(&Circle::new(pixel(at), size(9), INK.filled()))?;
        write(root, &number.to_string(), at, GROUND, HPos::Center)?;
    }
    Ok(())
}

fn legend(root: &Root<'_>, layout: &Layout) -> Drawn {
    let mut places = layout.legend.iter().copied();
    for (shade, (x, y)) in Shade::TOLD.into_iter().zip(places.by_ref()) {
        ground(root, shade, (x, y - 9.0), (22.0, 18.0))?;
        sign(root, shade, (x + 6.0, y))?;
        write(root, shade.name(), (x + 30.0, y), MUTED, HPos::Left)?;
    }
    for (bar, (x, y)) in Bar::ALL.into_iter().zip(places) {
        stroke(root, &[(x, y), (x + 22.0, y)], bar.stroke(), 4.0)?;
        write(root, bar.meaning(), (x + 30.0, y), MUTED, HPos::Left)?;
    }
    Ok(())
}
