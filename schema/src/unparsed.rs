//! Statements of PostgreSQL that the parser does not know: `DROP INDEX CONCURRENTLY` is read, the others are
//! known by their first words and not modelled.

use sqlparser::ast::{
    Expr, Ident, ObjectName, ObjectNamePart, ObjectType, PrintStatement, Statement,
};
use sqlparser::tokenizer::{Token, Word};

/// First words of statements of which nothing else is known.
const NOT_MODELLED: [&[&str]; 20] = [
    &["REINDEX"],
    &["VACUUM"],
    &["CLUSTER"],
    &["CHECKPOINT"],
    &["DO"],
    &["SECURITY"],
    &["IMPORT"],
    &["REFRESH"],
    &["REASSIGN"],
    &["ALTER", "SYSTEM"],
    &["ALTER", "DATABASE"],
    &["ALTER", "INDEX", "IF"],
    &["ALTER", "VIEW"],
    &["ALTER", "MATERIALIZED"],
    &["ALTER", "DEFAULT"],
    &["CREATE", "STATISTICS"],
    &["CREATE", "RULE"],
    &["CREATE", "PUBLICATION"],
    &["CREATE", "SUBSCRIPTION"],
    &["CREATE", "COLLATION"],
];

/// Reads the tokens of a statement, if the parser does not.
pub(crate) fn read(tokens: &[Token]) -> Option<Statement> {
    let words: Vec<&Word> = tokens.iter().map_while(word).collect();
    let begins = |with: &[&str]| {
        with.len() <= words.len() && words.iter().zip(with).all(|(word, with)| is(word, with))
    };
    if begins(&["DROP", "INDEX", "CONCURRENTLY"]) {
        return drop_index(&tokens[3..]);
    }
    NOT_MODELLED.iter().any(|with| begins(with)).then(|| unknown(tokens))
}

fn word(token: &Token) -> Option<&Word> {
    if let Token::Word(word) = token { Some(word) } else { None }
}

fn is(word: &Word, text: &str) -> bool {
    word.quote_style.is_none() && word.value.eq_ignore_ascii_case(text)
}

/// `[IF EXISTS] name`. That others may go on is told by Hive's `PURGE`, which PostgreSQL has not.
fn drop_index(rest: &[Token]) -> Option<Statement> {
    let (if_exists, rest) = match rest {
        [Token::Word(one), Token::Word(two), rest @ ..] if is(one, "IF") && is(two, "EXISTS") => {
            (true, rest)
        }
        rest => (false, rest),
    };
    let parts = rest.split(|token| *token == Token::Period);
    let parts: Option<Vec<_>> = parts
        .map(|part| match part {
            [Token::Word(name)] => {
                Some(ObjectNamePart::Identifier(name.to_ident(sqlparser::tokenizer::Span::empty())))
            }
            _ => None,
        })
        .collect();
    Some(Statement::Drop {
        object_type: ObjectType::Index,
        if_exists,
        names: vec![ObjectName(parts?)],
        cascade: false,
        restrict: false,
        purge: true,
        temporary: false,
        table: None,
    })
}

/// A statement that is not modelled, in the guise of one that no database here has.
fn unknown(tokens: &[Token]) -> Statement {
    let text = tokens.iter().map(Token::to_string).collect::<Vec<_>>().join(" ");
    Statement::Print(PrintStatement { message: Box::new(Expr::Identifier(Ident::new(text))) })
}

#[cfg(test)]
mod tests {
    use crate::sql::parse;

    #[test]
    fn what_the_parser_does_not_know_is_not_modelled_and_a_slip_is_a_mistake() {
        for (text, is_read) in [
            ("DROP INDEX CONCURRENTLY IF EXISTS public.orders_total", true),
            ("DROP INDEX CONCURRENTLY orders_total", true),
            ("DROP INDEX CONCURRENTLY orders_total CASCADE", false),
            ("VACUUM ANALYZE orders", true),
            ("REINDEX TABLE CONCURRENTLY orders", true),
            ("DO $$ BEGIN NULL; END $$", true),
            ("ALTER SYSTEM SET work_mem = '1GB'", true),
            ("ALTER TABLE orders ADD COLUM x int", false),
            ("REINDX TABLE orders", false),
        ] {
            assert_eq!(parse(text).is_ok(), is_read, "{text}");
        }
    }
}
