//! HTML that survives inside a Markdown chapter.

use pulldown_cmark::{Event, Options, Parser, html};

/// Text as it may stand in HTML content and attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Markdown of a quiz as HTML; HTML in it is shown, not obeyed.
pub(crate) fn from_markdown(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        event => event,
    });
    let mut rendered = String::new();
    html::push_html(&mut rendered, events);
    let rendered = rendered.trim_end();
    // One paragraph needs no paragraph tags: choices and summaries are single lines.
    let inner = rendered.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>"));
    inner.filter(|inner| !inner.contains("<p>")).unwrap_or(rendered).to_owned()
}

/// HTML as one block of Markdown. A blank line would end the block, and `{{#` would be a directive
/// to mdBook; in JSON as in markup a character reference means the same.
pub(crate) fn as_block(html: &str) -> String {
    let lines = html.lines().map(|line| if line.trim().is_empty() { "&#10;" } else { line });
    let lines: Vec<_> = lines.collect();
    format!("\n\n{}\n\n", lines.join("\n").replace("{{#", "&#123;{#"))
}

/// JSON as it may stand in a `script` element of a chapter: on one line, without `<` and `{{#`.
pub(crate) fn script_json(json: &str) -> String {
    json.replace('<', "\\u003c").replace("{{#", "{\\u007b#").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_in_markdown_is_shown_not_obeyed() {
        let rendered = from_markdown("a <script>alert(1)</script> `b<c`");
        assert_eq!(rendered, "a &lt;script&gt;alert(1)&lt;/script&gt; <code>b&lt;c</code>");
        let block = from_markdown("<div onclick=\"x()\">\n\nText");
        assert!(!block.contains("<div"), "{block}");
    }

    #[test]
    fn a_single_paragraph_loses_its_tags_and_two_keep_them() {
        assert_eq!(from_markdown("One *two*."), "One <em>two</em>.");
        assert_eq!(from_markdown("One.\n\nTwo."), "<p>One.</p>\n<p>Two.</p>");
    }

    #[test]
    fn a_block_has_no_blank_line_and_no_directive() {
        let block = as_block("<pre>a\n\n  \nb {{#lab x}}</pre>");
        assert_eq!(block, "\n\n<pre>a\n&#10;\n&#10;\nb &#123;{#lab x}}</pre>\n\n");
    }

    #[test]
    fn script_data_cannot_end_the_script_and_means_the_same() {
        let json = "{\"a\":\"</script>{{#lab}}\"}";
        let safe = script_json(json);
        assert!(!safe.contains('<') && !safe.contains("{{#"), "{safe}");
        let value: serde_json::Value = serde_json::from_str(&safe).expect("still JSON");
        assert_eq!(value["a"], "</script>{{#lab}}");
    }
}
