//! What a drawing shows.

use crate::draw;

/// Values by time in seconds; `None` where there is none, which leaves a gap.
pub type Points = Vec<(f64, Option<f64>)>;

/// One drawing: values over time, with the moments that matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Title for people; empty for none, when the page around it has one.
    pub title: String,
    /// Unit of the values, shown beside the title; empty for none.
    pub unit: String,
    /// Natural width in pixels; default 640.
    pub width: u32,
    /// Natural height in pixels; default 180.
    pub height: u32,
    /// Left end of the time axis, in seconds.
    pub from_secs: f64,
    /// Right end of the time axis, in seconds.
    pub to_secs: f64,
    /// Top of the value axis; by default it fits the values.
    pub y_max: Option<f64>,
    /// Values drawn as lines, later ones above earlier ones.
    pub lines: Vec<Line>,
    /// Values drawn as areas, each standing on the one before. Put failures first: on the ground
    /// even few are seen.
    pub areas: Vec<Area>,
    /// Moments that matter, in any order.
    pub marks: Vec<Mark>,
    /// The moment that is looked at.
    pub cursor_secs: Option<f64>,
}

impl Default for Panel {
    fn default() -> Self {
        Self {
            title: String::new(),
            unit: String::new(),
            width: 640,
            height: 180,
            from_secs: 0.0,
            to_secs: 0.0,
            y_max: None,
            lines: Vec::new(),
            areas: Vec::new(),
            marks: Vec::new(),
            cursor_secs: None,
        }
    }
}

impl Panel {
    /// The drawing as an SVG element.
    pub fn svg(&self) -> String {
        draw::svg(self)
    }
}

/// How a series looks. Each differs from the others in more than colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Style {
    /// The blue version: solid line, plain fill.
    Blue,
    /// The green version: dashed line, hatched fill.
    Green,
    /// Failures: red dash-dot line, solid fill; areas also get a strip under the axis.
    Bad,
    /// Anything else: grey line, grey fill.
    Neutral,
}

/// Values drawn as a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Short name, written where the line ends: `B`, `G p99`.
    pub label: String,
    /// How it looks.
    pub style: Style,
    /// Half as thick: the lesser of two lines of one style, such as p50 beside p99.
    pub thin: bool,
    /// Values, by rising time.
    pub points: Points,
}

impl Line {
    /// A line of ordinary thickness.
    pub fn new(label: impl Into<String>, style: Style, points: Points) -> Self {
        Self { label: label.into(), style, thin: false, points }
    }

    /// The same line, half as thick.
    pub fn thin(self) -> Self {
        Self { thin: true, ..self }
    }
}

/// Values drawn as an area.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// Short name, written beside the area: `B`.
    pub label: String,
    /// How it looks.
    pub style: Style,
    /// Values, by rising time. All areas of a panel share their times; a missing value is none.
    pub points: Points,
}

impl Area {
    /// An area.
    pub fn new(label: impl Into<String>, style: Style, points: Points) -> Self {
        Self { label: label.into(), style, points }
    }
}

/// A moment that matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When, in seconds.
    pub at_secs: f64,
    /// Few words or a number; shortened or left out where there is no room.
    pub label: String,
    /// What happened.
    pub kind: MarkKind,
}

/// What happened at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkKind {
    /// Somebody ran a command.
    Command,
    /// Something broke.
    Incident,
}
