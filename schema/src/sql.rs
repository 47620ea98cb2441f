//! SQL text as statements with their places.

use std::sync::Arc;

use sqlparser::ast;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::dialect;
use crate::dump;
use crate::engine::Engine;
use crate::mysql::{self, spelling};
use crate::unparsed;

/// Longest script that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Whether this build reads SQL. Where it does not there is never a statement, and what would judge one
/// asks here first, so that the code behind is left out of the build.
pub(crate) const IS_READ: bool = cfg!(feature = "sql");

/// Proof that this build reads SQL. Without the feature no value of this type exists: the compiler knows that
/// nothing that holds one exists either, and leaves out all code that would need it.
#[cfg(feature = "sql")]
#[derive(Clone, Copy, Debug)]
pub struct Reader(());

/// Proof that this build reads SQL, which it does not.
#[cfg(not(feature = "sql"))]
#[derive(Clone, Copy, Debug)]
pub enum Reader {}

impl Reader {
    /// The proof, if this build reads SQL.
    #[inline]
    pub fn of_this_build() -> Option<Self> {
        #[cfg(feature = "sql")]
        return Some(Self(()));
        #[cfg(not(feature = "sql"))]
        None
    }
}

/// Most operators and keywords in a row, with those of everything around.
const MAX_CHAIN: usize = 500;
/// Tokens that are looked at to see whether a statement matters.
const MOST_WORDS: usize = 24;
/// Deepest nesting of expressions and queries.
const MAX_DEPTH: usize = 50;

/// Why a text is no SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// The database whose syntax it is, if it is that of another than the one it is read for.
    pub syntax_of: Option<Engine>,
}

/// A statement as written.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it says; shared, for statements are copied with the world and never changed.
    pub ast: Arc<ast::Statement>,
    /// Its text, without the semicolon.
    pub text: String,
    /// Line of its first character, from 1.
    pub line: u64,
    /// Column of its first character, from 1.
    pub column: u64,
}

/// The statements of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// The database for which they are read.
    pub engine: Engine,
    /// The statements, in order.
    pub statements: Vec<Statement>,
}

/// Reads every statement of a text for PostgreSQL, or finds everything that is none.
pub fn parse(text: &str) -> Result<Script, Vec<Problem>> {
    Engine::Postgresql.parse(text)
}

impl Engine {
    /// Reads every statement of a text, or finds everything that is none.
    pub fn parse(self, text: &str) -> Result<Script, Vec<Problem>> {
        read(self, text).map_err(|mut problems| {
            let other = self.other();
            // Whoever wrote it for the other database gets one answer to many questions.
            if problems.iter().all(|problem| problem.syntax_of.is_none())
                && read(other, text).is_ok()
            {
                problems.iter_mut().for_each(|problem| problem.syntax_of = Some(other));
            }
            problems
        })
    }
}

fn read(engine: Engine, text: &str) -> Result<Script, Vec<Problem>> {
    let start = Location { line: 1, column: 1 };
    if !IS_READ {
        return Err(vec![problem("this build of Cutover reads no SQL", start)]);
    }
    if MAX_BYTES < text.len() {
        let message = format!("the file has {} bytes; at most {MAX_BYTES} are read", text.len());
        return Err(vec![problem(&message, start)]);
    }
    let text = &*dump::without_commands(text);
    let tokens = Tokenizer::new(engine.dialect(), text)
        .tokenize_with_location()
        .map_err(|error| vec![problem(&error.to_string(), start)])?;
    if let Some(place) = too_long_a_chain(&tokens) {
        let message = format!("more than {MAX_CHAIN} operators in one expression; take it apart");
        return Err(vec![problem(&message, place)]);
    }
    let foreign = dialect::foreign(engine, &tokens);
    if !foreign.is_empty() {
        return Err(foreign);
    }
    let tokens = match engine {
        Engine::Postgresql => tokens,
        Engine::Mysql => spelling::usual(tokens),
    };
    let parser = Parser::new(engine.dialect()).with_recursion_limit(MAX_DEPTH);
    let mut parser = parser.with_tokens_with_locations(tokens);
    let mut places = Places::of(text);
    let (mut statements, mut problems) = (Vec::new(), Vec::new());
    loop {
        while parser.peek_token().token == Token::SemiColon {
            parser.next_token();
        }
        let first = parser.peek_token();
        if first.token == Token::EOF {
            break;
        }
        let start = first.span.start;
        let coming = coming(&parser);
        let read = statement(&mut parser, engine, &coming, start);
        while !at_end(&parser) {
            parser.next_token();
        }
        match read {
            Ok(Some(ast)) => {
                let end = parser.peek_token().span.start;
                let text = places.between(text, start, end).trim_end().to_owned();
                let Location { line, column } = start;
                statements.push(Statement { ast: Arc::new(ast), text, line, column });
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(Script { engine, statements }) } else { Err(problems) }
}

/// The statement that begins here; none if it has no effect on a schema.
fn statement(
    parser: &mut Parser<'_>,
    engine: Engine,
    coming: &[Token],
    start: Location,
) -> Result<Option<ast::Statement>, Problem> {
    if let Some(known) = unparsed::read(coming).filter(|_| engine == Engine::Postgresql) {
        return Ok(Some(known));
    }
    match parser.parse_statement() {
        Ok(ast) if at_end(parser) => Ok(Some(ast)),
        Ok(_) => {
            let found = parser.peek_token();
            let message = format!("expected the end of the statement, found {}", found.token);
            Err(problem(&message, found.span.start))
        }
        Err(_) if dump::is_without_effect(&words(coming)) => Ok(None),
        Err(error) => {
            let ast = mysql::unparsed::read(coming).filter(|_| engine == Engine::Mysql);
            ast.map(Some).ok_or_else(|| problem(&error.to_string(), start))
        }
    }
}

/// Whether a statement ends here.
fn at_end(parser: &Parser<'_>) -> bool {
    matches!(parser.peek_token().token, Token::SemiColon | Token::EOF)
}

/// The first tokens of the statement that comes next.
fn coming(parser: &Parser<'_>) -> Vec<Token> {
    let tokens = (0..).map(|index| parser.peek_nth_token(index).token);
    let tokens = tokens.take_while(|token| !matches!(token, Token::SemiColon | Token::EOF));
    tokens.take(MOST_WORDS).collect()
}

/// Words among tokens, in upper case.
fn words(tokens: &[Token]) -> Vec<String> {
    let word = |token: &Token| match token {
        Token::Word(word) => Some(word.value.to_uppercase()),
        _ => None,
    };
    tokens.iter().filter_map(word).collect()
}

/// Where operators follow each other without end: `1 + 1 + ...` is read in a loop, but the tree that
/// comes of it is as deep as it is long, and whoever walks it needs as much stack.
fn too_long_a_chain(tokens: &[TokenWithSpan]) -> Option<Location> {
    // What has been counted in each open parenthesis: items of lists begin anew, queries that are joined
    // to one do not.
    let mut open: Vec<(usize, usize)> = vec![(0, 0)];
    for token in tokens {
        match &token.token {
            Token::LParen => open.push((0, 0)),
            Token::LBracket => {
                // `integer[][]` is an array of arrays.
                open.last_mut()?.0 += 1;
                open.push((0, 0));
            }
            Token::RParen | Token::RBracket if 1 < open.len() => drop(open.pop()),
            Token::SemiColon => open = vec![(0, 0)],
            Token::Whitespace(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Period => {}
            other => {
                let (chain, queries) = open.last_mut()?;
                match other {
                    Token::Comma => *chain = 0,
                    Token::Word(word) => match word.keyword {
                        Keyword::NoKeyword => {}
                        Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => *queries += 1,
                        _ => *chain += 1,
                    },
                    _ => *chain += 1,
                }
                let depth: usize = open.iter().map(|(chain, queries)| chain + queries).sum();
                if MAX_CHAIN < depth {
                    return Some(token.span.start);
                }
            }
        }
    }
    None
}

/// The library writes the place behind its message: `... at Line: 3, Column: 7`.
fn problem(message: &str, otherwise: Location) -> Problem {
    let message = message.strip_prefix("sql parser error: ").unwrap_or(message);
    let placed = message.rsplit_once(" at Line: ").and_then(|(text, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((text, line.trim().parse().ok()?, column.trim().parse().ok()?))
    });
    let (text, line, column) = placed.unwrap_or((message, otherwise.line, otherwise.column));
    Problem { line, column, message: text.to_owned(), syntax_of: None }
}

/// Finds bytes by their places.
struct Places {
    /// Where the lines of the text begin, in bytes.
    lines: Vec<usize>,
    /// The last place that was found, with its byte: a line may have many statements.
    last: (Location, usize),
}

impl Places {
    fn of(text: &str) -> Self {
        let ends = text.char_indices().filter(|(_, c)| *c == '\n').map(|(index, _)| index + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self { lines, last: (Location { line: 1, column: 1 }, 0) }
    }

    /// The byte of a place; the end of the text if it has no place.
    fn byte(&mut self, text: &str, place: Location) -> usize {
        let line = usize::try_from(place.line).unwrap_or(0);
        let Some(&start) = line.checked_sub(1).and_then(|line| self.lines.get(line)) else {
            return text.len();
        };
        let (last, at) = self.last;
        let goes_on = last.line == place.line && last.column <= place.column;
        let (from, start) = if goes_on { (last.column, at) } else { (1, start) };
        let steps = usize::try_from(place.column.saturating_sub(from)).unwrap_or(usize::MAX);
        let mut bytes = text[start..].char_indices();
        let byte = bytes.nth(steps).map_or(text.len(), |(index, _)| start + index);
        self.last = (place, byte);
        byte
    }

    fn between<'t>(&mut self, text: &'t str, start: Location, end: Location) -> &'t str {
        let (start, end) = (self.byte(text, start), self.byte(text, end));
        text.get(start..end.max(start)).unwrap_or_default()
    }
}
