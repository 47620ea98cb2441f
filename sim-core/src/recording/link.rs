//! Runs as text that fits into a link: scenario, seed and log, and nothing else.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::random::Seed;
use crate::scenario::LogEntry;
use crate::time::SimTime;

/// Longest text that is read, in bytes. Browsers and chat programs carry links of this length.
pub const LONGEST: usize = 64 * 1024;
/// Most commands of one run.
pub const MOST_COMMANDS: usize = 1_000;
/// Longest command, in bytes; a command may hold a whole file.
pub const LONGEST_COMMAND: usize = 32 * 1024;
/// Latest time of a command.
pub const LATEST: SimTime = SimTime::from_secs(24 * 3600);
/// The form of the text; a later form gets a later number.
const FORM: u32 = 1;

/// Everything that makes a run, given its scenario's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedRun {
    /// Name of the scenario.
    pub scenario: String,
    /// How chance falls.
    pub seed: Seed,
    /// The commands.
    pub log: Vec<LogEntry>,
}

/// Why a text is not a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// It is longer than [`LONGEST`].
    TooLong,
    /// It has a character that such a text never has, or is cut off.
    NotText,
    /// It is not the JSON it should be; says why.
    NotRun(String),
    /// It was written by a newer version.
    Newer(u32),
    /// The scenario's name has characters that no name has.
    BadName,
    /// It has more than [`MOST_COMMANDS`].
    TooManyCommands(usize),
    /// The command of this number, from 1, is empty or longer than [`LONGEST_COMMAND`].
    BadCommand(usize),
    /// The command of this number, from 1, comes before the one ahead of it or after [`LATEST`].
    BadTime(usize),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(f, "the link is longer than {LONGEST} bytes"),
            Self::NotText => write!(f, "the link is damaged or cut off; copy all of it"),
            Self::NotRun(why) => write!(f, "the link does not hold a run: {why}"),
            Self::Newer(form) => {
                write!(f, "the link has form {form}; this page reads up to {FORM}")
            }
            Self::BadName => write!(f, "the link names no scenario: write a-z, 0-9 and hyphens"),
            Self::TooManyCommands(count) => {
                write!(f, "the link has {count} commands; a run has at most {MOST_COMMANDS}")
            }
            Self::BadCommand(number) => {
                write!(f, "command {number} of the link is empty or over {LONGEST_COMMAND} bytes")
            }
            Self::BadTime(number) => {
                write!(f, "command {number} of the link is out of order or after {LATEST}")
            }
        }
    }
}

/// The JSON inside: short names, since it travels in links.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    v: u32,
    scenario: String,
    seed: u64,
    log: Vec<(i64, String)>,
}

impl SharedRun {
    /// The run as text of letters, digits, `-` and `_`.
    pub fn encode(&self) -> String {
        let log =
            self.log.iter().map(|entry| (entry.at.as_micros(), entry.command.clone())).collect();
        let form = Form { v: FORM, scenario: self.scenario.clone(), seed: self.seed.0, log };
        let json = serde_json::to_vec(&form).expect("numbers and strings are always JSON");
        base64url(&json)
    }

    /// Reads a text that anybody may have written.
    pub fn decode(text: &str) -> Result<Self, LinkError> {
        if LONGEST < text.len() {
            return Err(LinkError::TooLong);
        }
        let json = from_base64url(text).ok_or(LinkError::NotText)?;
        let form: Form =
            serde_json::from_slice(&json).map_err(|error| LinkError::NotRun(error.to_string()))?;
        if form.v != FORM {
            return Err(LinkError::Newer(form.v));
        }
        if !is_name(&form.scenario) {
            return Err(LinkError::BadName);
        }
        let log = checked_log(form.log)?;
        Ok(Self { scenario: form.scenario, seed: Seed(form.seed), log })
    }
}

fn checked_log(entries: Vec<(i64, String)>) -> Result<Vec<LogEntry>, LinkError> {
    if MOST_COMMANDS < entries.len() {
        return Err(LinkError::TooManyCommands(entries.len()));
    }
    let mut previous = SimTime::ZERO;
    let mut log = Vec::with_capacity(entries.len());
    for (index, (micros, command)) in entries.into_iter().enumerate() {
        let at = SimTime::from_micros(micros);
        if at < previous || LATEST < at {
            return Err(LinkError::BadTime(index + 1));
        }
        if command.trim().is_empty() || LONGEST_COMMAND < command.len() {
            return Err(LinkError::BadCommand(index + 1));
        }
        previous = at;
        log.push(LogEntry { at, command });
    }
    Ok(log)
}

/// Names become part of an address: nothing that could leave the scenarios' folder.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 64 && name.bytes().all(plain)
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// RFC 4648 section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..=chunk.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]));
        }
    }
    text
}

fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    for chunk in text.as_bytes().chunks(4) {
        if chunk.len() == 1 {
            return None;
        }
        let mut bits = 0;
        for place in 0..4 {
            let value = match chunk.get(place) {
                Some(letter) => LETTERS.iter().position(|known| known == letter)? as u32,
                None => 0,
            };
            bits = bits << 6 | value;
        }
        bytes.extend_from_slice(&bits.to_be_bytes()[1..chunk.len()]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(log: &[(i64, &str)]) -> SharedRun {
        let entry = |&(secs, command): &(i64, &str)| LogEntry {
            at: SimTime::from_secs(secs),
            command: command.into(),
        };
        let log = log.iter().map(entry).collect();
        SharedRun { scenario: "first-cutover".into(), seed: Seed(7), log }
    }

    fn text_of(json: &str) -> String {
        base64url(json.as_bytes())
    }

    #[test]
    fn base64url_agrees_with_the_standards_examples() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg")]
        {
            assert_eq!(base64url(bytes.as_bytes()), text);
            assert_eq!(from_base64url(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn a_link_from_a_stranger_is_refused_with_its_reason() {
        let long = format!("[[1,\"{}\"]]", "x".repeat(LONGEST_COMMAND + 1));
        let run = |log: &str| text_of(&format!(r#"{{"v":1,"scenario":"a","seed":1,"log":{log}}}"#));
        let rows = [
            ("A".repeat(LONGEST + 1), "longer than"),
            ("ab$".into(), "damaged"),
            ("abcde".into(), "damaged"),
            (text_of("[]"), "does not hold a run"),
            (text_of(r#"{"v":1,"scenario":"a","seed":1,"log":[],"x":1}"#), "unknown field"),
            (text_of(r#"{"v":1,"scenario":"a","seed":-1,"log":[]}"#), "does not hold a run"),
            (text_of(r#"{"v":2,"scenario":"a","seed":1,"log":[]}"#), "form 2"),
            (text_of(r#"{"v":1,"scenario":"../a","seed":1,"log":[]}"#), "names no scenario"),
            (text_of(r#"{"v":1,"scenario":"","seed":1,"log":[]}"#), "names no scenario"),
            (run("[[2,\"a\"],[1,\"b\"]]"), "command 2 of the link is out of order"),
            (run("[[86400000001,\"a\"]]"), "command 1 of the link is out of order"),
            (run("[[-1,\"a\"]]"), "command 1 of the link is out of order"),
            (run("[[1,\"  \"]]"), "command 1 of the link is empty"),
            (run(&long), "command 1 of the link is empty or over"),
            (run(&format!("[{}]", vec!["[1,\"a\"]"; 1001].join(","))), "1001 commands"),
        ];
        for (text, reason) in rows {
            let problem = SharedRun::decode(&text).expect_err(reason).to_string();
            assert!(problem.contains(reason), "{problem:?} should say {reason:?}");
        }
    }

    #[test]
    fn a_run_survives_its_link() {
        let shared = run(&[(1, "kubectl get pods"), (1, "cat > ä.yaml <<'EOF'\nx: 1\nEOF")]);
        assert_eq!(SharedRun::decode(&shared.encode()), Ok(shared));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            if let Ok(run) = SharedRun::decode(&text) {
                prop_assert!(is_name(&run.scenario));
            }
        }

        #[test]
        fn any_bytes_survive_the_alphabet(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(from_base64url(&base64url(&bytes)), Some(bytes));
        }
    }
}
