//! From the text of a condition to its parts.

use super::{Expression, FUNCTIONS, Function, Operator, Problem, Value};

/// Deepest nesting.
const DEEPEST: usize = 40;
/// Most words and signs: an expression is as deep as it is long.
const MOST: usize = 1_000;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Sign(&'static str),
    End,
}

/// Longer signs before those that they begin with.
const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "??", "<", ">", "!", "+", "-", "*", "/", "%", "(", ")",
    "[", "]", "{", "}", ",", "?", ":", "#",
];

/// Operators by how strongly they bind, the weakest first.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("||", Operator::Or), ("or", Operator::Or)],
    &[("&&", Operator::And), ("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::Unequal),
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Modulo)],
    &[("??", Operator::Coalesce)],
];

pub(super) fn read(text: &str) -> Result<Expression, Problem> {
    let mut reader = Reader { tokens: tokens(text)?, at: 0, depth: 0, inside: false };
    let root = reader.choice()?;
    match reader.token() {
        Token::End => Ok(root),
        other => Err(reader.problem(format!("unexpected {}", shown(other)))),
    }
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Problem> {
    let (mut tokens, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start();
        let column = 1 + text[..text.len() - rest.len()].chars().count();
        let Some(first) = rest.chars().next() else {
            tokens.push((Token::End, column));
            return Ok(tokens);
        };
        if MOST < tokens.len() {
            let message = format!("a condition of more than {MOST} words and signs");
            return Err(Problem { message, column });
        }
        let (token, length) = if first.is_ascii_digit() {
            number(rest, column)?
        } else if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Token::Word(rest[..end].to_owned()), end)
        } else if matches!(first, '"' | '\'') {
            let Some(end) = rest[1..].find(first) else {
                return Err(Problem { message: "literal not terminated".to_owned(), column });
            };
            (Token::Text(rest[1..=end].to_owned()), end + 2)
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(Problem { message: format!("unrecognized character: {first:?}"), column });
        };
        tokens.push((token, column));
        rest = &rest[length..];
    }
}

fn number(rest: &str, column: usize) -> Result<(Token, usize), Problem> {
    let bytes = rest.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let after_exponent = 0 < end && matches!(bytes[end - 1], b'e' | b'E');
        match bytes[end] {
            b'0'..=b'9' | b'.' | b'_' | b'e' | b'E' => end += 1,
            b'+' | b'-' if after_exponent => end += 1,
            _ => break,
        }
    }
    let text = rest[..end].replace('_', "");
    match text.parse::<f64>() {
        Ok(number) => Ok((Token::Number(number), end)),
        Err(_) => Err(Problem { message: format!("bad number syntax: {text:?}"), column }),
    }
}

fn shown(token: &Token) -> String {
    match token {
        Token::Number(number) => format!("token Number({number})"),
        Token::Text(text) => format!("token String({text:?})"),
        Token::Word(word) => format!("token Identifier({word:?})"),
        Token::Sign(sign) => format!("token Operator({sign:?})"),
        Token::End => "token EOF".to_owned(),
    }
}

struct Reader {
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    /// Inside `all`, `any` or `none`, where `#` means something.
    inside: bool,
}

impl Reader {
    fn token(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn problem(&self, message: String) -> Problem {
        Problem { message, column: self.tokens[self.at].1 }
    }

    /// Passes a sign or word if it is next.
    fn pass(&mut self, wanted: &str) -> bool {
        let found = match self.token() {
            Token::Sign(sign) => *sign == wanted,
            Token::Word(word) => word == wanted,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, wanted: &str) -> Result<(), Problem> {
        if self.pass(wanted) {
            return Ok(());
        }
        Err(self.problem(format!("unexpected {}, want {wanted:?}", shown(self.token()))))
    }

    fn choice(&mut self) -> Result<Expression, Problem> {
        self.depth += 1;
        if DEEPEST < self.depth {
            return Err(self.problem(format!("more than {DEEPEST} levels of nesting")));
        }
        let condition = self.binary(0)?;
        let whole = if self.pass("?") {
            let then = self.choice()?;
            self.expect(":")?;
            let otherwise = self.choice()?;
            Expression::Choice(Box::new([condition, then, otherwise]))
        } else {
            condition
        };
        self.depth -= 1;
        Ok(whole)
    }

    fn binary(&mut self, level: usize) -> Result<Expression, Problem> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.pass(sign)) {
            let right = self.binary(level + 1)?;
            left = Expression::Binary(*operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Problem> {
        let mut signs = Vec::new();
        loop {
            if self.pass("!") || self.pass("not") {
                signs.push(true);
            } else if self.pass("-") {
                signs.push(false);
            } else {
                break;
            }
        }
        let mut inner = self.postfix()?;
        // A sign nests too: dropping and comparing walk over it.
        if DEEPEST < signs.len() {
            return Err(self.problem(format!("more than {DEEPEST} signs in a row")));
        }
        for not in signs.into_iter().rev() {
            let boxed = Box::new(inner);
            inner = if not { Expression::Not(boxed) } else { Expression::Negate(boxed) };
        }
        Ok(inner)
    }

    fn postfix(&mut self) -> Result<Expression, Problem> {
        let mut value = self.primary()?;
        let mut steps = 0;
        while self.pass("[") {
            steps += 1;
            if DEEPEST < steps {
                return Err(self.problem(format!("more than {DEEPEST} steps in a row")));
            }
            let index = self.choice()?;
            self.expect("]")?;
            value = Expression::Index(Box::new(value), Box::new(index));
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expression, Problem> {
        let token = self.token().clone();
        match token {
            Token::Number(number) => self.literal(Value::Number(number)),
            Token::Text(text) => self.literal(Value::Text(text)),
            Token::Word(word) => match word.as_str() {
                "true" => self.literal(Value::Truth(true)),
                "false" => self.literal(Value::Truth(false)),
                "nil" => self.literal(Value::Nil),
                "result" => {
                    self.at += 1;
                    Ok(Expression::Result)
                }
                name => match FUNCTIONS.iter().find(|(known, ..)| *known == name) {
                    Some(&(_, function, arguments)) => self.call(function, arguments),
                    None => Err(self.problem(format!(
                        "unknown name {name}: here there are result and the functions {}",
                        FUNCTIONS.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
                    ))),
                },
            },
            Token::Sign("#") if self.inside => {
                self.at += 1;
                Ok(Expression::Element)
            }
            Token::Sign("(") => {
                self.at += 1;
                let inner = self.choice()?;
                self.expect(")")?;
                Ok(inner)
            }
            other => Err(self.problem(format!("unexpected {}", shown(&other)))),
        }
    }

    fn literal(&mut self, value: Value) -> Result<Expression, Problem> {
        self.at += 1;
        Ok(Expression::Literal(value))
    }

    fn call(&mut self, function: Function, count: usize) -> Result<Expression, Problem> {
        self.at += 1;
        self.expect("(")?;
        let predicate = matches!(function, Function::All | Function::Any | Function::None);
        // Each level would multiply the work by the length of the answer.
        if predicate && self.inside {
            let text = "all, any and none inside each other are not modelled";
            return Err(self.problem(text.to_owned()));
        }
        let mut arguments = Vec::with_capacity(count);
        for place in 0..count {
            if 0 < place {
                self.expect(",")?;
            }
            let outside = self.inside;
            self.inside |= predicate && place == 1;
            let braces = predicate && place == 1 && self.pass("{");
            arguments.push(self.choice()?);
            if braces {
                self.expect("}")?;
            }
            self.inside = outside;
        }
        self.expect(")")?;
        Ok(Expression::Call(function, arguments))
    }
}
