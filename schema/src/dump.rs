//! What `pg_dump` writes into a script and no schema needs: commands of psql, owners, sequences' details.

use std::borrow::Cow;

/// Commands of psql that a dump begins or ends with.
const COMMANDS: [&str; 5] = ["restrict", "unrestrict", "connect", "set", "encoding"];

/// Clauses that stand on a line of their own and that the parser does not know.
const CLAUSES: [&str; 2] = ["SEQUENCE NAME ", "WITH NO DATA;"];

/// The text with such lines blanked out; everything else keeps its place.
pub(crate) fn without_commands(text: &str) -> Cow<'_, str> {
    let is_odd = |line: &str| {
        let word = line.strip_prefix('\\').and_then(|rest| rest.split_whitespace().next());
        word.is_some_and(|word| COMMANDS.contains(&word))
            || CLAUSES.iter().any(|clause| line.trim_start().starts_with(clause))
    };
    if !text.lines().any(is_odd) {
        return Cow::Borrowed(text);
    }
    let kept = |c: char| c == '\n' || c == ';';
    let blank = |line: &str| line.chars().map(|c| if kept(c) { c } else { ' ' }).collect();
    let lines = text.split_inclusive('\n');
    lines.map(|line| if is_odd(line) { blank(line) } else { line.to_owned() }).collect()
}

/// Whether a statement that the parser does not know changes nothing that is modelled: its words, in
/// upper case, without those inside parentheses.
pub(crate) fn is_without_effect(words: &[String]) -> bool {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // A sequence counts on under its name, however it counts; another name is another sequence.
    if let ["ALTER", "SEQUENCE", rest @ ..] = words.as_slice() {
        return !rest.iter().any(|word| ["RENAME", "SCHEMA"].contains(word));
    }
    matches!(
        words.as_slice(),
        ["ALTER", .., "OWNER", "TO", _]
            | ["ALTER", .., "SET", "STATISTICS"]
            | ["ALTER", .., "SET", "STORAGE", _]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_may_count_otherwise_but_not_be_called_otherwise() {
        let skips = |text: &str| {
            let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            is_without_effect(&words)
        };
        assert!(skips("ALTER SEQUENCE S RESTART WITH"));
        assert!(skips("ALTER SEQUENCE PUBLIC S OWNED BY PUBLIC T ID"));
        assert!(!skips("ALTER SEQUENCE S RENAME TO R"));
        assert!(!skips("ALTER SEQUENCE S SET SCHEMA OTHER"));
        assert!(!skips("ALTER TABLE T RENAME TO R"));
    }
}
