//! From characters to words and operators: quotes, here-documents, comments.

use super::Word;

/// One token of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// `&&`, `||`, `;`, `|` or a line's end.
    Join(&'static str),
    /// `>`, `>>`, `2>`, `2>>`, `&>`, `&>>`, `<`; the next word is a file.
    File(&'static str),
    /// `2>&1`.
    StderrToStdout,
    /// `>&2`.
    StdoutToStderr,
    /// The text of a here-document.
    Here(String),
}

/// Splits a line into tokens.
pub(super) struct Lexer<'l> {
    chars: std::iter::Peekable<std::str::Chars<'l>>,
    tokens: Vec<Token>,
    word: Option<Word>,
    /// Here-documents whose text begins on the next line: place in `tokens`, end mark, strip tabs.
    pending: Vec<(usize, String, bool)>,
    /// Accept an open quote, for completion.
    pub(super) lenient: bool,
}

impl<'l> Lexer<'l> {
    /// A lexer at the beginning of `line`.
    pub(super) fn new(line: &'l str) -> Self {
        let chars = line.chars().peekable();
        Self { chars, tokens: Vec::new(), word: None, pending: Vec::new(), lenient: false }
    }

    /// All tokens; the error is what the shell prints.
    pub(super) fn tokens(mut self) -> Result<Vec<Token>, String> {
        while let Some(c) = self.chars.next() {
            match c {
                '\n' => self.end_line()?,
                c if c.is_whitespace() => self.end_word(),
                '#' if self.word.is_none() => while self.chars.next_if(|c| *c != '\n').is_some() {},
                '\'' => self.single_quoted()?,
                '"' => self.double_quoted()?,
                '\\' => match self.chars.next() {
                    Some('\n') | None => {}
                    Some(c) => self.quoted_char(c),
                },
                '$' if self.chars.next_if_eq(&'\'').is_some() => self.escaped_quoted()?,
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

    /// `$'...'`: quoted text in which `\\n`, `\\t`, `\\\\` and `\\'` stand for single characters. It lets a
    /// file of several lines stand in a command of one.
    fn escaped_quoted(&mut self) -> Result<(), String> {
        self.word.get_or_insert_default().quoted = true;
        loop {
            match self.chars.next() {
                Some('\'') => return Ok(()),
                Some('\\') => match self.chars.next() {
                    Some('n') => self.quoted_char('\n'),
                    Some('t') => self.quoted_char('\t'),
                    Some(c @ ('\\' | '\'' | '"')) => self.quoted_char(c),
                    Some(c) => {
                        self.quoted_char('\\');
                        self.quoted_char(c);
                    }
                    None => return self.open_quote('\''),
                },
                Some(c) => self.quoted_char(c),
                None => return self.open_quote('\''),
            }
        }
    }

    /// `$` and `` ` ``: expansions are not supported; a `$` that bash would leave alone stays.
    fn expansion(&mut self, c: char) -> Result<(), String> {
        let next = self.chars.peek().copied();
        let expands =
            c == '`' || next.is_some_and(|c| c.is_ascii_alphanumeric() || "_({?$!@*#-".contains(c));
        if expands && !self.lenient {
            let what =
                if c == '`' || next == Some('(') { "command substitution" } else { "variables" };
            return Err(format!(
                "bash: {what} cannot be used here; put the text in single quotes if you mean it as it is"
            ));
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
                let appends = self.chars.next_if_eq(&'>').is_some();
                Token::File(if appends { "&>>" } else { "&>" })
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
            (_, false) if self.chars.next_if_eq(&'&').is_some() => {
                match (stderr, self.chars.next()) {
                    (true, Some('1')) => Token::StderrToStdout,
                    (false, Some('2')) => Token::StdoutToStderr,
                    _ => return Err("bash: ambiguous redirect".to_owned()),
                }
            }
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
