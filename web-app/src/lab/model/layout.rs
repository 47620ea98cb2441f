//! Where everything stands on the stage, in pixels: the drawing is made for the room there is, so
//! that text keeps its size.

mod gateway;

use sim_core::view::{FailureView, GroupView, View};

use super::colour::{Colour, Palette};

/// Below this width the stage turns vertical.
const NARROW: f64 = 700.0;
/// Room of one pod: tile, bar, words.
pub const CELL: (f64, f64) = (80.0, 92.0);
/// Side of a pod's tile.
pub const TILE: f64 = 52.0;
/// Height of a group's title.
const TITLE: f64 = 36.0;
/// Most pods drawn of one group.
const MOST_PODS: usize = 12;
const MARGIN: f64 = 12.0;
/// Height of a pill with a failure, and of a line of them.
pub const PILL: f64 = 22.0;

/// A point.
pub type Point = (f64, f64);

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Rect {
    /// Centre.
    pub fn centre(&self) -> Point {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Right end.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Lower end.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    fn centred(centre: Point, width: f64, height: f64) -> Self {
        Self { x: centre.0 - width / 2.0, y: centre.1 - height / 2.0, width, height }
    }
}

/// A group of pods.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupSpot {
    /// Its place in [`View::groups`].
    pub index: usize,
    /// How it is drawn.
    pub colour: Colour,
    /// Letter of its pods.
    pub letter: char,
    /// Its frame.
    pub frame: Rect,
    /// Upper left corners of its pods' cells.
    pub pods: Vec<Point>,
    /// Pods without a cell.
    pub hidden: usize,
}

/// A line that requests travel.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// SVG path, in the direction of the requests.
    pub path: String,
    /// How it is drawn; None for the ones all versions share.
    pub colour: Option<Colour>,
    /// Share of all requests, 0 to 1.
    pub share: f64,
    /// Requests per second.
    pub rate: f64,
    /// Requests per second that reach the same pods without the gateway.
    pub direct: f64,
    /// Thickness.
    pub thickness: f64,
    /// Where to write share and rate, and on which side of the point.
    pub label: Option<(Point, Anchor)>,
}

/// Which end of a text stands at its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// Failed requests, at the place where they died.
#[derive(Clone, Debug, PartialEq)]
pub struct Pill {
    /// `503 UH ×4`.
    pub text: String,
    /// Its place in [`View::failures`].
    pub index: usize,
    /// Its frame.
    pub frame: Rect,
}

/// The whole drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
    /// The least height at which everything has its place.
    pub least_height: f64,
    /// Whether users stand on top and the database at the bottom.
    pub vertical: bool,
    /// Users.
    pub users: Rect,
    /// Gateway.
    pub gateway: Rect,
    /// Its replicas, if there is more than one, within it.
    pub replicas: Vec<Rect>,
    /// Database, if there is one.
    pub database: Option<Rect>,
    /// Groups of pods.
    pub groups: Vec<GroupSpot>,
    /// Lines between them: from the users, to each group, from each group.
    pub links: Vec<Link>,
    /// Failures.
    pub pills: Vec<Pill>,
}

/// Lays the stage out for the room there is.
pub fn stage(view: &View, palette: &Palette, width: f64, height: f64) -> Stage {
    let mut stage = if width < NARROW {
        vertical(view, palette, width.max(280.0))
    } else {
        horizontal(view, palette, width, height)
    };
    stage.links = links(view, &stage);
    stage.pills = pills(view, &stage);
    stage
}

fn horizontal(view: &View, palette: &Palette, width: f64, height: f64) -> Stage {
    let (users, gateway) = ((60.0, 60.0), gateway::size(view));
    let database = view.database.as_ref().map(|_| (118.0, 104.0));
    let right = database.map_or(0.0, |size| size.0);
    let group_width = (width * 0.33).clamp(3.0 * CELL.0 + 24.0, 5.0 * CELL.0 + 24.0);
    let rest = width - 2.0 * MARGIN - users.0 - gateway.0 - group_width - right;
    let gap = |share: f64| (rest * share).max(24.0);
    let needed: f64 = view.groups.iter().map(|group| group_height(group, group_width) + 32.0).sum();
    let least_height = (needed + 2.0 * MARGIN).max(340.0);
    let height = height.max(least_height);
    let middle = height / 2.0;
    let users = Rect::centred((MARGIN + users.0 / 2.0, middle), users.0, users.1);
    let x = users.right() + gap(0.22) + gateway.0 / 2.0;
    let gateway = Rect::centred((x, middle), gateway.0, gateway.1);
    let x = gateway.right() + gap(0.52);
    let mut y = middle - (needed - 32.0) / 2.0;
    let mut groups = Vec::new();
    for (index, group) in view.groups.iter().enumerate() {
        let frame = Rect { x, y, width: group_width, height: group_height(group, group_width) };
        y = frame.bottom() + 32.0;
        groups.push(group_spot(index, group, palette, frame));
    }
    let x = width - MARGIN - right / 2.0;
    let database = database.map(|size| Rect::centred((x, middle), size.0, size.1));
    let replicas = gateway::replicas(view, gateway);
    let (links, pills) = Default::default();
    let vertical = false;
    Stage {
        width,
        height,
        least_height,
        vertical,
        users,
        gateway,
        replicas,
        database,
        groups,
        links,
        pills,
    }
}

fn vertical(view: &View, palette: &Palette, width: f64) -> Stage {
    let middle = width / 2.0;
    let users = Rect::centred((middle, 44.0), 60.0, 60.0);
    let size = gateway::size(view);
    let gateway = Rect::centred((middle, users.bottom() + 44.0 + size.1 / 2.0), size.0, size.1);
    let columns = view.groups.len().clamp(1, 2);
    let group_width = (width - 16.0 - 12.0 * (columns as f64 - 1.0)) / columns as f64;
    let group_width = group_width.min(4.0 * CELL.0 + 24.0);
    let left = middle - (group_width * columns as f64 + 12.0 * (columns as f64 - 1.0)) / 2.0;
    let mut top = gateway.bottom() + 96.0;
    let mut groups = Vec::new();
    for (row, pair) in view.groups.chunks(columns).enumerate() {
        let heights = pair.iter().map(|group| group_height(group, group_width));
        let height = heights.fold(0.0, f64::max);
        for (column, group) in pair.iter().enumerate() {
            let x = left + column as f64 * (group_width + 12.0);
            let frame = Rect { x, y: top, width: group_width, height };
            groups.push(group_spot(row * columns + column, group, palette, frame));
        }
        top += height + 40.0;
    }
    let database = view.database.as_ref();
    let database = database.map(|_| Rect::centred((middle, top + 72.0), 140.0, 92.0));
    let height = database.map_or(top - 40.0, |frame| frame.bottom()) + MARGIN;
    let replicas = gateway::replicas(view, gateway);
    let (links, pills) = Default::default();
    let (vertical, least_height) = (true, height);
    Stage {
        width,
        height,
        least_height,
        vertical,
        users,
        gateway,
        replicas,
        database,
        groups,
        links,
        pills,
    }
}

/// Pods beside each other in a group of this width.
fn columns(width: f64) -> usize {
    (((width - 8.0) / CELL.0) as usize).max(1)
}

fn group_height(group: &GroupView, width: f64) -> f64 {
    let shown = group.pods.len().clamp(1, MOST_PODS);
    TITLE + shown.div_ceil(columns(width)) as f64 * CELL.1 + 8.0
}

fn group_spot(index: usize, group: &GroupView, palette: &Palette, frame: Rect) -> GroupSpot {
    let shown = group.pods.len().min(MOST_PODS);
    let columns = columns(frame.width);
    let used = columns.min(shown.max(1)) as f64 * CELL.0;
    let left = frame.x + (frame.width - used) / 2.0;
    let cell = |place: usize| {
        let (column, row) = ((place % columns) as f64, (place / columns) as f64);
        (left + column * CELL.0, frame.y + TITLE + row * CELL.1)
    };
    GroupSpot {
        index,
        colour: palette.colour(&group.version),
        letter: palette.letter(&group.version),
        frame,
        pods: (0..shown).map(cell).collect(),
        hidden: group.pods.len() - shown,
    }
}

/// Thickness of a line that carries this share of the traffic.
fn thickness(share: f64) -> f64 {
    if share <= 0.0 { 1.0 } else { 2.0 + 14.0 * share.clamp(0.0, 1.0) }
}

fn links(view: &View, stage: &Stage) -> Vec<Link> {
    let through = view.users.iter().filter(|users| users.calls.is_none());
    let total: f64 = through.map(|users| users.rate).sum();
    let reached: f64 = view.groups.iter().map(|group| group.rate).sum();
    let worked: f64 = view.groups.iter().map(|group| group.rate + group.direct).sum();
    let arriving = curve(stage.vertical, stage.users, stage.gateway, 0.0, 0.0);
    let mut links = vec![Link {
        path: arriving,
        colour: None,
        share: 1.0,
        rate: total,
        direct: 0.0,
        thickness: 10.0,
        label: None,
    }];
    for spot in &stage.groups {
        let group = &view.groups[spot.index];
        let measured = if 0.0 < reached { group.rate / reached } else { 0.0 };
        let share = configured(view, group).unwrap_or(measured);
        let order = spot.index as f64 - (stage.groups.len() as f64 - 1.0) / 2.0;
        let path = curve(stage.vertical, stage.gateway, spot.frame, order * 22.0, 0.0);
        links.push(Link {
            path,
            colour: Some(spot.colour),
            share,
            rate: group.rate,
            direct: group.direct,
            thickness: thickness(share),
            label: Some(label(stage, spot, group)),
        });
    }
    for (spot, database) in stage.groups.iter().filter_map(|spot| Some((spot, stage.database?))) {
        let group = &view.groups[spot.index];
        // Pods work for whoever asks, through the gateway or not.
        let rate = group.rate + group.direct;
        let share = if 0.0 < worked { rate / worked } else { 0.0 };
        let order = spot.index as f64 - (stage.groups.len() as f64 - 1.0) / 2.0;
        let path = curve(stage.vertical, spot.frame, database, 0.0, order * 24.0);
        let thickness = thickness(share * 0.6);
        let (colour, label, direct) = (None, None, 0.0);
        links.push(Link { path, colour, share, rate, direct, thickness, label });
    }
    links
}

/// The share that the gateway's configuration gives to a group; None if the configuration does not
/// tell groups apart.
pub fn configured(view: &View, group: &GroupView) -> Option<f64> {
    let subsets: Vec<_> = view.routes.iter().filter(|route| !route.subset.is_empty()).collect();
    if subsets.is_empty() {
        return None;
    }
    let of_group = subsets.iter().filter(|route| route.subset == group.version);
    Some(of_group.map(|route| route.share).sum())
}

/// A line from one part to the next; `out` and `into` move its ends along the edges.
fn curve(vertical: bool, from: Rect, to: Rect, out: f64, into: f64) -> String {
    let (a, b) = (from.centre(), to.centre());
    if vertical {
        let (x0, y0, x1, y1) = (a.0 + out, from.bottom(), b.0 + into, to.y);
        let middle = f64::midpoint(y0, y1);
        format!("M{x0:.1} {y0:.1}C{x0:.1} {middle:.1} {x1:.1} {middle:.1} {x1:.1} {y1:.1}")
    } else {
        let (x0, y0, x1, y1) = (from.right(), a.1 + out, to.x, b.1 + into);
        let middle = f64::midpoint(x0, x1);
        format!("M{x0:.1} {y0:.1}C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {x1:.1} {y1:.1}")
    }
}

/// Share and rate stand at the end of the line, on its outer side.
fn label(stage: &Stage, spot: &GroupSpot, group: &GroupView) -> (Point, Anchor) {
    let (x, y) = spot.frame.centre();
    if stage.vertical {
        let outer = if x <= stage.width / 2.0 { -14.0 } else { 14.0 };
        let anchor = if outer < 0.0 { Anchor::End } else { Anchor::Start };
        return ((x + outer, spot.frame.y - label_height(group)), anchor);
    }
    let above = y <= stage.height / 2.0;
    ((spot.frame.x - 12.0, if above { y - 34.0 } else { y + 28.0 }), Anchor::End)
}

/// From the first line of a group's label to the group, on a vertical stage.
fn label_height(group: &GroupView) -> f64 {
    if 0.0 < group.direct { 44.0 } else { 32.0 }
}

/// Where a failed request died.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Users,
    Gateway,
    Before(usize),
    Inside(usize),
}

/// The response flag says who gave up on a request (IST-50 and the flags of Envoy's access log).
fn place(failure: &FailureView, stage: &Stage, view: &View) -> Place {
    let spot = stage.groups.iter().position(|spot| {
        let version = &view.groups[spot.index].version;
        !version.is_empty() && *version == failure.version
    });
    match (failure.code, failure.flag.as_str(), spot) {
        (0, _, _) => Place::Users,
        (_, "-" | "", Some(spot)) => Place::Inside(spot),
        (_, "NR" | "UH" | "RL" | "UAEX", _) | (_, _, None) => Place::Gateway,
        (_, _, Some(spot)) => Place::Before(spot),
    }
}

fn pills(view: &View, stage: &Stage) -> Vec<Pill> {
    let mut taken: Vec<Place> = Vec::new();
    let mut pills = Vec::new();
    for (index, failure) in view.failures.iter().enumerate().filter(|(_, each)| 0 < each.count) {
        let place = place(failure, stage, view);
        let line = taken.iter().filter(|&&other| other == place).count();
        if 3 <= line {
            continue;
        }
        taken.push(place);
        let text = pill_text(failure);
        let width = text.chars().count() as f64 * 7.8 + 18.0;
        let (x, y) = pill_point(place, (stage, view), width);
        let x =
            x.clamp(width / 2.0 + 2.0, (stage.width - width / 2.0 - 2.0).max(width / 2.0 + 2.0));
        let frame = Rect::centred((x, y + line as f64 * (PILL + 4.0)), width, PILL);
        pills.push(Pill { text, index, frame });
    }
    pills
}

fn pill_text(failure: &FailureView) -> String {
    let FailureView { code, flag, count, .. } = failure;
    match (*code, flag.as_str()) {
        (0, flag @ ("refused" | "reset" | "unknown host")) => format!("{flag} ×{count}"),
        (0, _) => format!("no answer ×{count}"),
        (code, "-" | "") => format!("{code} ×{count}"),
        (code, flag) => format!("{code} {flag} ×{count}"),
    }
}

fn pill_point(place: Place, (stage, view): (&Stage, &View), width: f64) -> Point {
    match (place, stage.vertical) {
        (Place::Users, false) => (stage.users.centre().0, stage.users.bottom() + 58.0),
        (Place::Users, true) => (stage.users.right() + 16.0 + width / 2.0, stage.users.centre().1),
        (Place::Gateway, false) => (stage.gateway.centre().0, stage.gateway.bottom() + 22.0),
        (Place::Gateway, true) => {
            (stage.gateway.right() + 10.0 + width / 2.0, stage.gateway.centre().1)
        }
        (Place::Before(spot), false) => {
            let (frame, middle) = (stage.groups[spot].frame, stage.height / 2.0);
            let (_, y) = frame.centre();
            let inner = if y <= middle { 30.0 } else { -30.0 };
            (frame.x - 8.0 - width / 2.0, y + inner)
        }
        (Place::Before(spot), true) => {
            let GroupSpot { frame, index, .. } = stage.groups[spot];
            (frame.centre().0, frame.y - label_height(&view.groups[index]) - 30.0)
        }
        (Place::Inside(spot), _) => {
            let frame = stage.groups[spot].frame;
            (frame.centre().0, frame.bottom())
        }
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
