//! HTML, written so that no text can be taken for markup.

use std::fmt::Write as _;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html::push_html};

/// A page that grows from top to bottom.
#[derive(Default)]
pub(super) struct Html {
    body: String,
}

/// How a column of a table is aligned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
    /// Left, and never broken into lines.
    Word,
}

impl Side {
    fn class(self) -> &'static str {
        match self {
            Self::Left => "",
            Self::Right => " class=\"right\"",
            Self::Word => " class=\"word\"",
        }
    }
}

/// A cell of a table.
pub(super) enum Cell {
    Text(String),
    /// What somebody typed or a program printed.
    Code(String),
    /// A moment.
    Time(String),
    /// Text that reports something bad.
    Bad(String),
    /// One above the other.
    Lines(Vec<Cell>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Text(number.to_string())
    }
}

impl Html {
    pub(super) fn title(&mut self, text: &str) {
        self.element("h1", "", text);
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.element("h2", "", text);
    }

    pub(super) fn paragraph(&mut self, class: &str, text: &str) {
        self.element("p", class, text);
    }

    pub(super) fn code(&mut self, text: &str) {
        self.element("pre", "", text);
    }

    /// Markdown. Its own markup stays text, and it leads nowhere: scenarios come from anybody.
    pub(super) fn prose(&mut self, markdown: &str) {
        let events = Parser::new_ext(markdown, Options::ENABLE_TABLES);
        let harmless = events.filter_map(|event| match event {
            Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
            Event::Start(Tag::Link { .. } | Tag::Image { .. })
            | Event::End(TagEnd::Link | TagEnd::Image) => None,
            other => Some(other),
        });
        push_html(&mut self.body, harmless);
    }

    /// A drawing that is markup already.
    pub(super) fn figure(&mut self, svg: &str) {
        self.push(&format!("<figure>{svg}</figure>\n"));
    }

    pub(super) fn table(&mut self, heads: &[(&str, Side)], rows: Vec<Vec<Cell>>) {
        self.push("<div class=\"wide\"><table>\n<thead><tr>");
        for (head, side) in heads {
            self.push(&format!("<th scope=\"col\"{}>{}</th>", side.class(), escape(head)));
        }
        self.push("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.push("<tr>");
            for (cell, (_, side)) in row.iter().zip(heads) {
                match cell {
                    Cell::Time(time) => {
                        self.push(&format!("<td class=\"time\">{}</td>", escape(time)));
                    }
                    cell => self.push(&format!("<td{}>{}</td>", side.class(), content(cell))),
                }
            }
            self.push("</tr>\n");
        }
        self.push("</tbody></table></div>\n");
    }

    /// The whole file.
    pub(super) fn document(&self, title: &str, style: &str) -> String {
        let (title, body) = (escape(title), &self.body);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"generator\" content=\"cutover {}\">\n\
             <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION"),
        )
    }

    fn element(&mut self, name: &str, class: &str, text: &str) {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        self.push(&format!("<{name}{class}>{}</{name}>\n", escape(text)));
    }

    fn push(&mut self, markup: &str) {
        self.body.push_str(markup);
    }
}

fn content(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Time(text) => escape(text),
        Cell::Code(text) => format!("<code>{}</code>", escape(text)),
        Cell::Bad(text) => format!("<span class=\"bad\">{}</span>", escape(text)),
        Cell::Lines(cells) => cells.iter().map(content).collect::<Vec<_>>().join("<br>"),
    }
}

/// A text with nothing in it that HTML would act on. Characters that no reader sees become marks.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(character),
            hidden if hidden.is_control() => {
                write!(safe, "\\x{:02x}", u32::from(hidden)).expect("a string takes every text");
            }
            plain => safe.push(plain),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let mut html = Html::default();
        html.paragraph("", "<script>alert(\"1\")</script> & \u{1b}[31m");
        html.table(&[("<b>", Side::Left)], vec![vec![Cell::Code("</code><i>".into())]]);
        html.prose("<em>a</em> [b](javascript:c) ![d](http://e/f.png)");
        let document = html.document("</title>", "");
        assert!(!document.contains("<em>") && !document.contains("javascript"));
        assert!(!document.contains("<img"));
        assert!(
            !document.contains("<script>")
                && !document.contains("<i>")
                && !document.contains("<b>")
        );
        assert!(document.contains("&lt;/title&gt;") && document.contains("\\x1b[31m"));
    }
}
