//! Differences of two texts by line, as `diff` prints them.

/// Most cells of the table that finds the longest common part; beyond it the middle counts as
/// replaced, which is correct if not shortest.
const CELLS_MAX: usize = 4_000_000;

/// Lines of context in a unified difference.
const CONTEXT: usize = 3;

/// A stretch in which the texts differ: `old[a..b]` became `new[c..d]`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
}

fn changes(old: &[&str], new: &[&str]) -> Vec<Change> {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[start..], &new[start..]);
    let end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - end], &b[..b.len() - end]);
    if a.is_empty() && b.is_empty() {
        return Vec::new();
    }
    let width = b.len() + 1;
    if CELLS_MAX < (a.len() + 1) * width {
        return vec![Change { old: start..start + a.len(), new: start..start + b.len() }];
    }
    // common[i][j]: length of the longest common part of a[i..] and b[j..].
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = if a[i] == b[j] {
                common[(i + 1) * width + j + 1] + 1
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut changes) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        let (from_i, from_j) = (i, j);
        while i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        }
        if (from_i, from_j) != (i, j) {
            continue;
        }
        while (i < a.len() || j < b.len()) && !(i < a.len() && j < b.len() && a[i] == b[j]) {
            let skip_old = j == b.len()
                || (i < a.len() && common[i * width + j + 1] <= common[(i + 1) * width + j]);
            if skip_old { i += 1 } else { j += 1 }
        }
        changes.push(Change { old: start + from_i..start + i, new: start + from_j..start + j });
    }
    changes
}

/// The difference in `diff`'s own form: `3c3`, `<`, `---`, `>`.
pub(crate) fn normal(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut out = String::new();
    for Change { old: a, new: b } in changes(&old, &new) {
        let range = |range: &std::ops::Range<usize>| match range.len() {
            0 => range.start.to_string(),
            1 => (range.start + 1).to_string(),
            _ => format!("{},{}", range.start + 1, range.end),
        };
        let letter = match (a.is_empty(), b.is_empty()) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        out += &format!("{}{letter}{}\n", range(&a), range(&b));
        out.extend(old[a].iter().map(|line| format!("< {line}\n")));
        if letter == 'c' {
            out += "---\n";
        }
        out.extend(new[b].iter().map(|line| format!("> {line}\n")));
    }
    out
}

/// What both change of a text, together; None where they change the same place differently.
pub(crate) fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let from = |text: &[&str]| -> Vec<(std::ops::Range<usize>, String)> {
        changes(&base, text).into_iter().map(|c| (c.old, text[c.new].concat())).collect()
    };
    let mut all = from(&ours);
    for change in from(&theirs) {
        // Changes that touch are a conflict, as in git.
        let meets = |one: &&(std::ops::Range<usize>, String)| {
            one.0.start <= change.0.end && change.0.start <= one.0.end
        };
        match all.iter().find(meets) {
            Some(same) if *same == change => {}
            Some(_) => return None,
            None => all.push(change),
        }
    }
    all.sort_by_key(|(place, _)| place.start);
    let (mut merged, mut at) = (String::new(), 0);
    for (place, text) in all {
        merged += &base[at..place.start].concat();
        merged += &text;
        at = place.end;
    }
    Some(merged + &base[at..].concat())
}

/// The difference in unified form, with the two names as its header; empty if there is none.
pub(crate) fn unified(left: &str, right: &str, old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let changes = changes(&old, &new);
    let mut out = String::new();
    let mut rest = changes.as_slice();
    if !rest.is_empty() {
        out += &format!("--- {left}\n+++ {right}\n");
    }
    while !rest.is_empty() {
        // Changes whose contexts touch share a hunk.
        let near = |pair: &[Change]| pair[1].old.start <= pair[0].old.end + 2 * CONTEXT;
        let length = 1 + rest.windows(2).take_while(|pair| near(pair)).count();
        hunk(&rest[..length], &old, &new, &mut out);
        rest = &rest[length..];
    }
    out
}

fn hunk(changes: &[Change], old: &[&str], new: &[&str], out: &mut String) {
    let (first, last) = (&changes[0], &changes[changes.len() - 1]);
    let before = first.old.start.min(CONTEXT);
    let after = (old.len() - last.old.end).min(CONTEXT);
    let range = |start: usize, end: usize| match end - start {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        length => format!("{},{length}", start + 1),
    };
    *out += &format!(
        "@@ -{} +{} @@\n",
        range(first.old.start - before, last.old.end + after),
        range(first.new.start - before, last.new.end + after),
    );
    let mut at = first.old.start - before;
    for change in changes {
        out.extend(old[at..change.old.start].iter().map(|line| format!(" {line}\n")));
        out.extend(old[change.old.clone()].iter().map(|line| format!("-{line}\n")));
        out.extend(new[change.new.clone()].iter().map(|line| format!("+{line}\n")));
        at = change.old.end;
    }
    out.extend(old[at..at + after].iter().map(|line| format!(" {line}\n")));
}
