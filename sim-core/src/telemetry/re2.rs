//! Regular expressions as Prometheus, Alertmanager and Loki read them: in the syntax of RE2.

use regex::{Regex, RegexBuilder};

/// Memory that a compiled regular expression may take, in bytes.
const SIZE_MAX: usize = 1 << 16;

/// What RE2's classes mean: ASCII alone.
const CLASSES: [(char, &str); 6] = [
    ('w', "[0-9A-Za-z_]"),
    ('W', "[^0-9A-Za-z_]"),
    ('d', "[0-9]"),
    ('D', "[^0-9]"),
    ('s', r"[\t\n\x0C\r ]"),
    ('S', r"[^\t\n\x0C\r ]"),
];

/// A regular expression that may match anywhere; or why it is none.
pub(super) fn search(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&ascii(pattern)).size_limit(SIZE_MAX).build().map_err(|problem| {
        let problem = problem.to_string();
        problem.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

/// A regular expression that must match the whole text, line ends among it.
pub(super) fn whole(pattern: &str) -> Result<Regex, String> {
    // The pattern alone first: it must not close our group.
    search(pattern)?;
    search(&format!("^(?s:{pattern})$"))
}

/// The pattern with RE2's classes, which are ASCII, in place of Rust's, which are Unicode and take far more room.
fn ascii(pattern: &str) -> String {
    let (mut text, mut escaped, mut depth) = (String::with_capacity(pattern.len()), false, 0_u32);
    for character in pattern.chars() {
        if !escaped {
            match character {
                '\\' => {
                    escaped = true;
                    continue;
                }
                '[' => depth += 1,
                ']' => depth = depth.saturating_sub(1),
                _ => (),
            }
            text.push(character);
            continue;
        }
        escaped = false;
        match CLASSES.iter().find(|(class, _)| *class == character) {
            Some((_, class)) => text.push_str(class),
            // Within brackets it is no edge of a word.
            None if character == 'b' && depth == 0 => text.push_str(r"(?-u:\b)"),
            None => text.extend(['\\', character]),
        }
    }
    if escaped {
        text.push('\\');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_ascii() {
        for (pattern, text, fits) in [
            (r"my-app-(blue|green)-\w{8,10}-\w{5}", "my-app-blue-66c485867d-x2k4w", true),
            (r"\d+", "12", true),
            (r"\d+", "\u{0661}\u{0662}", false),
            (r"\w", "é", false),
            (r"\W", "é", true),
            (r"[\w.-]+", "a.b-c_1", true),
            (r"[^\d]", "x", true),
            (r"a\.b", "a.b", true),
            (r"a\\d", r"a\d", true),
            (r"\bgreen\b", "green", true),
            (r"a.b", "a\nb", true),
            (r"a|b", "ab", false),
        ] {
            assert_eq!(whole(pattern).expect(pattern).is_match(text), fits, "{pattern} {text}");
        }
        assert!(whole(r"\w{150}").is_ok());
        for wrong in ["(", "a)(b", "\\", r"(\w{100}){100}"] {
            assert!(whole(wrong).is_err(), "{wrong}");
        }
    }
}
