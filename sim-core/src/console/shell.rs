//! The shell's grammar: words, quotes, pipes, chaining, redirection, here-documents and comments.
//!
//! Left out: variables, command substitution, background jobs and control flow. Each of them is an
//! error that says so; nothing is passed on half understood.

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

/// Most pipelines on one line; more is not typed by hand.
const STEPS_MAX: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(Word),
    /// `&&`, `||`, `;`, `|` or a line's end.
    Join(&'static str),
    /// `>`, `>>`, `2>`, `2>>`, `<`; the next word is a file.
    File(&'static str),
    StderrToStdout,
    StdoutToStderr,
    Here(String),
}

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
                if empty && (join == "\n" || (join == ";" && pipeline.is_empty() && !wants_command && tokens.peek().is_none())) {
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

struct Lexer<'l> {
    chars: std::iter::Peekable<std::str::Chars<'l>>,
    tokens: Vec<Token>,
    word: Option<Word>,
    /// Here-documents whose text begins on the next line: place in `tokens`, end mark, strip tabs.
    pending: Vec<(usize, String, bool)>,
    /// Accept an open quote, for completion.
    lenient: bool,
}

impl<'l> Lexer<'l> {
    fn new(line: &'l str) -> Self {
        let chars = line.chars().peekable();
        Self { chars, tokens: Vec::new(), word: None, pending: Vec::new(), lenient: false }
    }

    fn tokens(mut self) -> Result<Vec<Token>, String> {
        while let Some(c) = self.chars.next() {
            match c {
                '\n' => self.end_line()?,
                c if c.is_whitespace() => self.end_word(),
                '#' if self.word.is_none() => {
                    while self.chars.next_if(|c| *c != '\n').is_some() {}
                }
                '\'' => self.single_quoted()?,
                '"' => self.double_quoted()?,
                '\\' => match self.chars.next() {
                    Some('\n') | None => {}
                    Some(c) => self.quoted_char(c),
                },
                '$' | '`' => self.expansion(c)?,
                '&' | '|' | ';' | '<' | '>' => self.operator(c)?,
                '(' | ')' => return Err(format!("bash: syntax error near unexpected token `{c}'")),
                c => self.plain_char(c),
            }
        }
        self.end_word();
        if let Some((_, mark, _)) = self.pending.first()
            && !self.lenient
        {
            return Err(format!("bash: here-document delimited by end-of-file (wanted `{mark}')"));
        }
        Ok(self.tokens)
    }

    fn plain_char(&mut self, c: char) {
        let word = self.word.get_or_insert_default();
        word.pattern |= matches!(c, '*' | '?');
        word.text.push(c);
    }

    fn quoted_char(&mut self, c: char) {
        let word = self.word.get_or_insert_default();
        word.quoted = true;
        word.text.push(c);
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take() {
            self.tokens.push(Token::Word(word));
        }
    }

    fn end_line(&mut self) -> Result<(), String> {
        self.end_word();
        for (place, mark, strip) in std::mem::take(&mut self.pending) {
            let text = self.here_document(&mark, strip)?;
            self.tokens[place] = Token::Here(text);
        }
        self.tokens.push(Token::Join("\n"));
        Ok(())
    }

    fn here_document(&mut self, mark: &str, strip: bool) -> Result<String, String> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            let mut ended = false;
            for c in self.chars.by_ref() {
                if c == '\n' {
                    ended = true;
                    break;
                }
                line.push(c);
            }
            let line = if strip { line.trim_start_matches('\t') } else { &line };
            if line == mark {
                return Ok(text);
            }
            if !ended && line.is_empty() {
                return Err(format!(
                    "bash: here-document delimited by end-of-file (wanted `{mark}')"
                ));
            }
            text.push_str(line);
            text.push('\n');
        }
    }

    fn single_quoted(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default().quoted = true;
        loop {
            match self.chars.next() {
                Some('\'') => return Ok(()),
                Some(c) => self.quoted_char(c),
                None => return self.open_quote('\''),
            }
        }
    }

    fn double_quoted(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default().quoted = true;
        loop {
            match self.chars.next() {
                Some('"') => return Ok(()),
                Some('\\') => match self.chars.next() {
                    Some(c @ ('"' | '\\' | '$' | '`')) => self.quoted_char(c),
                    Some('\n') | None => {}
                    Some(c) => {
                        self.quoted_char('\\');
                        self.quoted_char(c);
                    }
                },
                Some(c @ ('$' | '`')) => self.expansion(c)?,
                Some(c) => self.quoted_char(c),
                None => return self.open_quote('"'),
            }
        }
    }

    fn open_quote(&self, quote: char) -> Result<(), String> {
        if self.lenient {
            return Ok(());
        }
        Err(format!("bash: unexpected EOF while looking for matching `{quote}'"))
    }

    /// `$` and `` ` ``: expansions are not supported; a `$` that bash would leave alone stays.
    fn expansion(&mut self, c: char) -> Result<(), String> {
        let next = self.chars.peek().copied();
        let expands = c == '`'
            || next.is_some_and(|c| c.is_ascii_alphanumeric() || "_({?$!@*#-".contains(c));
        if expands && !self.lenient {
            let what = if c == '`' || next == Some('(') { "command substitution" } else { "variables" };
            return Err(format!("bash: {what} cannot be used here; put the text in single quotes if you mean it as it is"));
        }
        self.quoted_char(c);
        Ok(())
    }

    fn operator(&mut self, c: char) -> Result<(), String> {
        let stderr = c == '>' && self.word.as_ref().is_some_and(|w| w.text == "2" && !w.quoted);
        if stderr {
            self.word = None;
        }
        self.end_word();
        let doubled = self.chars.next_if_eq(&c).is_some();
        let token = match (c, doubled) {
            ('&', true) => Token::Join("&&"),
            ('&', false) if self.chars.next_if_eq(&'>').is_some() => {
                self.tokens.push(Token::StderrToStdout);
                Token::File(">")
            }
            ('&', false) => {
                return Err("bash: background jobs (`&') cannot be used here".to_owned());
            }
            ('|', true) => Token::Join("||"),
            ('|', false) => Token::Join("|"),
            (';', true) => return Err("bash: syntax error near unexpected token `;;'".to_owned()),
            (';', false) => Token::Join(";"),
            ('<', true) => return self.here_operator(),
            ('<', false) => Token::File("<"),
            (_, false) if self.chars.next_if_eq(&'&').is_some() => match (stderr, self.chars.next()) {
                (true, Some('1')) => Token::StderrToStdout,
                (false, Some('2')) => Token::StdoutToStderr,
                _ => return Err("bash: ambiguous redirect".to_owned()),
            },
            (_, true) => Token::File(if stderr { "2>>" } else { ">>" }),
            (_, false) => Token::File(if stderr { "2>" } else { ">" }),
        };
        self.tokens.push(token);
        Ok(())
    }

    fn here_operator(&mut self) -> Result<(), String> {
        if self.chars.next_if_eq(&'<').is_some() {
            return Err("bash: here-strings (`<<<') cannot be used here".to_owned());
        }
        let strip = self.chars.next_if_eq(&'-').is_some();
        while self.chars.next_if(|c| matches!(c, ' ' | '\t')).is_some() {}
        let mut mark = String::new();
        while let Some(c) = self.chars.next_if(|c| !c.is_whitespace() && !"|&;<>".contains(*c)) {
            if !matches!(c, '\'' | '"' | '\\') {
                mark.push(c);
            }
        }
        if mark.is_empty() {
            return Err("bash: syntax error near unexpected token `newline'".to_owned());
        }
        self.tokens.push(Token::Here(String::new()));
        self.pending.push((self.tokens.len() - 1, mark, strip));
        Ok(())
    }
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
    let (pattern, path): (Vec<char>, Vec<char>) = (pattern.chars().collect(), path.chars().collect());
    fits(&pattern, &path)
}
