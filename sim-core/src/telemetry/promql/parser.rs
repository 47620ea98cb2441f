//! Tokens to expressions: precedence, arguments, modifiers.
//!
//! Written by hand, because it must name the place of every mistake and must not panic on any text;
//! what it accepts is compared with another parser in the tests.

use super::aggregate::{Aggregate, Aggregator, Grouping};
use super::binary::{Binary, Operator};
use super::call::Call;
use super::functions::{FUNCTIONS, Function, Signature, UNSUPPORTED, is_label_name};
use super::lexer::{DURATION_MAX, Token, TokenKind, tokens};
use super::selector::{Selector, Subquery};
use super::{Expr, Kind, QueryError};

mod check;
mod modifier;
mod selector;
mod wording;

use check::{check_arguments, check_kind, check_label_names, checked_binary};

/// Longest text of a query, in bytes.
const TEXT_MAX: usize = 8_192;

/// Most operators, brackets, calls and selectors of a query. It bounds the depth of recursion too.
const PARTS_MAX: u32 = 256;

/// Words that are no metric's name where an expression is expected.
const RESERVED: [&str; 5] = ["bool", "on", "ignoring", "group_left", "group_right"];

/// The expression that a text spells, and how many of its parts remember something.
pub(super) fn parse(text: &str) -> Result<(Expr, usize), QueryError> {
    if TEXT_MAX < text.len() {
        let message = format!("the query is longer than {TEXT_MAX} bytes");
        return Err(QueryError::new(1, message));
    }
    let mut parser = Parser { tokens: tokens(text)?, position: 0, parts: 0, remembering: 0 };
    if parser.peek() == &TokenKind::End {
        return parser.error("no expression found in input");
    }
    let expr = parser.expression(0)?;
    match parser.peek() {
        TokenKind::End => Ok((expr, parser.remembering)),
        _ => parser.unexpected(""),
    }
}

/// The selector that a text in braces spells.
pub(super) fn parse_selector(text: &str) -> Result<Selector, QueryError> {
    let mut parser = Parser { tokens: tokens(text)?, position: 0, parts: 0, remembering: 0 };
    let selector = parser.selector(None)?;
    match parser.peek() {
        TokenKind::End => Ok(selector),
        _ => parser.unexpected(""),
    }
}

struct Parser {
    /// Never empty; the last is `End`.
    tokens: Vec<Token>,
    position: usize,
    parts: u32,
    /// How many parts so far remember something from step to step.
    remembering: usize,
}

type Parsed<T> = Result<T, QueryError>;

impl Parser {
    fn peek(&self) -> &TokenKind {
        &self.tokens[self.position].kind
    }

    fn after_next(&self) -> &TokenKind {
        &self.tokens[(self.position + 1).min(self.tokens.len() - 1)].kind
    }

    fn column(&self) -> u32 {
        self.tokens[self.position].column
    }

    /// Takes the next token; the end is never passed.
    fn take(&mut self) -> TokenKind {
        let kind = self.peek().clone();
        self.position = (self.position + 1).min(self.tokens.len() - 1);
        kind
    }

    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(QueryError::new(self.column(), message))
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), TokenKind::Symbol(own) if *own == symbol)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), TokenKind::Word(own) if own.eq_ignore_ascii_case(word))
    }

    fn accept_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.take();
        }
        found
    }

    fn accept_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, symbol: &str, place: &str) -> Parsed<()> {
        if self.accept_symbol(symbol) {
            return Ok(());
        }
        self.unexpected(place)
    }

    fn count_part(&mut self) -> Parsed<()> {
        self.parts += 1;
        if PARTS_MAX < self.parts {
            return self.error(format!("the query has more than {PARTS_MAX} parts"));
        }
        Ok(())
    }

    /// An expression whose operators bind at least as tightly as `minimum`.
    fn expression(&mut self, minimum: u8) -> Parsed<Expr> {
        self.count_part()?;
        let start = self.column();
        let mut left = self.unary()?;
        loop {
            let operator = match self.peek() {
                TokenKind::Symbol(symbol) => Operator::spelled(symbol),
                TokenKind::Word(word) => Operator::spelled(word),
                _ => None,
            };
            let Some(operator) = operator.filter(|own| minimum <= own.precedence()) else {
                return Ok(left);
            };
            self.count_part()?;
            let column = self.column();
            self.take();
            let returns_bool = self.accept_word("bool");
            let matching = self.matching(column)?;
            // `^` binds to the right, all others to the left.
            let is_power = operator == Operator::Power;
            let right = self.expression(operator.precedence() + u8::from(!is_power))?;
            let binary = Binary {
                column: start,
                kind: Kind::Vector,
                operator,
                returns_bool,
                matching,
                left,
                right,
            };
            left = checked_binary(binary, column)?;
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let column = self.column();
        let is_negative = self.is_symbol("-");
        if !is_negative && !self.is_symbol("+") {
            return self.operand();
        }
        self.take();
        // Less tight than `^`: -2^2 is -4.
        let inner = self.expression(Operator::Power.precedence())?;
        match (inner.kind(), inner) {
            (kind @ (Kind::Matrix | Kind::String), _) => Err(QueryError::new(
                column,
                format!(
                    "unary expression only allowed on expressions of type scalar or instant vector, got \"{kind}\""
                ),
            )),
            (_, Expr::Number(_, value)) if is_negative => Ok(Expr::Number(column, -value)),
            (_, inner) if is_negative => Ok(Expr::Negate(column, Box::new(inner))),
            (_, inner) => Ok(inner),
        }
    }

    fn operand(&mut self) -> Parsed<Expr> {
        let column = self.column();
        if self.accept_symbol("(") {
            let inner = self.expression(0)?;
            self.expect(")", "")?;
            return self.modified(inner, false, column);
        }
        let expr = match self.peek().clone() {
            TokenKind::Number(value) => {
                self.take();
                Expr::Number(column, value)
            }
            TokenKind::Duration(millis) => {
                self.take();
                Expr::Number(column, millis as f64 / 1000.0)
            }
            TokenKind::Text(text) => {
                self.take();
                Expr::Text(column, text)
            }
            TokenKind::Symbol("{") => Expr::Instant(self.selector(None)?),
            TokenKind::Word(word) => self.named(&word)?,
            TokenKind::Symbol(_) | TokenKind::End => {
                return self.unexpected("");
            }
        };
        self.modified(expr, true, column)
    }

    /// What begins with a word: a number, an aggregation, a call or a selector.
    fn named(&mut self, word: &str) -> Parsed<Expr> {
        let column = self.column();
        let is_called = self.after_next() == &TokenKind::Symbol("(");
        match word.to_ascii_lowercase().as_str() {
            "inf" => {
                self.take();
                return Ok(Expr::Number(column, f64::INFINITY));
            }
            "nan" => {
                self.take();
                return Ok(Expr::Number(column, f64::NAN));
            }
            reserved if RESERVED.contains(&reserved) => {
                return self.unexpected("");
            }
            _ => (),
        }
        let is_grouped = matches!(self.after_next(), TokenKind::Word(next)
            if next.eq_ignore_ascii_case("by") || next.eq_ignore_ascii_case("without"));
        match Aggregator::named(word) {
            Some(aggregator) if is_called || is_grouped => self.aggregate(aggregator),
            _ if is_called => self.call(word),
            _ => {
                self.take();
                Ok(Expr::Instant(self.selector(Some((word, column)))?))
            }
        }
    }

    /// The number of a part that remembers something from step to step.
    fn remember(&mut self) -> usize {
        self.remembering += 1;
        self.remembering - 1
    }

    fn aggregate(&mut self, aggregator: Aggregator) -> Parsed<Expr> {
        let column = self.column();
        self.take();
        let mut grouping = self.grouping()?;
        let mut arguments = self.arguments("in aggregation")?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let grouping = grouping.unwrap_or(Grouping { without: false, labels: Vec::new() });
        let wanted = 1 + usize::from(aggregator.parameter().is_some());
        let error = |message: String| Err(QueryError::new(column, message));
        if arguments.is_empty() {
            return error("no arguments for aggregate expression provided".to_owned());
        }
        if arguments.len() != wanted {
            return error(format!(
                "wrong number of arguments for aggregate expression provided, expected {wanted}, got {}",
                arguments.len()
            ));
        }
        let inner = arguments.remove(wanted - 1);
        check_kind(&inner, Kind::Vector, "aggregation expression")?;
        let parameter = arguments.pop();
        if let (Some(parameter), Some(kind)) = (&parameter, aggregator.parameter()) {
            check_kind(parameter, kind, "aggregation parameter")?;
        }
        if let Some(Expr::Text(column, label)) = &parameter
            && !is_label_name(label)
        {
            return Err(QueryError::new(*column, format!("invalid label name {label:?}")));
        }
        let index = self.remember();
        let aggregate = Aggregate { column, index, aggregator, grouping, parameter, inner };
        Ok(Expr::Aggregate(Box::new(aggregate)))
    }

    /// `(a, b)`; `place` is where they stand.
    fn arguments(&mut self, place: &str) -> Parsed<Vec<Expr>> {
        self.expect("(", place)?;
        let mut arguments = Vec::new();
        if self.accept_symbol(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.expression(0)?);
            if self.accept_symbol(")") {
                return Ok(arguments);
            }
            let column = self.column();
            self.expect(",", place)?;
            if self.is_symbol(")") {
                let message = "trailing commas not allowed in function call args";
                return Err(QueryError::new(column, message));
            }
        }
    }

    fn call(&mut self, name: &str) -> Parsed<Expr> {
        let column = self.column();
        let Some(signature) = FUNCTIONS.iter().find(|signature| signature.name == name) else {
            let is_known = UNSUPPORTED.split_whitespace().any(|known| known == name);
            return self.error(if is_known {
                format!("the function `{name}` is not supported here")
            } else {
                format!("unknown function with name {name:?}")
            });
        };
        self.take();
        let arguments = self.arguments("")?;
        if matches!(signature.function, Function::Date(_)) && arguments.is_empty() {
            let message = format!(
                "a run has no date: give `{name}` a time in seconds since 1970, such as \
                 {name}(vector(1767603600))"
            );
            return Err(QueryError::new(column, message));
        }
        check_arguments(signature, &arguments, column)?;
        let Signature { name, function, result, .. } = *signature;
        let index = self.remember();
        let mut call = Call { column, index, name, function, result, arguments, pattern: None };
        check_label_names(&call)?;
        if let (Function::LabelReplace, Some(Expr::Text(column, pattern))) =
            (function, call.arguments.get(4))
        {
            call.pattern = Some(selector::regex(pattern, *column)?);
        }
        Ok(Expr::Call(call))
    }

    /// The milliseconds of a duration; a number counts seconds.
    fn duration(&mut self, place: &str) -> Parsed<i64> {
        let millis = match self.peek() {
            TokenKind::Duration(millis) => *millis as f64,
            TokenKind::Number(secs) => libm::round(secs * 1000.0),
            _ => return self.unexpected(place),
        };
        if !(1.0..=DURATION_MAX as f64).contains(&millis) {
            return self.error("duration must be greater than 0 and at most 1000 years");
        }
        self.take();
        Ok(millis as i64)
    }

    /// `[...]` after an expression.
    fn bracket(&mut self, inner: Expr, is_bare: bool) -> Parsed<Expr> {
        let column = self.column();
        self.count_part()?;
        self.take();
        let range = self.duration("in range selector, expected duration")?;
        let error = |message: String| Err(QueryError::new(column, message));
        if self.accept_symbol(":") {
            let place = "in subquery selector, expected duration or \"]\"";
            let step = if self.is_symbol("]") { None } else { Some(self.duration(place)?) };
            self.expect("]", "")?;
            if inner.kind() != Kind::Vector {
                let kind = match inner.kind() {
                    Kind::Scalar => "scalar",
                    Kind::Vector => "vector",
                    Kind::Matrix => "matrix",
                    Kind::String => "string",
                };
                let message =
                    format!("subquery is only allowed on instant vector, got {kind} instead");
                return Err(QueryError::new(inner.column(), message));
            }
            let anchor = Default::default();
            let subquery = Subquery { column: inner.column(), inner, range, step, anchor };
            return Ok(Expr::Subquery(Box::new(subquery)));
        }
        self.expect("]", "")?;
        match inner {
            Expr::Instant(selector) if is_bare => {
                if selector.anchor.offset.is_some() {
                    return error("no offset modifiers allowed before range".to_owned());
                }
                if selector.anchor.at.is_some() {
                    return error("no @ modifiers allowed before range".to_owned());
                }
                Ok(Expr::Range(selector, range))
            }
            _ => error("ranges only allowed for vector selectors".to_owned()),
        }
    }
}
