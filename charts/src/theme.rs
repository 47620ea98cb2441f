//! Colours: plotters draws with concrete ones, which are then exchanged for CSS variables, dashes
//! and hatches. The concrete ones are the fallbacks on paper.

use plotters::style::RGBColor;

use crate::map::{Bar, Shade};
use crate::panel::Style;

/// Backend pixels in one pixel: plotters knows whole pixels only, and whole ones make ragged lines.
pub(crate) const SCALE: u32 = 10;

pub(crate) const INK: RGBColor = RGBColor(0x17, 0x20, 0x2e);
pub(crate) const MUTED: RGBColor = RGBColor(0x56, 0x62, 0x73);
pub(crate) const GRID: RGBColor = RGBColor(0xdd, 0xe2, 0xe9);
pub(crate) const COMMAND: RGBColor = RGBColor(0x57, 0x62, 0x73);
pub(crate) const INCIDENT: RGBColor = RGBColor(0xb4, 0x26, 0x1e);
/// The ground of the drawing: numbers in dark discs, and what keeps a line apart from what it crosses.
pub(crate) const GROUND: RGBColor = RGBColor(0xff, 0xff, 0xfe);
/// Ink that keeps its distance from what lies under it.
pub(crate) const INK_APART: RGBColor = RGBColor(0x18, 0x20, 0x2e);
/// Fields of a heat map, from the lightest to the darkest.
pub(crate) const WARMTH: [RGBColor; 6] = [
    RGBColor(0xe1, 0xe3, 0xe6),
    RGBColor(0xc5, 0xc8, 0xcd),
    RGBColor(0xa3, 0xa8, 0xb0),
    RGBColor(0x80, 0x87, 0x92),
    RGBColor(0x57, 0x5f, 0x6d),
    RGBColor(0x19, 0x20, 0x2e),
];
/// A frame of dashes.
pub(crate) const DASHED: RGBColor = RGBColor(0xb4, 0xbd, 0xc9);

impl Shade {
    /// Colour of a field.
    pub(crate) fn fill(self) -> RGBColor {
        match self {
            Self::Pending | Self::Unknown => RGBColor(0xf6, 0xf7, 0xf9),
            Self::Safe => RGBColor(0xdf, 0xf3, 0xe5),
            Self::Degraded => RGBColor(0xff, 0xf1, 0xd9),
            Self::Errors => RGBColor(0xfd, 0xe7, 0xe5),
            Self::DataLoss => RGBColor(0xb6, 0x26, 0x1e),
        }
    }
}

impl Bar {
    /// Colour of a bar.
    pub(crate) fn stroke(self) -> RGBColor {
        match self {
            Self::Waits => RGBColor(0x8a, 0x52, 0x00),
            Self::Blocks => RGBColor(0xb7, 0x26, 0x1e),
        }
    }
}

impl Style {
    /// Colour of lines, edges and labels.
    pub(crate) fn stroke(self) -> RGBColor {
        match self {
            Self::Blue => RGBColor(0x1f, 0x5f, 0xd6),
            Self::Green => RGBColor(0x12, 0x78, 0x3c),
            Self::Bad => RGBColor(0xb3, 0x26, 0x1e),
            Self::Neutral => RGBColor(0x58, 0x62, 0x73),
        }
    }

    /// Colour of areas.
    pub(crate) fn fill(self) -> RGBColor {
        match self {
            Self::Blue => RGBColor(0xbc, 0xcd, 0xf0),
            Self::Green => RGBColor(0xdf, 0xf3, 0xe6),
            Self::Bad => RGBColor(0xb5, 0x26, 0x1e),
            Self::Neutral => RGBColor(0xdc, 0xe2, 0xe9),
        }
    }
}

/// Keeps a text readable where it lies on a drawing.
const HALO: &str = "paint-order=\"stroke\" stroke=\"var(--bg, #fff)\" stroke-width=\"30\"";

/// What stands in the picture for each of plotters' colours: attribute and colour, then attributes.
/// `HATCH` is the id of the pattern, `HALO` the attributes above.
const PAINTS: [(&str, &str); 39] = [
    ("fill=\"#E1E3E6\"", "fill=\"var(--ink, #17202e)\" fill-opacity=\".12\""),
    ("fill=\"#C5C8CD\"", "fill=\"var(--ink, #17202e)\" fill-opacity=\".24\""),
    ("fill=\"#A3A8B0\"", "fill=\"var(--ink, #17202e)\" fill-opacity=\".38\""),
    ("fill=\"#808792\"", "fill=\"var(--ink, #17202e)\" fill-opacity=\".54\""),
    ("fill=\"#575F6D\"", "fill=\"var(--ink, #17202e)\" fill-opacity=\".72\""),
    ("fill=\"#19202E\"", "fill=\"var(--ink, #17202e)\""),
    ("fill=\"#17202E\"", "fill=\"var(--ink, #17202e)\""),
    ("stroke=\"#17202E\"", "stroke=\"var(--ink, #17202e)\""),
    ("fill=\"#566273\"", "fill=\"var(--muted, #566273)\""),
    ("stroke=\"#DDE2E9\"", "stroke=\"var(--line, #dde2e9)\""),
    ("fill=\"#576273\"", "fill=\"var(--muted, #566273)\""),
    ("stroke=\"#576273\"", "stroke=\"var(--muted, #566273)\" stroke-dasharray=\"10 30\""),
    ("fill=\"#B4261E\"", "fill=\"var(--bad, #b3261e)\""),
    ("stroke=\"#B4261E\"", "stroke=\"var(--bad, #b3261e)\" stroke-dasharray=\"30 20\""),
    ("fill=\"#1F5FD6\"", "fill=\"var(--blue, #1f5fd6)\" HALO"),
    ("stroke=\"#1F5FD6\"", "stroke=\"var(--blue, #1f5fd6)\""),
    ("fill=\"#12783C\"", "fill=\"var(--green, #12783c)\" HALO"),
    ("stroke=\"#12783C\"", "stroke=\"var(--green, #12783c)\" stroke-dasharray=\"60 30\""),
    ("fill=\"#B3261E\"", "fill=\"var(--bad, #b3261e)\" HALO"),
    ("stroke=\"#B3261E\"", "stroke=\"var(--bad, #b3261e)\" stroke-dasharray=\"90 25 15 25\""),
    ("fill=\"#586273\"", "fill=\"var(--muted, #566273)\" HALO"),
    ("stroke=\"#586273\"", "stroke=\"var(--muted, #566273)\""),
    ("fill=\"#BCCDF0\"", "fill=\"var(--blue, #1f5fd6)\" fill-opacity=\".3\""),
    ("fill=\"#DFF3E6\"", "fill=\"url(#HATCH)\""),
    ("fill=\"#B5261E\"", "fill=\"var(--bad, #b3261e)\""),
    ("stroke=\"#B5261E\"", "stroke=\"var(--bad, #b3261e)\""),
    ("fill=\"#DCE2E9\"", "fill=\"var(--muted, #566273)\" fill-opacity=\".25\""),
    ("fill=\"#DFF3E5\"", "fill=\"var(--green-soft, #dff3e6)\""),
    ("fill=\"#FFF1D9\"", "fill=\"var(--warn-soft, #fff1d9)\""),
    ("fill=\"#FDE7E5\"", "fill=\"url(#STRIPES)\""),
    ("fill=\"#B6261E\"", "fill=\"var(--bad, #b3261e)\""),
    ("fill=\"#F6F7F9\"", "fill=\"var(--panel, #f6f7f9)\""),
    ("stroke=\"#B4BDC9\"", "stroke=\"var(--edge, #b4bdc9)\" stroke-dasharray=\"40 30\""),
    ("fill=\"#18202E\"", "fill=\"var(--ink, #17202e)\" HALO"),
    ("fill=\"#FFFFFE\"", "fill=\"var(--bg, #fff)\""),
    ("stroke=\"#FFFFFE\"", "stroke=\"var(--bg, #fff)\" stroke-linecap=\"round\""),
    ("stroke=\"#B7261E\"", "stroke=\"var(--bad, #b3261e)\""),
    ("stroke=\"#8A5200\"", "stroke=\"var(--warn, #8a5200)\" stroke-dasharray=\"60 40\""),
    ("fill=\"#8A5200\"", "fill=\"var(--warn, #8a5200)\""),
];

/// Hatches: what stands for them, their name, ground, lines, and the width of these.
const PATTERNS: [(&str, &str, &str, &str, u32); 2] = [
    ("url(#HATCH)", "hatch", "var(--green-soft, #dff3e6)", "var(--green, #12783c)", 28),
    ("url(#STRIPES)", "stripes", "var(--bad-soft, #fde7e5)", "var(--bad, #b3261e)", 14),
];

/// The finished picture: `body` is what plotters drew, with its `<svg>` element.
pub(crate) fn finish(body: &str, size: (u32, u32), title: &str, desc: &str) -> String {
    let (width, height) = size;
    let body = body.split_once('\n').map_or("", |(_, rest)| rest).replace(" opacity=\"1\"", "");
    let body = body.replace(">\n", ">").replace("\n<", "<");
    let body = body.replace(" font-family=\"sans-serif\"", "");
    let mut body = PAINTS.iter().fold(body, |body, (from, to)| body.replace(from, to));
    body = body.replace("\" HALO", &format!("\" {HALO}"));
    let mut defs = String::new();
    for (mark, name, ground, line, width) in PATTERNS {
        if body.contains(mark) {
            let id = format!("{name}-{:08x}", fingerprint(&body));
            body = body.replace(mark, &format!("url(#{id})"));
            defs += &format!(
                "<pattern id=\"{id}\" width=\"60\" height=\"60\" patternUnits=\"userSpaceOnUse\" \
                 patternTransform=\"rotate(45)\"><rect width=\"60\" height=\"60\" fill=\"{ground}\"/>\
                 <path d=\"M0 0V60\" stroke=\"{line}\" stroke-width=\"{width}\"/></pattern>",
            );
        }
    }
    if !defs.is_empty() {
        defs = format!("<defs>{defs}</defs>");
    }
    let (title, desc) = (escape(title), escape(desc));
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" \
         width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" \
         font-family=\"var(--sans, system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif)\" \
         stroke-linejoin=\"round\" style=\"font-variant-numeric:tabular-nums;max-width:100%;height:auto\">\
         <title>{title}</title><desc>{desc}</desc>{defs}{body}\n",
        width * SCALE,
        height * SCALE,
    )
}

/// A text without control characters, which XML does not allow.
pub(crate) fn visible(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// FNV-1a, to name a pattern by what it is used for: pictures of one page must not share ids.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn escape(text: &str) -> String {
    visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
