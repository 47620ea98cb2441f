//! Did you mean …?

/// Longest word that is compared; strangers may write longer ones.
const MAX_WORD: usize = 48;

/// The candidate nearest to a word, if it is near enough to be meant.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if MAX_WORD < word.len() {
        return None;
    }
    let word = word.to_lowercase();
    let allowed = 1 + word.chars().count() / 4;
    let score = |candidate: &'a str| {
        let known = candidate.to_lowercase();
        // Half a name is as good as a slip.
        let half = 4 <= word.len() && known.starts_with(&word);
        let distance = distance(&word, &known);
        (half || distance <= allowed).then_some((distance, candidate))
    };
    candidates.into_iter().filter_map(score).min_by_key(|(distance, _)| *distance).map(|(_, c)| c)
}

/// `did you mean "…"?` for the nearest candidate.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean {candidate:?}?"))
}

/// Fewest insertions, removals, replacements and swaps of neighbours that turn one word into the
/// other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut least =
                (previous[j] + usize::from(a != b)).min(previous[j + 1] + 1).min(row[j] + 1);
            if 0 < i && 0 < j && *a == to[j - 1] && from[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut previous, row);
    }
    previous[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_the_word() {
        let words = ["replicas", "selector", "template", "ports"];
        assert_eq!(nearest("replica", words), Some("replicas"));
        assert_eq!(nearest("relpicas", words), Some("replicas"));
        assert_eq!(nearest("Selector", words), Some("selector"));
        assert_eq!(nearest("port", words), Some("ports"));
        assert_eq!(nearest("temp", words), Some("template"));
        assert_eq!(nearest("affinity", words), None);
        assert_eq!(nearest(&"x".repeat(1_000_000), words), None);
    }
}
