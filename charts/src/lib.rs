//! Drawings of a run, shared by page, report and printed book.
//!
//! A [`Panel`] is plain data: what to draw, over which time. [`Panel::svg`] draws it. The picture
//! uses the page's CSS variables (`--blue`, `--green`, `--bad`, `--ink`, `--muted`, `--line`, `--bg`, ...) with
//! fallbacks for paper, and tells versions apart by line style, fill and letter as well as colour.
//! Equal panels give equal bytes, natively and as WebAssembly.
//!
//! ```
//! use charts::{Line, Panel, Style};
//!
//! let panel = Panel {
//!     title: "p99 latency".into(),
//!     unit: "ms".into(),
//!     to_secs: 60.0,
//!     lines: vec![Line::new("B", Style::Blue, vec![(0.0, Some(12.0)), (60.0, Some(18.0))])],
//!     ..Panel::default()
//! };
//! assert!(panel.svg().starts_with("<svg"));
//! ```

mod compare;
mod draw;
mod heat;
mod labels;
mod map;
mod panel;
mod safety;
mod scale;
mod stack;
mod summary;
mod theme;

pub use compare::strategies;
pub use heat::Heat;
pub use map::{Bar, Field, Map, Shade, Strip};
pub use panel::{Area, Line, Mark, MarkKind, Panel, Points, Style};
