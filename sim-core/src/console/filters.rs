//! Commands that read text and print a part of it: `grep`, `head`, `tail`, `wc`, `sort`.

use regex::Regex;

use crate::console::files;
use crate::console::sed::posix_regex;
use crate::console::session::{Output, Session};

/// Options of one letter, with their values, and the rest of the words.
#[derive(Debug, Default)]
pub(crate) struct Options {
    letters: Vec<(char, String)>,
    /// What is not an option.
    pub(crate) words: Vec<String>,
}

impl Options {
    /// Splits words into options and the rest. `plain` take nothing, `valued` take a value; `-NUM`
    /// counts as `-n NUM` where `n` is valued.
    pub(crate) fn parse(
        name: &str,
        words: &[String],
        plain: &str,
        valued: &str,
    ) -> Result<Self, String> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(letters) = word.strip_prefix('-').filter(|rest| !rest.is_empty()) else {
                options.words.push(word.clone());
                continue;
            };
            if letters == "-" {
                options.words.extend(words.by_ref().cloned());
                break;
            }
            if valued.contains('n') && letters.bytes().all(|b| b.is_ascii_digit()) {
                options.letters.push(('n', letters.to_owned()));
                continue;
            }
            for (at, letter) in letters.char_indices() {
                if plain.contains(letter) {
                    options.letters.push((letter, String::new()));
                } else if valued.contains(letter) {
                    let rest = &letters[at + 1..];
                    let value = match rest.is_empty() {
                        true => words.next().cloned(),
                        false => Some(rest.to_owned()),
                    };
                    let value = value.ok_or_else(|| {
                        format!("{name}: option requires an argument -- '{letter}'")
                    })?;
                    options.letters.push((letter, value));
                    break;
                } else {
                    return Err(match letters.strip_prefix('-') {
                        Some(_) => format!("{name}: unrecognized option '{word}'"),
                        None => format!("{name}: invalid option -- '{letter}'"),
                    });
                }
            }
        }
        Ok(options)
    }

    /// Whether the option was given.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.letters.iter().any(|(given, _)| *given == letter)
    }

    /// Everything that was given with the option, in order.
    pub(crate) fn values(&self, letter: char) -> impl Iterator<Item = &str> {
        let given = self.letters.iter().filter(move |(given, _)| *given == letter);
        given.map(|(_, value)| value.as_str())
    }

    /// The option's last value.
    pub(crate) fn value(&self, letter: char) -> Option<&str> {
        self.letters.iter().rev().find(|(given, _)| *given == letter).map(|(_, v)| v.as_str())
    }

    fn count(&self, letter: char) -> Option<usize> {
        self.value(letter).and_then(|value| value.parse().ok())
    }
}

/// What a command reads: each named file, or standard input, which has no name.
pub(crate) fn inputs(
    name: &str,
    paths: &[String],
    session: &mut Session<'_, '_>,
) -> Vec<(String, String)> {
    if paths.is_empty() {
        return vec![(String::new(), session.input.take().unwrap_or_default())];
    }
    let mut read = Vec::new();
    let mut length = 0;
    for path in paths {
        if path == "-" {
            read.push((String::new(), session.input.take().unwrap_or_default()));
            continue;
        }
        match files::read(session.workspace, path) {
            // A file can be named any number of times.
            Ok(text) if files::TOTAL_MAX < length + text.len() => {
                session.out.fail(format!("{name}: {path}: {}", files::TOO_MUCH));
                break;
            }
            Ok(text) => {
                length += text.len();
                read.push((path.clone(), text.to_owned()));
            }
            Err(problem) => session.out.fail(format!("{name}: {path}: {problem}")),
        }
    }
    read
}

/// How `grep` was asked to search.
struct Grep {
    pattern: Regex,
    options: Options,
    paths: Vec<String>,
}

impl Grep {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut options = Options::parse("grep", words, "vinclowqEFrRhHs", "eABCm")?;
        let mut paths = std::mem::take(&mut options.words);
        let pattern = match options.value('e') {
            Some(pattern) => pattern.to_owned(),
            None if paths.is_empty() => {
                return Err("Usage: grep [OPTION]... PATTERNS [FILE]...".to_owned());
            }
            None => paths.remove(0),
        };
        let mut pattern = match options.has('F') {
            true => regex::escape(&pattern),
            false => posix_regex(&pattern, options.has('E')),
        };
        if options.has('w') {
            pattern = format!(r"\b(?:{pattern})\b");
        }
        let pattern = regex::RegexBuilder::new(&pattern)
            .case_insensitive(options.has('i'))
            .size_limit(1 << 20)
            .build()
            .map_err(|_| "grep: Invalid regular expression".to_owned())?;
        Ok(Self { pattern, options, paths })
    }

    fn selects(&self, line: &str) -> bool {
        self.pattern.is_match(line) != self.options.has('v')
    }

    /// Prints the lines of one text that are wanted; gives how many were selected.
    fn search(&self, label: &str, text: &str, out: &mut Output) -> usize {
        let options = &self.options;
        let around = options.count('C').unwrap_or(0);
        let before = options.count('B').unwrap_or(around);
        let after = options.count('A').unwrap_or(around);
        let lines: Vec<&str> = text.lines().collect();
        let limit = options.count('m').unwrap_or(usize::MAX);
        let hits = lines.iter().enumerate().filter(|(_, line)| self.selects(line));
        let hits: Vec<usize> = hits.map(|(index, _)| index).take(limit).collect();
        if options.has('q') || options.has('l') || options.has('c') {
            if options.has('l') && !hits.is_empty() {
                out.print(if label.is_empty() { "(standard input)" } else { label });
            } else if options.has('c') && !options.has('q') && !options.has('l') {
                out.print(prefix(label, ':') + &hits.len().to_string());
            }
            return hits.len();
        }
        let mut printed = 0;
        for (order, hit) in hits.iter().enumerate() {
            let start = hit.saturating_sub(before).max(printed);
            let end = hit.saturating_add(after).saturating_add(1).min(lines.len());
            let next = hits.get(order + 1).copied().unwrap_or(usize::MAX);
            if 0 < before.max(after) && 0 < order && printed < start {
                out.print("--");
            }
            let shown = lines.iter().enumerate().take(end.min(next)).skip(start);
            for (index, line) in shown {
                let mark = if index == *hit { ':' } else { '-' };
                let mut start = prefix(label, mark);
                if options.has('n') {
                    start += &prefix(&(index + 1).to_string(), mark);
                }
                if options.has('o') && !options.has('v') {
                    for found in self.pattern.find_iter(line) {
                        out.print(format!("{start}{}", found.as_str()));
                    }
                } else {
                    out.print(start + line);
                }
                printed = index + 1;
            }
        }
        hits.len()
    }
}

fn prefix(label: &str, mark: char) -> String {
    if label.is_empty() { String::new() } else { format!("{label}{mark}") }
}

/// `grep PATTERN [FILE...]`.
pub(crate) fn grep(words: &[String], session: &mut Session<'_, '_>) {
    let mut grep = match Grep::parse(words) {
        Ok(grep) => grep,
        Err(problem) => {
            session.out.warn(problem);
            session.out.status = 2;
            return;
        }
    };
    let recursive = grep.options.has('r') || grep.options.has('R');
    if recursive {
        let roots = std::mem::take(&mut grep.paths);
        let roots = if roots.is_empty() { vec![".".to_owned()] } else { roots };
        for root in roots {
            match files::is_folder(session.workspace, &root) {
                true => grep.paths.extend(files::below(session.workspace, &root)),
                false => grep.paths.push(root),
            }
        }
    }
    let named =
        (recursive || 1 < grep.paths.len() || grep.options.has('H')) && !grep.options.has('h');
    let texts = if recursive && grep.paths.is_empty() {
        Vec::new()
    } else {
        inputs("grep", &grep.paths, session)
    };
    let failed = session.out.status != 0;
    let mut hits = 0;
    for (path, text) in texts {
        hits += grep.search(
            if named || grep.options.has('l') { &path } else { "" },
            &text,
            &mut session.out,
        );
    }
    session.out.status = match () {
        () if failed => 2,
        () if hits == 0 => 1,
        () => 0,
    };
}

/// Whether these words make `grep` judge every line alone, so that output can pass as it comes.
pub(crate) fn is_line_filter(words: &[String]) -> bool {
    Grep::parse(words).is_ok_and(|grep| {
        grep.paths.is_empty() && !"cqlnABCm".chars().any(|letter| grep.options.has(letter))
    })
}

/// The lines of `text` that `grep` with these words lets through.
pub(crate) fn grep_lines(words: &[String], text: &str) -> String {
    let mut out = Output::default();
    if let Ok(grep) = Grep::parse(words) {
        grep.search("", text, &mut out);
    }
    out.stdout
}

/// `head [-n N] [FILE...]`.
pub(crate) fn head(words: &[String], session: &mut Session<'_, '_>) {
    part(words, session, "head", |lines, count| {
        // A negative count leaves out the last lines.
        let end = match count.strip_prefix('-') {
            Some(left_out) => lines.saturating_sub(left_out.parse().ok()?),
            None => count.parse().ok()?,
        };
        Some((0, end.min(lines)))
    });
}

/// `tail [-n N] [FILE...]`.
pub(crate) fn tail(words: &[String], session: &mut Session<'_, '_>) {
    part(words, session, "tail", |lines, count| {
        // `+N` begins at line N.
        let start = match count.strip_prefix('+') {
            Some(first) => first.parse::<usize>().ok()?.saturating_sub(1),
            None => lines.saturating_sub(count.trim_start_matches('-').parse().ok()?),
        };
        Some((start.min(lines), lines))
    });
}

fn part(
    words: &[String],
    session: &mut Session<'_, '_>,
    name: &str,
    range: impl Fn(usize, &str) -> Option<(usize, usize)>,
) {
    let options = match Options::parse(name, words, "qvf", "n") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let count = options.value('n').unwrap_or("10");
    let texts = inputs(name, &options.words, session);
    let titled = 1 < texts.len();
    for (index, (path, text)) in texts.iter().enumerate() {
        let lines: Vec<&str> = text.lines().collect();
        let Some((start, end)) = range(lines.len(), count) else {
            return session.out.fail(format!("{name}: invalid number of lines: ‘{count}’"));
        };
        if titled {
            let gap = if 0 < index { "\n" } else { "" };
            session.out.print(format!("{gap}==> {path} <=="));
        }
        for line in &lines[start..end] {
            session.out.print(line);
        }
    }
}

/// `wc [-lwc] [FILE...]`.
pub(crate) fn wc(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("wc", words, "lwcm", "") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let wanted: Vec<char> = match "lwc".chars().filter(|c| options.has(*c)).collect::<Vec<_>>() {
        none if none.is_empty() => vec!['l', 'w', 'c'],
        some => some,
    };
    let texts = inputs("wc", &options.words, session);
    let counts =
        |text: &str| [text.matches('\n').count(), text.split_whitespace().count(), text.len()];
    let mut rows: Vec<(String, [usize; 3])> =
        texts.iter().map(|(path, text)| (path.clone(), counts(text))).collect();
    if 1 < rows.len() {
        let total = rows
            .iter()
            .fold([0; 3], |sum, (_, row)| [sum[0] + row[0], sum[1] + row[1], sum[2] + row[2]]);
        rows.push(("total".to_owned(), total));
    }
    let widest = rows.iter().flat_map(|(_, row)| row).max().map_or(1, |n| n.to_string().len());
    let width = match (wanted.len(), rows.len(), options.words.is_empty()) {
        (1, 1, _) => 1,
        (_, _, true) => 7,
        _ => widest,
    };
    for (path, row) in rows {
        let cells = wanted.iter().map(|c| {
            let value = row["lwc".find(*c).unwrap_or(0)];
            format!("{value:>width$}")
        });
        let line = cells.collect::<Vec<_>>().join(" ");
        session.out.print(if path.is_empty() { line } else { format!("{line} {path}") });
    }
}

/// `sort [-rnu] [FILE...]`.
pub(crate) fn sort(words: &[String], session: &mut Session<'_, '_>) {
    let options = match Options::parse("sort", words, "rnu", "") {
        Ok(options) => options,
        Err(problem) => return session.out.fail(problem),
    };
    let texts = inputs("sort", &options.words, session);
    let mut lines: Vec<&str> = texts.iter().flat_map(|(_, text)| text.lines()).collect();
    lines.sort();
    if options.has('n') {
        let number = |line: &str| {
            let line = line.trim_start();
            let end = line.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(line.len());
            line[..end].parse::<i64>().unwrap_or(0)
        };
        lines.sort_by_key(|line| number(line));
    }
    if options.has('u') {
        lines.dedup();
    }
    if options.has('r') {
        lines.reverse();
    }
    for line in lines {
        session.out.print(line);
    }
}
