//! `sed` as far as scripts use it to change manifests: `[ADDRESS]s/PATTERN/TEXT/FLAGS`, `d`, `p`.

use regex::{Captures, Regex, RegexBuilder};

use crate::console::files;
use crate::console::filters::{Options, inputs};
use crate::console::session::Session;

/// Length in bytes above which a text is edited no further: no file may be half as long.
const GROWTH_MAX: usize = files::FILE_MAX * 2;

/// A script: commands in order, applied to every line.
#[derive(Debug)]
pub(crate) struct Script {
    commands: Vec<Edit>,
    quiet: bool,
}

#[derive(Debug)]
struct Edit {
    address: Option<Address>,
    action: Action,
}

#[derive(Debug)]
enum Address {
    Line(usize),
    Last,
    Lines(usize, usize),
    Pattern(Regex),
}

#[derive(Debug)]
enum Action {
    Substitute { pattern: Regex, text: String, all: bool, print: bool },
    Delete,
    Print,
}

/// Translates a POSIX pattern, basic or extended, into the syntax of our matcher.
pub(crate) fn posix_regex(pattern: &str, extended: bool) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c) if "+?|(){}".contains(c) && !extended => out.push(c),
                Some(c) => out.extend(['\\', c]),
                None => out.push_str("\\\\"),
            },
            '[' => {
                out.push('[');
                let mut first = true;
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                while let Some(c) = chars.next() {
                    match c {
                        ']' if !first => break,
                        '[' if chars.peek() == Some(&':') => {
                            out.push('[');
                            while let Some(c) = chars.next_if(|c| *c != ']') {
                                out.push(c);
                            }
                            out.extend(chars.next());
                        }
                        '[' | ']' | '\\' | '&' | '~' => out.extend(['\\', c]),
                        c => out.push(c),
                    }
                    first = false;
                }
                out.push(']');
            }
            c if "+?|(){}".contains(c) && !extended => out.extend(['\\', c]),
            '*' if !extended && (out.is_empty() || out == "^") => out.push_str("\\*"),
            c => out.push(c),
        }
    }
    out
}

impl Script {
    /// Reads a script; `;` and new lines end a command.
    pub(crate) fn parse(texts: &[String], extended: bool, quiet: bool) -> Result<Self, String> {
        let mut commands = Vec::new();
        for text in texts {
            let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
            while !rest.is_empty() {
                let (edit, after) = edit(rest, extended)
                    .ok_or_else(|| format!("sed: -e expression #1: cannot read `{rest}'; write s/PATTERN/TEXT/, /PATTERN/d or Nd"))?;
                commands.push(edit);
                rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
            }
        }
        Ok(Self { commands, quiet })
    }

    /// Applies the script to a text.
    pub(crate) fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let lines: Vec<&str> = text.lines().collect();
        'lines: for (index, line) in lines.iter().enumerate() {
            let mut line = (*line).to_owned();
            for edit in &self.commands {
                let applies = match &edit.address {
                    None => true,
                    Some(Address::Line(number)) => index + 1 == *number,
                    Some(Address::Last) => index + 1 == lines.len(),
                    Some(Address::Lines(from, to)) => (*from..=*to).contains(&(index + 1)),
                    Some(Address::Pattern(pattern)) => pattern.is_match(&line),
                };
                if !applies {
                    continue;
                }
                match &edit.action {
                    Action::Delete => continue 'lines,
                    Action::Print => out.extend([line.as_str(), "\n"]),
                    Action::Substitute { pattern, text, all, print } => {
                        if !pattern.is_match(&line) {
                            continue;
                        }
                        line = substitute(&line, pattern, text, *all);
                        if *print {
                            out.extend([line.as_str(), "\n"]);
                        }
                    }
                }
                if GROWTH_MAX < out.len() + line.len() {
                    return out;
                }
            }
            if !self.quiet {
                out.extend([line.as_str(), "\n"]);
            }
        }
        out
    }
}

/// A line with the first match replaced, or all of them. It is not complete once it is too long.
fn substitute(line: &str, pattern: &Regex, text: &str, all: bool) -> String {
    let mut out = String::new();
    let mut copied = 0;
    for found in pattern.captures_iter(line).take(if all { usize::MAX } else { 1 }) {
        let place = found.get_match();
        out.push_str(&line[copied..place.start()]);
        replace(text, &found, &mut out);
        copied = place.end();
        if GROWTH_MAX < out.len() {
            break;
        }
    }
    out + &line[copied..]
}

/// Adds the text of `s`: `&` is the match, `\1` a group, `\n` a new line.
fn replace(text: &str, found: &Captures<'_>, out: &mut String) {
    let mut chars = text.chars();
    while let Some(c) = chars.next().filter(|_| out.len() <= GROWTH_MAX) {
        match c {
            '&' => out.push_str(&found[0]),
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(digit) if digit.is_ascii_digit() => {
                    let group = digit as usize - '0' as usize;
                    out.push_str(found.get(group).map_or("", |group| group.as_str()));
                }
                Some(c) => out.push(c),
                None => {}
            },
            c => out.push(c),
        }
    }
}

fn edit(text: &str, extended: bool) -> Option<(Edit, &str)> {
    let (address, rest) = address(text, extended)?;
    let rest = rest.trim_start();
    let mut chars = rest.chars();
    let action = chars.next()?;
    let (action, rest) = match action {
        'd' => (Action::Delete, chars.as_str()),
        'p' => (Action::Print, chars.as_str()),
        's' => {
            let mark = chars.next().filter(|c| !c.is_alphanumeric() && *c != '\\' && *c != '\n')?;
            let (pattern, rest) = until(chars.as_str(), mark)?;
            let (text, rest) = until(rest, mark)?;
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let (flags, rest) = rest.split_at(end);
            if !flags.chars().all(|c| "gIip".contains(c)) {
                return None;
            }
            let pattern = compile(&pattern, extended, flags.contains(['i', 'I']))?;
            let (all, print) = (flags.contains('g'), flags.contains('p'));
            (Action::Substitute { pattern, text, all, print }, rest)
        }
        _ => return None,
    };
    let ended = rest.trim_start_matches(' ');
    (ended.is_empty() || ended.starts_with([';', '\n'])).then_some((Edit { address, action }, rest))
}

fn address(text: &str, extended: bool) -> Option<(Option<Address>, &str)> {
    if let Some(rest) = text.strip_prefix('/') {
        let (pattern, rest) = until(rest, '/')?;
        return Some((Some(Address::Pattern(compile(&pattern, extended, false)?)), rest));
    }
    if let Some(rest) = text.strip_prefix('$') {
        return Some((Some(Address::Last), rest));
    }
    let number = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let end = number(text);
    if end == 0 {
        return Some((None, text));
    }
    let from = text[..end].parse().ok()?;
    let Some(rest) = text[end..].strip_prefix(',') else {
        return Some((Some(Address::Line(from)), &text[end..]));
    };
    if let Some(rest) = rest.strip_prefix('$') {
        return Some((Some(Address::Lines(from, usize::MAX)), rest));
    }
    let end = number(rest);
    Some((Some(Address::Lines(from, rest[..end].parse().ok()?)), &rest[end..]))
}

fn compile(pattern: &str, extended: bool, any_case: bool) -> Option<Regex> {
    let pattern = posix_regex(pattern, extended);
    RegexBuilder::new(&pattern).case_insensitive(any_case).size_limit(1 << 20).build().ok()
}

/// The text up to the mark, and what follows it; a backslash before the mark is taken away.
fn until(text: &str, mark: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == mark {
            return Some((out, &text[at + c.len_utf8()..]));
        }
        out.push(c);
        if c == '\\' {
            let (_, next) = chars.next()?;
            if next == mark {
                out.pop();
            }
            out.push(next);
        }
    }
    None
}

/// `sed [-i] [-E] [-n] (SCRIPT | -e SCRIPT...) [FILE...]`.
pub(crate) fn sed(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("sed", words, "inEr", "e") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let mut paths = options.words.clone();
    let mut scripts: Vec<String> = options.values('e').map(str::to_owned).collect();
    if scripts.is_empty() {
        if paths.is_empty() {
            return session
                .out
                .fail("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...");
        }
        scripts.push(paths.remove(0));
    }
    let extended = options.has('E') || options.has('r');
    let script = match Script::parse(&scripts, extended, options.has('n')) {
        Ok(script) => script,
        Err(problem) => return session.out.fail(problem),
    };
    if options.has('i') && paths.is_empty() {
        return session.out.fail("sed: no input files");
    }
    for (path, text) in inputs("sed", &paths, session) {
        let changed = script.apply(&text);
        if !options.has('i') || path.is_empty() {
            session.out.write(&changed);
        } else if let Err(problem) = files::write(session.workspace, &path, changed) {
            session.out.fail(format!("sed: {path}: {problem}"));
        }
    }
}
