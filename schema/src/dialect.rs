//! Syntax that can only be the other database's: a clear answer where the parser would accept it, or
//! would stumble over it later.

use sqlparser::tokenizer::{Token, TokenWithSpan};

use crate::engine::Engine;
use crate::sql::Problem;

/// Words in a row that only MySQL reads; `)` and `=` stand for themselves. None of them may be a column
/// and what stands beside it in the other database.
const MYSQL: &[&str] = &[
    ") ENGINE =",
    "AUTO_INCREMENT",
    "ON DUPLICATE KEY",
    "REPLACE INTO",
    "INSERT IGNORE",
    "MODIFY COLUMN",
    "CHANGE COLUMN",
    "INT UNSIGNED",
    "BIGINT UNSIGNED",
    "LOCK IN SHARE MODE",
    "RENAME TABLE",
];

/// Words in a row that only PostgreSQL reads.
const POSTGRESQL: &[&str] = &[
    "::",
    "RETURNING",
    "ILIKE",
    "ON CONFLICT",
    "CONCURRENTLY",
    "BIGSERIAL",
    "TIMESTAMPTZ",
    "JSONB",
    "BYTEA",
    "VALIDATE CONSTRAINT",
    "DISTINCT ON",
    "SET NOT NULL",
    "DROP NOT NULL",
    "SET DATA TYPE",
    "CREATE EXTENSION",
    "CREATE TYPE",
    "CREATE SEQUENCE",
    "ALWAYS AS IDENTITY",
    "DEFAULT AS IDENTITY",
    "USING GIN",
    "TEXT [ ]",
];

/// Every place at which the other database's syntax begins.
pub(crate) fn foreign(engine: Engine, tokens: &[TokenWithSpan]) -> Vec<Problem> {
    let solid: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let marks = match engine {
        Engine::Postgresql => MYSQL,
        Engine::Mysql => POSTGRESQL,
    };
    let mut problems = Vec::new();
    for (index, token) in solid.iter().enumerate() {
        let rest = &solid[index..];
        // A name behind a dot or before a comma is a column's, whatever it is called.
        let qualified = index.checked_sub(1).is_some_and(|i| solid[i].token == Token::Period);
        let mark = marks.iter().find(|mark| !qualified && begins(rest, mark));
        let found = match mark {
            Some(mark) => format!("`{mark}`"),
            None if engine == Engine::Postgresql && token.token == Token::Char('`') => {
                "a backtick".to_owned()
            }
            None if is_parameter(engine, &token.token) => format!("`{}`", token.token),
            None => continue,
        };
        let (own, other) = (engine.name(), engine.other());
        problems.push(Problem {
            line: token.span.start.line,
            column: token.span.start.column,
            message: format!("{found} is {}'s syntax, not {own}'s", other.name()),
            syntax_of: Some(other),
        });
    }
    problems
}

/// Whether tokens begin with these words.
fn begins(tokens: &[&TokenWithSpan], words: &str) -> bool {
    let mut tokens = tokens.iter();
    words.split(' ').all(|word| match tokens.next().map(|token| &token.token) {
        Some(Token::Word(own)) => own.quote_style.is_none() && own.value.eq_ignore_ascii_case(word),
        Some(other) => other.to_string() == word,
        None => false,
    })
}

/// Whether it is the other database's way to name a parameter.
fn is_parameter(engine: Engine, token: &Token) -> bool {
    match (engine, token) {
        // `$1`.
        (Engine::Mysql, Token::Word(word)) => {
            let digits = word.value.strip_prefix('$').unwrap_or_default();
            word.quote_style.is_none()
                && !digits.is_empty()
                && digits.chars().all(|c| c.is_ascii_digit())
        }
        (Engine::Mysql, Token::Placeholder(name)) => name != "?",
        _ => false,
    }
}
