//! Directives and their attributes in comments of SQL, found as Liquibase's patterns find them.

use crate::liquibase::changeset::ChangeSet;
use crate::liquibase::expression::Expression;

/// What stands behind words in a line, if it begins with `--` and these, in whatever case.
pub(super) fn after<'l>(line: &'l str, words: &[&str]) -> Option<&'l str> {
    let mut rest = line.trim_start().strip_prefix("--")?;
    for word in words {
        rest = strip(rest.trim_start(), word)?;
    }
    Some(rest)
}

/// What stands behind the name of a directive: `--rollback DROP TABLE orders;`.
pub(super) fn directive<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let rest = after(line, &[name])?;
    let ends = |c: char| !c.is_alphanumeric() && c != '_';
    let open = name.ends_with([' ', ':', '-']) || rest.is_empty() || rest.starts_with(ends);
    // What only begins with the name is another directive.
    (open && !(name == "preconditions" && rest.starts_with('-'))).then_some(rest)
}

/// What a line says behind a name, perhaps a colon, and a blank: `--comment: why`. Nothing stands before it.
pub(super) fn said<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let rest = after(line.strip_prefix("--").map(|_| line)?, &[name])?;
    rest.strip_prefix(':').unwrap_or(rest).strip_prefix(' ')
}

/// Whether a line is a directive that somebody wrote with one dash.
pub(super) fn one_dash(line: &str, name: &str) -> bool {
    let rest = line.trim_start().strip_prefix('-').filter(|rest| !rest.starts_with('-'));
    rest.and_then(|rest| strip(rest.trim_start(), name)).is_some()
}

/// Whether a line begins a rollback of several lines.
pub(super) fn begins_rollback(line: &str) -> bool {
    let rest = line.trim().strip_prefix("/*").map(str::trim_start);
    let rest = rest.and_then(|rest| strip(rest, "liquibase")).map(str::trim_start);
    rest.and_then(|rest| strip(rest, "rollback")).is_some_and(|rest| rest.trim().is_empty())
}

/// Author, id and the rest of what stands behind `--changeset`. There is no blank around the colon.
pub(super) fn header(rest: &str) -> Option<(&str, &str, &str)> {
    let rest = rest.trim_start();
    let (author, rest) = match rest.strip_prefix('"') {
        Some(quoted) => {
            let (author, rest) = quoted.split_once('"')?;
            (author, rest.strip_prefix(':')?)
        }
        None => rest.split_once(':')?,
    };
    let (id, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
    };
    let bad = author.trim().is_empty() || id.replace([':', ' '], "").is_empty();
    (!bad).then_some((author, id, rest))
}

/// The value of the last `name:value` of a line, in quotes or up to a blank.
pub(super) fn value<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let lower = line.to_ascii_lowercase();
    let wanted = format!("{}:", name.to_ascii_lowercase());
    let whole = |at: &usize| !lower[..*at].ends_with(inside);
    let at = lower.match_indices(&wanted).map(|(at, _)| at).filter(whole).last()?;
    let rest = &line[at + wanted.len()..];
    match rest.strip_prefix('"').and_then(|quoted| quoted.split_once('"')) {
        Some((quoted, _)) => Some(quoted),
        None => rest.split_whitespace().next().filter(|_| !rest.starts_with(char::is_whitespace)),
    }
}

fn strip<'l>(text: &'l str, word: &str) -> Option<&'l str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

/// The attributes of a line that begins a changeset.
pub(super) struct Attributes<'l>(pub(super) &'l str);

impl<'l> Attributes<'l> {
    /// The text of one.
    pub(super) fn text(&self, name: &str) -> Option<&'l str> {
        value(self.0, name).filter(|text| !text.is_empty())
    }

    /// What a word says: everything but `true` is false.
    fn flag(&self, name: &str, default: bool) -> bool {
        self.text(name).map_or(default, |word| word.eq_ignore_ascii_case("true"))
    }

    /// Writes them into the changeset.
    pub(super) fn write(&self, set: &mut ChangeSet) -> Result<(), String> {
        if self.text("runWith").is_some() {
            return Err("runWith is not modelled".to_owned());
        }
        if let Some(path) = self.text("logicalFilePath") {
            path.clone_into(&mut set.path);
        }
        let context = self.text("contextFilter").or_else(|| self.text("context"));
        set.context = Expression::parse(context.unwrap_or_default())?;
        set.labels = list(self.text("labels").unwrap_or_default());
        set.dbms = list(self.text("dbms").unwrap_or_default());
        set.runs_always = self.flag("runAlways", false);
        set.runs_on_change = self.flag("runOnChange", false);
        set.in_transaction = self.flag("runInTransaction", true);
        set.fails_on_error = self.flag("failOnError", true);
        set.ignored = self.flag("ignore", false);
        Ok(())
    }
}

/// Names between commas.
pub fn list(text: &str) -> Vec<String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}
