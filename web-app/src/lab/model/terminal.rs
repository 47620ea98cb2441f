//! The terminal's input line: editing, history, completion.

/// What the keyboard does to the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// The line has been edited.
    Typed(String),
    /// Arrow up.
    Older,
    /// Arrow down.
    Newer,
    /// Tab: these whole words could stand at the end of the line.
    Completed(Vec<String>),
    /// Ctrl-C.
    Cancelled,
    /// Ctrl-L, when this many commands have been printed.
    Cleared(usize),
    /// Return.
    Submitted,
}

/// The input line and what the keys need to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// The line as it stands.
    pub line: String,
    /// Words that could stand at its end, if Tab found several.
    pub candidates: Vec<String>,
    /// Printed commands that Ctrl-L has put out of sight.
    pub hidden: usize,
    history: Vec<String>,
    /// Place in the history that is shown, and the line that was left for it.
    browsing: Option<(usize, String)>,
}

impl Terminal {
    /// A terminal that remembers these commands, oldest first.
    pub fn with_history(history: impl IntoIterator<Item = String>) -> Self {
        let mut terminal = Self::default();
        history.into_iter().for_each(|command| terminal.remember(&command));
        terminal
    }

    /// Takes a key; gives a command to run.
    pub fn update(&mut self, msg: Msg) -> Option<String> {
        if !matches!(msg, Msg::Completed(_)) {
            self.candidates.clear();
        }
        match msg {
            Msg::Typed(line) => (self.line, self.browsing) = (line, None),
            Msg::Older => self.older(),
            Msg::Newer => self.newer(),
            Msg::Completed(words) => self.complete(words),
            Msg::Cancelled => (self.line, self.browsing) = (String::new(), None),
            Msg::Cleared(printed) => self.hidden = printed,
            Msg::Submitted => return self.submit(),
        }
        None
    }

    /// Adds a command to the history, unless it repeats the newest. Files written by the page are
    /// left out: nobody wants to page through them.
    pub fn remember(&mut self, command: &str) {
        if !command.contains('\n') && self.history.last().is_none_or(|newest| newest != command) {
            self.history.push(command.to_owned());
        }
    }

    fn submit(&mut self) -> Option<String> {
        self.browsing = None;
        let line = std::mem::take(&mut self.line);
        let command = line.trim();
        if command.is_empty() {
            return None;
        }
        self.remember(command);
        Some(command.to_owned())
    }

    fn older(&mut self) {
        let place = self.browsing.as_ref().map_or(self.history.len(), |(place, _)| *place);
        let Some(place) = place.checked_sub(1) else { return };
        let shown = std::mem::replace(&mut self.line, self.history[place].clone());
        let draft = self.browsing.take().map_or(shown, |(_, draft)| draft);
        self.browsing = Some((place, draft));
    }

    fn newer(&mut self) {
        let Some((place, draft)) = self.browsing.take() else { return };
        match self.history.get(place + 1) {
            Some(command) => {
                self.line = command.clone();
                self.browsing = Some((place + 1, draft));
            }
            None => self.line = draft,
        }
    }

    fn complete(&mut self, words: Vec<String>) {
        self.browsing = None;
        let start = self.line.rfind(' ').map_or(0, |space| space + 1);
        let Some(common) = common_start(&words) else { return };
        // Never takes away what was typed.
        if self.line.len() - start <= common.len() {
            self.line.replace_range(start.., &common);
        }
        match words.len() {
            1 => {
                if !self.line.ends_with('/') && !self.line.ends_with('=') {
                    self.line.push(' ');
                }
                self.candidates.clear();
            }
            _ => self.candidates = words,
        }
    }
}

/// What all words begin with.
fn common_start(words: &[String]) -> Option<String> {
    let (first, rest) = words.split_first()?;
    let mut end = first.len();
    for word in rest {
        let same = first.char_indices().zip(word.chars()).take_while(|((_, a), b)| a == b);
        end = end.min(same.last().map_or(0, |((index, letter), _)| index + letter.len_utf8()));
    }
    Some(first[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(line: &str) -> Terminal {
        let mut terminal =
            Terminal::with_history(["kubectl get pods".into(), "kubectl get svc".into()]);
        terminal.update(Msg::Typed(line.into()));
        terminal
    }

    fn words(words: &[&str]) -> Msg {
        Msg::Completed(words.iter().map(|word| (*word).to_owned()).collect())
    }

    #[test]
    fn return_runs_the_line_and_empties_it() {
        let mut terminal = typed("  help ");
        assert_eq!(terminal.update(Msg::Submitted).as_deref(), Some("help"));
        assert_eq!(terminal.line, "");
        assert_eq!(terminal.update(Msg::Submitted), None);
    }

    #[test]
    fn arrows_walk_through_the_history_and_back_to_the_draft() {
        let mut terminal = typed("kub");
        let mut shown = Vec::new();
        for msg in [Msg::Older, Msg::Older, Msg::Older, Msg::Newer, Msg::Newer, Msg::Newer] {
            terminal.update(msg);
            shown.push(terminal.line.clone());
        }
        let (pods, svc) = ("kubectl get pods", "kubectl get svc");
        assert_eq!(shown, [svc, pods, pods, svc, "kub", "kub"]);
    }

    #[test]
    fn a_repeated_command_is_remembered_once() {
        let mut terminal = typed("kubectl get svc");
        terminal.update(Msg::Submitted);
        terminal.update(Msg::Older);
        terminal.update(Msg::Older);
        assert_eq!(terminal.line, "kubectl get pods");
    }

    #[test]
    fn tab_completes_the_last_word() {
        for (line, found, after, shown) in [
            ("kubectl ap", words(&["apply"]), "kubectl apply ", 0),
            ("kubectl get po", words(&["pods", "podtemplates"]), "kubectl get pod", 2),
            ("cat ", words(&["blue.yaml"]), "cat blue.yaml ", 0),
            ("cat ma", words(&["manifests/"]), "cat manifests/", 0),
            ("kubectl x", words(&[]), "kubectl x", 0),
        ] {
            let mut terminal = typed(line);
            terminal.update(found);
            assert_eq!((terminal.line.as_str(), terminal.candidates.len()), (after, shown));
        }
    }

    #[test]
    fn ctrl_c_drops_the_line_and_ctrl_l_hides_what_was_printed() {
        let mut terminal = typed("kubectl delete");
        terminal.update(Msg::Cancelled);
        terminal.update(Msg::Cleared(12));
        assert_eq!((terminal.line.as_str(), terminal.hidden), ("", 12));
    }

    proptest! {
        #[test]
        fn completion_never_takes_away_what_was_typed(
            line in "[a-zé ]{0,12}",
            found in prop::collection::vec("[a-zé]{0,6}", 0..4),
        ) {
            let mut terminal = typed(&line);
            let start = line.rfind(' ').map_or(0, |space| space + 1);
            let found: Vec<_> =
                found.into_iter().map(|rest| format!("{}{rest}", &line[start..])).collect();
            terminal.update(Msg::Completed(found));
            prop_assert!(terminal.line.starts_with(&line));
        }
    }
}
