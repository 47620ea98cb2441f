//! Changes of tables that the parser does not know, read as far as the model needs them.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{AlterTable, AlterTableOperation, Ident, ObjectName, SqlOption, Statement};
use sqlparser::tokenizer::{Token, Word};

/// Words with which an option of a table begins.
const OPTIONS: [&str; 16] = [
    "ALTER",
    "CHARACTER",
    "CHARSET",
    "COLLATE",
    "COMMENT",
    "CONVERT",
    "DEFAULT",
    "DISABLE",
    "ENABLE",
    "ENGINE",
    "FORCE",
    "KEY_BLOCK_SIZE",
    "ORDER",
    "PARTITION",
    "ROW_FORMAT",
    "STATS_PERSISTENT",
];

/// What follows the name of the table, as an option of it.
pub(crate) const REBUILD: &str = "FORCE";

/// Reads the tokens of a statement: `RENAME INDEX`, options of a table, `OPTIMIZE TABLE`.
pub(crate) fn read(tokens: &[Token]) -> Option<Statement> {
    match tokens {
        [Token::Word(alter), Token::Word(table), Token::Word(name), rest @ ..]
            if is(alter, "ALTER") && is(table, "TABLE") =>
        {
            Some(statement(name, operation(rest)?))
        }
        [Token::Word(optimize), Token::Word(table), Token::Word(name)]
            if is(optimize, "OPTIMIZE") && is(table, "TABLE") =>
        {
            Some(statement(name, option(REBUILD)))
        }
        _ => None,
    }
}

fn operation(rest: &[Token]) -> Option<AlterTableOperation> {
    match rest {
        [
            Token::Word(rename),
            Token::Word(index),
            Token::Word(from),
            Token::Word(to),
            Token::Word(name),
        ] if is(rename, "RENAME") && (is(index, "INDEX") || is(index, "KEY")) && is(to, "TO") => {
            let (old_name, new_name) = (ident(from), ident(name));
            Some(AlterTableOperation::RenameConstraint { old_name, new_name })
        }
        [Token::Word(engine), middle @ .., Token::Word(name)]
            if is(engine, "ENGINE") && is(name, "InnoDB") && matches!(middle, [] | [Token::Eq]) =>
        {
            Some(option(REBUILD))
        }
        [Token::Word(first), ..] if OPTIONS.iter().any(|word| is(first, word)) => {
            let words: Vec<String> = rest.iter().map(ToString::to_string).collect();
            Some(option(&words.join(" ")))
        }
        _ => None,
    }
}

fn statement(name: &Word, operation: AlterTableOperation) -> Statement {
    Statement::AlterTable(AlterTable {
        name: ObjectName::from(vec![ident(name)]),
        if_exists: false,
        only: false,
        operations: vec![operation],
        location: None,
        on_cluster: None,
        table_type: None,
        end_token: AttachedToken::empty(),
    })
}

fn option(text: &str) -> AlterTableOperation {
    let option = SqlOption::Ident(ObjectName::from(vec![Ident::new(text)]));
    AlterTableOperation::SetTblProperties { table_properties: vec![option] }
}

fn is(word: &Word, keyword: &str) -> bool {
    word.quote_style.is_none() && word.value.eq_ignore_ascii_case(keyword)
}

fn ident(word: &Word) -> Ident {
    Ident { quote_style: word.quote_style, ..Ident::new(word.value.clone()) }
}
