//! Text to tokens.

use super::QueryError;

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    /// A metric, label, function or keyword.
    Word(String),
    /// A number.
    Number(f64),
    /// A length of time such as `1h30m`, in milliseconds.
    Duration(i64),
    /// A string, without quotes and escapes.
    Text(String),
    /// An operator or bracket.
    Symbol(&'static str),
    /// The end of the query.
    End,
}

/// A token and its place.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// Characters before it, plus one.
    pub(super) column: u32,
    /// As it is written.
    pub(super) raw: String,
}

/// Longer symbols first.
const SYMBOLS: [&str; 25] = [
    "==", "!=", "=~", "!~", "<=", ">=", "+", "-", "*", "/", "%", "^", "<", ">", "=", "(", ")", "{",
    "}", "[", "]", ",", "@", ":", ";",
];

/// Units of time in the order in which they must follow each other, with their milliseconds.
const UNITS: [(&str, i64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// The longest duration a query may name: 1000 years.
pub(super) const DURATION_MAX: i64 = 1_000 * UNITS[0].1;

/// All tokens of a query, the last of them `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, QueryError> {
    let mut lexer = Lexer { rest: text, column: 1, in_brackets: false, in_braces: false };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        tokens.push(token);
        if tokens.last().is_some_and(|token| token.kind == TokenKind::End) {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    rest: &'t str,
    column: u32,
    /// Inside `[...]` a colon parts range and step; elsewhere it belongs to a name.
    in_brackets: bool,
    /// Inside `{...}` labels are matched, and nothing is reckoned.
    in_braces: bool,
}

/// What may stand inside braces, besides words and texts. Longer symbols first.
const IN_BRACES: [&str; 6] = ["!=", "!~", "=~", "=", ",", "}"];

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

impl<'t> Lexer<'t> {
    fn next(&mut self) -> Result<Token, QueryError> {
        self.skip_blanks();
        let (column, text) = (self.column, self.rest);
        let kind = match self.rest.chars().next() {
            None => TokenKind::End,
            Some(quote @ ('"' | '\'' | '`')) => self.text(quote)?,
            Some(digit) if digit.is_ascii_digit() && !self.in_braces => self.number()?,
            Some('.')
                if !self.in_braces && self.rest[1..].starts_with(|c: char| c.is_ascii_digit()) =>
            {
                self.number()?
            }
            Some(letter)
                if is_word(letter) && !letter.is_ascii_digit()
                    || letter == ':' && !self.in_brackets =>
            {
                let in_brackets = self.in_brackets;
                let word = self.take_while(|c| is_word(c) || c == ':' && !in_brackets);
                TokenKind::Word(word.to_owned())
            }
            Some(other) => self.symbol(other)?,
        };
        let raw = text[..text.len() - self.rest.len()].to_owned();
        Ok(Token { kind, column, raw })
    }

    fn error<T>(&self, message: impl Into<String>) -> Result<T, QueryError> {
        Err(QueryError { message: message.into(), column: self.column })
    }

    fn advance(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.column += taken.chars().count() as u32;
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        self.advance(end)
    }

    /// Skips blanks and comments.
    fn skip_blanks(&mut self) {
        loop {
            self.take_while(|c| c.is_ascii_whitespace());
            if !self.rest.starts_with('#') {
                return;
            }
            self.take_while(|c| c != '\n');
        }
    }

    fn symbol(&mut self, first: char) -> Result<TokenKind, QueryError> {
        let symbols = if self.in_braces { &IN_BRACES[..] } else { &SYMBOLS };
        match symbols.iter().find(|symbol| self.rest.starts_with(**symbol)) {
            Some(&symbol) => {
                match symbol {
                    "[" => self.in_brackets = true,
                    "]" => self.in_brackets = false,
                    "{" => self.in_braces = true,
                    "}" => self.in_braces = false,
                    _ => (),
                }
                self.advance(symbol.len());
                Ok(TokenKind::Symbol(symbol))
            }
            None if self.in_braces => {
                self.error(format!("unexpected character inside braces: {first:?}"))
            }
            None => self.error(format!("unexpected character: {first:?}")),
        }
    }

    /// A number or a duration; both begin with a digit or a point.
    fn number(&mut self) -> Result<TokenKind, QueryError> {
        let text = self.rest;
        let end = text.find(|c: char| !is_word(c) && c != '.').unwrap_or(text.len());
        let mut word = &text[..end];
        // The sign of an exponent: `1e-3`.
        let is_hex = word.starts_with("0x") || word.starts_with("0X");
        if !is_hex && word.ends_with(['e', 'E']) && text[end..].starts_with(['+', '-']) {
            let more = &text[end + 1..];
            let digits = more.find(|c: char| !is_word(c)).unwrap_or(more.len());
            word = &text[..end + 1 + digits];
        }
        let kind = match duration(word) {
            Some(Some(millis)) => Some(TokenKind::Duration(millis)),
            Some(None) => return self.error("duration out of range"),
            None => number(word).map(TokenKind::Number),
        };
        let Some(kind) = kind else {
            return self.error(format!("bad number or duration syntax: {word:?}"));
        };
        self.advance(word.len());
        Ok(kind)
    }

    fn text(&mut self, quote: char) -> Result<TokenKind, QueryError> {
        let mut text = String::new();
        let mut length = 1;
        loop {
            let rest = &self.rest[length..];
            match rest.chars().next() {
                None => return self.error("unterminated quoted string"),
                Some('\n') if quote != '`' => return self.error("unterminated quoted string"),
                Some(end) if end == quote => {
                    self.advance(length + 1);
                    return Ok(TokenKind::Text(text));
                }
                Some('\\') if quote != '`' => {
                    let Some((character, escaped)) = escape(&rest[1..], quote) else {
                        self.advance(length);
                        return self.error("unknown escape sequence in string");
                    };
                    text.push(character);
                    length += 1 + escaped;
                }
                Some(character) => {
                    text.push(character);
                    length += character.len_utf8();
                }
            }
        }
    }
}

/// What the escape sequence after a backslash stands for, and its length.
fn escape(rest: &str, quote: char) -> Option<(char, usize)> {
    let code = |from: usize, to: usize, radix: u32| {
        let code = u32::from_str_radix(rest.get(from..to)?, radix).ok()?;
        Some((char::from_u32(code)?, to))
    };
    let character = match rest.chars().next()? {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' => '\\',
        // Two hexadecimal or three octal digits name a byte: only ASCII is a character by itself.
        'x' => return code(1, 3, 16).filter(|(character, _)| character.is_ascii()),
        '0'..='7' => return code(0, 3, 8).filter(|(character, _)| character.is_ascii()),
        'u' => return code(1, 5, 16),
        'U' => return code(1, 9, 16),
        other if other == quote => quote,
        _ => return None,
    };
    Some((character, 1))
}

/// The number that `word` spells: decimal, hexadecimal (`0x1f`) or octal (`017`).
fn number(word: &str) -> Option<f64> {
    // Underscores stand between digits: `1_000`.
    let mut around = word.as_bytes().windows(3).filter(|three| three[1] == b'_');
    let is_between =
        around.all(|three| three[0].is_ascii_hexdigit() && three[2].is_ascii_hexdigit());
    if word.contains('_') && (!is_between || word.starts_with('_') || word.ends_with('_')) {
        return None;
    }
    let word = &*word.replace('_', "");
    if let Some(digits) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return i64::from_str_radix(digits, 16).ok().map(|value| value as f64);
    }
    if word.len() > 1 && word.starts_with('0') && word.bytes().all(|b| (b'0'..b'8').contains(&b)) {
        return i64::from_str_radix(word, 8).ok().map(|value| value as f64);
    }
    word.parse().ok()
}

/// The milliseconds of a duration such as `1h30m`; none inside if there are too many, none outside
/// if `word` is no duration.
pub(super) fn duration(word: &str) -> Option<Option<i64>> {
    let (mut rest, mut units, mut millis) = (word, &UNITS[..], Some(0_i64));
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|&digits| 0 < digits)?;
        let count = rest[..digits].parse().ok();
        let letters = &rest[digits..];
        let name = letters.find(|c: char| c.is_ascii_digit()).unwrap_or(letters.len());
        let unit = units.iter().position(|(unit, _)| *unit == &letters[..name])?;
        let more = count.and_then(|count: i64| count.checked_mul(units[unit].1));
        millis = millis.and_then(|sum| sum.checked_add(more?)).filter(|&sum| sum <= DURATION_MAX);
        units = &units[unit + 1..];
        rest = &letters[name..];
    }
    Some(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        tokens(text).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn numbers_and_durations_are_told_apart() {
        use TokenKind::{Duration, Number};
        let rows = [
            ("1", Number(1.0)),
            (".5", Number(0.5)),
            ("5.", Number(5.0)),
            ("5e-3", Number(0.005)),
            ("1E+3", Number(1000.0)),
            ("0x1F", Number(31.0)),
            ("0755", Number(493.0)),
            ("08", Number(8.0)),
            ("1_000_000", Number(1e6)),
            ("0x1_F", Number(31.0)),
            ("5m", Duration(300_000)),
            ("1h30m", Duration(5_400_000)),
            ("1d1ms", Duration(86_400_001)),
            ("2y", Duration(2 * 365 * 86_400_000)),
        ];
        for (text, kind) in rows {
            assert_eq!(kinds(text), [kind, TokenKind::End], "{text}");
        }
        for text in
            ["1_", "1__0", "1_.5", "30m1h", "5m5m", "5x", "1e", "0xg", "1.2.3", "1.5m", "99999999y"]
        {
            assert!(tokens(text).is_err(), "{text}");
        }
    }

    #[test]
    fn strings_lose_quotes_and_escapes() {
        for (text, expected) in [
            (r#""a\"b""#, "a\"b"),
            (r"'\x41\102\u00e9\n'", "AB\u{e9}\n"),
            (r"`a\n`", r"a\n"),
            ("'é'", "é"),
        ] {
            assert_eq!(kinds(text), [TokenKind::Text(expected.to_owned()), TokenKind::End]);
        }
        for text in ["'", "'a", "'\n'", r"'\q'", r"'\xff'", r#""\'""#] {
            assert!(tokens(text).is_err(), "{text}");
        }
    }

    #[test]
    fn columns_count_characters() {
        let tokens = tokens("'é' +\n # note\n up").unwrap();
        let columns: Vec<u32> = tokens.iter().map(|token| token.column).collect();
        assert_eq!(columns, [1, 5, 16, 18]);
    }

    #[test]
    fn a_colon_parts_range_and_step_but_belongs_to_names_elsewhere() {
        assert_eq!(kinds("a:b").len(), 2);
        assert_eq!(kinds("[5m:1m]").len(), 6);
    }
}
