//! Finds directives in a chapter and takes them apart.

use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag};

/// Most characters of one directive; a missing `}}` is found early.
const LENGTH_MAX: usize = 4096;

/// A directive: `{{#name argument key=value}}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Directive {
    /// What it asks for.
    pub(crate) name: String,
    /// Its arguments, in order.
    pub(crate) arguments: Vec<Argument>,
    /// Its bytes in the chapter.
    pub(crate) range: Range<usize>,
    /// Whether it stands alone on its lines.
    pub(crate) alone: bool,
}

/// One argument of a directive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argument {
    /// What stands before `=`, if anything.
    pub(crate) key: Option<String>,
    /// The value without its quotes.
    pub(crate) value: String,
    /// Whether the value stands in backticks: a query.
    pub(crate) is_query: bool,
}

/// Something that begins like a directive and is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Malformed {
    /// Where, in bytes.
    pub(crate) at: usize,
    /// What is wrong.
    pub(crate) message: &'static str,
}

/// All directives of a chapter outside code and comments, in order.
pub(crate) fn find(chapter: &str) -> Vec<Result<Directive, Malformed>> {
    let ignored = ignored_ranges(chapter);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(offset) = chapter[from..].find("{{#") {
        let start = from + offset;
        from = start + 3;
        let escaped = chapter[..start].ends_with('\\');
        if escaped || ignored.iter().any(|range| range.contains(&start)) {
            continue;
        }
        let directive = read(chapter, start);
        if let Ok(directive) = &directive {
            from = directive.range.end;
        }
        found.push(directive);
    }
    found
}

/// Code and comments, where a directive is only text.
fn ignored_ranges(chapter: &str) -> Vec<Range<usize>> {
    let mut ignored = Vec::new();
    for (event, range) in Parser::new(chapter).into_offset_iter() {
        let ignore = match &event {
            Event::Start(Tag::CodeBlock(_)) => true,
            // A query in a directive looks like inline code; only code that begins first counts.
            Event::Code(_) => true,
            Event::Html(html) | Event::InlineHtml(html) => html.starts_with("<!--"),
            _ => false,
        };
        if ignore {
            ignored.push(range);
        }
    }
    ignored
}

fn read(chapter: &str, start: usize) -> Result<Directive, Malformed> {
    let error = |message| Malformed { at: start, message };
    let mut scanner = Scanner { text: &chapter[start + 3..], used: 0 };
    let name = scanner.word();
    if name.is_empty() {
        return Err(error("a directive needs a name, as in `{{#lab first-cutover}}`"));
    }
    let mut arguments = Vec::new();
    loop {
        scanner.skip_space();
        if scanner.used > LENGTH_MAX || scanner.rest().is_empty() {
            return Err(error("the directive is not closed with `}}`"));
        }
        if scanner.rest().starts_with("}}") {
            break;
        }
        arguments.push(scanner.argument().map_err(error)?);
    }
    let end = start + 3 + scanner.used + 2;
    let before = chapter[..start].rsplit('\n').next().unwrap_or_default();
    let after = chapter[end..].split('\n').next().unwrap_or_default();
    let alone = before.trim().is_empty() && after.trim().is_empty();
    Ok(Directive { name: name.to_owned(), arguments, range: start..end, alone })
}

struct Scanner<'t> {
    text: &'t str,
    used: usize,
}

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.used..]
    }

    fn take(&mut self, bytes: usize) -> &'t str {
        let taken = &self.rest()[..bytes];
        self.used += bytes;
        taken
    }

    fn skip_space(&mut self) {
        let space = self.rest().len() - self.rest().trim_start().len();
        self.take(space);
    }

    /// Characters up to a space, a quote, `=` or the end.
    fn word(&mut self) -> &'t str {
        let ends = |c: char| c.is_whitespace() || ['"', '`', '=', '}', '{'].contains(&c);
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        self.take(length)
    }

    fn argument(&mut self) -> Result<Argument, &'static str> {
        let word = self.word().to_owned();
        if self.rest().starts_with('=') && !word.is_empty() {
            self.take(1);
            let (value, is_query) = self.value()?;
            return Ok(Argument { key: Some(word), value, is_query });
        }
        if !word.is_empty() {
            return Ok(Argument { key: None, value: word, is_query: false });
        }
        let (value, is_query) = self.value()?;
        Ok(Argument { key: None, value, is_query })
    }

    /// A bare word, a text in double quotes or a query in backticks.
    fn value(&mut self) -> Result<(String, bool), &'static str> {
        let quote = self.rest().chars().next();
        let Some(quote @ ('"' | '`')) = quote else {
            let word = self.word();
            if word.is_empty() {
                return Err("put texts in \"quotes\" and queries in `backticks`");
            }
            return Ok((word.to_owned(), false));
        };
        self.take(1);
        let Some(length) = self.rest().find(quote) else {
            return Err("a quote is not closed");
        };
        let value = self.take(length).to_owned();
        self.take(1);
        Ok((value, quote == '`'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn one(text: &str) -> Directive {
        let mut found = find(text);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0).expect("a well-formed directive")
    }

    fn names(text: &str) -> Vec<String> {
        find(text).into_iter().flatten().map(|directive| directive.name).collect()
    }

    #[test]
    fn words_texts_and_queries_are_told_apart() {
        let text =
            "{{#figure first-cutover `up{a=\"b\"}` errors=`x}}` log=reference title=\"A b\"}}";
        let directive = one(text);
        assert_eq!(directive.name, "figure");
        let argument = |key: Option<&str>, value: &str, is_query| Argument {
            key: key.map(str::to_owned),
            value: value.to_owned(),
            is_query,
        };
        let expected = [
            argument(None, "first-cutover", false),
            argument(None, "up{a=\"b\"}", true),
            argument(Some("errors"), "x}}", true),
            argument(Some("log"), "reference", false),
            argument(Some("title"), "A b", false),
        ];
        assert_eq!(directive.arguments, expected);
        assert_eq!(directive.range, 0..text.len());
    }

    #[test]
    fn a_directive_in_code_or_a_comment_or_escaped_is_only_text() {
        let ignored = "`{{#lab a}}`\n\n```\n{{#lab b}}\n```\n\n    {{#lab c}}\n\n\
                       <!-- {{#lab d}} -->\n\n\\{{#lab e}}\n";
        assert_eq!(names(ignored), [""; 0]);
        assert_eq!(names("Text `code` {{#value f}} `code` {{#value g}}."), ["value", "value"]);
    }

    #[test]
    fn a_directive_may_span_lines_and_knows_whether_it_is_alone() {
        assert!(one("Text.\n\n{{#figure a\n  `up`\n}}\n\nText.").alone);
        assert!(!one("There were {{#value a `up`}} pods.").alone);
    }

    #[test]
    fn what_is_not_closed_is_an_error_at_its_place() {
        for broken in
            ["ab {{#lab a", "ab {{#lab a=\"x}}", "ab {{#}}", "ab {{#lab =3}}", "ab {{#lab {}}"]
        {
            assert_eq!(find(broken)[0].clone().map_err(|m| m.at), Err(3), "{broken}");
        }
    }
}
