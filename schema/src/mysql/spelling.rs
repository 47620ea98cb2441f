//! Ways to write a statement that the parser does not know, told in those that it does.

use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

/// What is written, and what is read in its place, word by word; `_` is any word, `-` is left out.
const SPELLINGS: &[(&str, &str)] = &[
    ("DROP KEY _", "DROP INDEX _"),
    ("DROP CHECK _", "DROP CONSTRAINT _"),
    ("LOCK IN SHARE MODE", "FOR SHARE - -"),
];

/// The tokens in the usual spelling, each in its old place.
pub(crate) fn usual(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let is_solid = |token: &TokenWithSpan| !matches!(token.token, Token::Whitespace(_));
    let solid: Vec<usize> =
        tokens.iter().enumerate().filter(|(_, token)| is_solid(token)).map(|(at, _)| at).collect();
    for start in 0..solid.len() {
        let rest = &solid[start..];
        let Some((_, spelling)) =
            SPELLINGS.iter().find(|(written, _)| reads(&tokens, rest, written))
        else {
            continue;
        };
        for (word, &at) in spelling.split(' ').zip(rest) {
            match word {
                "_" => {}
                "-" => tokens[at].token = Token::Whitespace(Whitespace::Space),
                word => tokens[at].token = Token::make_keyword(word),
            }
        }
    }
    tokens
}

fn reads(tokens: &[TokenWithSpan], places: &[usize], words: &str) -> bool {
    let mut places = places.iter();
    words.split(' ').all(|word| {
        matches!(places.next().map(|&at| &tokens[at].token), Some(Token::Word(own))
            if word == "_" || (own.quote_style.is_none() && own.value.eq_ignore_ascii_case(word)))
    })
}
