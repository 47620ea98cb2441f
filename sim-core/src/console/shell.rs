//! The shell's grammar: words, quotes, pipes, chaining, redirection, here-documents and comments.
//!
//! Left out: variables, command substitution, background jobs and control flow. Each of them is an
//! error that says so; nothing is passed on half understood.

mod lexer;

use lexer::{Lexer, Token};

/// A parsed command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Pipelines in order.
    pub(crate) steps: Vec<Step>,
}

/// One pipeline, and whether it runs after the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// What the status of the step before must be.
    pub(crate) when: When,
    /// Commands, each reading what the one before it writes.
    pub(crate) pipeline: Vec<Command>,
}

/// What joins a pipeline to the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// `;` or a new line.
    Always,
    /// `&&`.
    AfterSuccess,
    /// `||`.
    AfterFailure,
}

/// A simple command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// `NAME=value` in front of the command.
    pub(crate) settings: Vec<(String, String)>,
    /// The command's name and its arguments.
    pub(crate) words: Vec<Word>,
    /// Where its output goes.
    pub(crate) redirects: Vec<Redirect>,
    /// Its standard input, from a here-document or a file.
    pub(crate) input: Option<Input>,
}

/// A word after quotes are removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Its text.
    pub(crate) text: String,
    /// Whether it holds `*` or `?` outside quotes and so names files.
    pub(crate) pattern: bool,
    /// Whether any part of it was quoted.
    pub(crate) quoted: bool,
}

/// Where output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Redirect {
    /// `> FILE` and `>> FILE`.
    Stdout {
        /// The file.
        path: String,
        /// Whether it keeps what it has.
        append: bool,
    },
    /// `2> FILE` and `2>> FILE`.
    Stderr {
        /// The file.
        path: String,
        /// Whether it keeps what it has.
        append: bool,
    },
    /// `2>&1`.
    StderrToStdout,
    /// `>&2`.
    StdoutToStderr,
}

/// Where input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// `<<'EOF'`.
    Text(String),
    /// `< FILE`.
    File(String),
}

/// Words that begin or end the shell's own control flow.
const RESERVED: &[&str] = &[
    "!", "[[", "case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in",
    "select", "then", "until", "while", "{", "}",
];

/// Most pipelines on one line; more is not typed by hand.
const STEPS_MAX: usize = 200;

/// Parses a command line; the error is what the shell prints.
pub(crate) fn parse(line: &str) -> Result<Line, String> {
    let tokens = Lexer::new(line).tokens()?;
    let mut steps = Vec::new();
    let mut pipeline = Vec::new();
    let mut command = Command::default();
    let mut when = When::Always;
    let mut wants_command = false;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            Token::Word(word) => add_word(&mut command, word),
            Token::Here(text) => command.input = Some(Input::Text(text)),
            Token::StderrToStdout => command.redirects.push(Redirect::StderrToStdout),
            Token::StdoutToStderr => command.redirects.push(Redirect::StdoutToStderr),
            Token::File(operator) => {
                let Some(Token::Word(word)) = tokens.next() else {
                    return Err("bash: syntax error near unexpected token `newline'".to_owned());
                };
                redirect(&mut command, operator, word.text);
            }
            Token::Join(join) => {
                let empty = command == Command::default();
                if empty && join == "\n" {
                    continue;
                }
                if empty {
                    return Err(format!("bash: syntax error near unexpected token `{join}'"));
                }
                pipeline.push(std::mem::take(&mut command));
                wants_command = matches!(join, "|" | "&&" | "||");
                if join == "|" {
                    continue;
                }
                steps.push(Step { when, pipeline: std::mem::take(&mut pipeline) });
                when = match join {
                    "&&" => When::AfterSuccess,
                    "||" => When::AfterFailure,
                    _ => When::Always,
                };
            }
        }
    }
    if command != Command::default() {
        pipeline.push(command);
    } else if wants_command {
        return Err("bash: syntax error: unexpected end of file".to_owned());
    }
    if !pipeline.is_empty() {
        steps.push(Step { when, pipeline });
    }
    let commands = || steps.iter().flat_map(|step| &step.pipeline);
    let first_words = commands().filter_map(|command| command.words.first());
    for word in first_words.filter(|word| !word.quoted) {
        if RESERVED.contains(&word.text.as_str()) {
            return Err(format!("bash: control flow (`{}') cannot be used here", word.text));
        }
    }
    if STEPS_MAX < steps.len() {
        return Err(format!("bash: more than {STEPS_MAX} commands on one line"));
    }
    Ok(Line { steps })
}

fn add_word(command: &mut Command, word: Word) {
    let setting = word.text.split_once('=').filter(|(name, _)| {
        command.words.is_empty()
            && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    });
    match setting {
        Some((name, value)) => command.settings.push((name.to_owned(), value.to_owned())),
        None => command.words.push(word),
    }
}

fn redirect(command: &mut Command, operator: &str, path: String) {
    match operator {
        "<" => command.input = Some(Input::File(path)),
        "2>" | "2>>" => {
            command.redirects.push(Redirect::Stderr { path, append: operator == "2>>" });
        }
        "&>" | "&>>" => {
            command.redirects.push(Redirect::Stdout { path, append: operator == "&>>" });
            command.redirects.push(Redirect::StderrToStdout);
        }
        _ => command.redirects.push(Redirect::Stdout { path, append: operator == ">>" }),
    }
}

/// The word that completion works on: the last one, and the words before it in its command.
pub(crate) fn last_command(line: &str) -> (Vec<String>, String) {
    let mut lexer = Lexer::new(line);
    lexer.lenient = true;
    let tokens = lexer.tokens().unwrap_or_default();
    let start = tokens.iter().rposition(|token| matches!(token, Token::Join(_)));
    let mut words: Vec<String> = tokens[start.map_or(0, |at| at + 1)..]
        .iter()
        .filter_map(|token| match token {
            Token::Word(word) => Some(word.text.clone()),
            _ => None,
        })
        .collect();
    let open = !line.is_empty() && !line.ends_with(char::is_whitespace);
    let last = if open { words.pop().unwrap_or_default() } else { String::new() };
    (words, last)
}

/// Whether `path` fits a shell pattern of `*`, `?` and plain characters; `*` stops at `/`.
pub(crate) fn matches_pattern(pattern: &str, path: &str) -> bool {
    fn fits(pattern: &[char], path: &[char]) -> bool {
        // Greedy match with one point to return to: linear space, no exponential blow-up.
        let (mut p, mut t, mut star) = (0, 0, None);
        while t < path.len() {
            match pattern.get(p) {
                Some('*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(c) if *c == path[t] || (*c == '?' && path[t] != '/') => {
                    p += 1;
                    t += 1;
                }
                _ => match star {
                    Some((at, from)) if path[from] != '/' => {
                        star = Some((at, from + 1));
                        p = at + 1;
                        t = from + 1;
                    }
                    _ => return false,
                },
            }
        }
        pattern[p..].iter().all(|c| *c == '*')
    }
    let (pattern, path): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), path.chars().collect());
    fits(&pattern, &path)
}
