//! Which requests a rule is for (IST-01, 02).

use regex::RegexBuilder;

use crate::cluster::spec::Labels;
use crate::workload::Class;

/// Largest compiled expression; Envoy has a limit too.
const REGEX_MAX: usize = 1 << 20;

/// One alternative of a rule; all its conditions must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HttpMatch {
    /// Path, without the query.
    pub uri: Option<StringMatch>,
    /// Method.
    pub method: Option<StringMatch>,
    /// `Host` of the request.
    pub authority: Option<StringMatch>,
    /// `http` or `https`; the gateway here speaks plain HTTP.
    pub scheme: Option<StringMatch>,
    /// Port asked for.
    pub port: Option<u16>,
    /// Headers by lower-case name.
    pub headers: Vec<(String, StringMatch)>,
    /// Headers by lower-case name that must not be so.
    pub without_headers: Vec<(String, StringMatch)>,
    /// Parameters of the query by name.
    pub query: Vec<(String, StringMatch)>,
    /// Gateways the entry is for; empty: those of the VirtualService.
    pub gateways: Vec<String>,
    /// Labels of the workload that asks.
    pub source_labels: Labels,
}

/// A condition on a text.
#[derive(Clone, Debug, PartialEq)]
pub enum StringMatch {
    /// Equal.
    Exact(String),
    /// Begins with.
    Prefix(String),
    /// Matches as a whole.
    Regex(Pattern),
    /// One of the above, upper and lower case alike (`ignoreUriCase`).
    AnyCase(Box<StringMatch>),
    /// Is there at all.
    Present,
}

/// A regular expression in RE2's syntax. Two are equal if they are written alike.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: regex::Regex,
}

impl Pattern {
    /// Compiles an expression that texts must match as a whole.
    pub fn new(text: &str) -> Result<Self, String> {
        let build = |text: &str| RegexBuilder::new(text).size_limit(REGEX_MAX).build();
        match build(text).and_then(|_| build(&format!(r"\A(?:{text})\z"))) {
            Ok(regex) => Ok(Self { text: text.to_owned(), regex }),
            Err(regex::Error::CompiledTooBig(_)) => Err("the expression is too big".to_owned()),
            Err(problem) => {
                let said = problem.to_string();
                let last = said.lines().last().unwrap_or_default();
                Err(last.trim_start_matches("error: ").to_owned())
            }
        }
    }
}

impl Pattern {
    /// The expression as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl StringMatch {
    /// Whether the text satisfies the condition; case matters (IST-02).
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Exact(wanted) => text == wanted,
            Self::Prefix(wanted) => text.starts_with(wanted.as_str()),
            Self::Regex(pattern) => pattern.regex.is_match(text),
            Self::AnyCase(inner) => match &**inner {
                Self::Exact(wanted) => text.eq_ignore_ascii_case(wanted),
                Self::Prefix(wanted) => {
                    text.get(..wanted.len()).is_some_and(|start| start.eq_ignore_ascii_case(wanted))
                }
                // Envoy has no such thing for expressions: their case always matters.
                other => other.holds(text),
            },
            Self::Present => true,
        }
    }

    /// Whether every path satisfies it.
    fn is_any_path(&self) -> bool {
        match self {
            Self::Prefix(prefix) => prefix == "/",
            Self::Regex(pattern) => pattern.text == ".*",
            Self::AnyCase(inner) => inner.is_any_path(),
            Self::Exact(_) | Self::Present => false,
        }
    }
}

impl HttpMatch {
    /// Whether requests of a class satisfy every condition.
    pub fn holds(&self, class: &Class) -> bool {
        let (path, query) = class.path.split_once('?').unwrap_or((&class.path, ""));
        let on = |condition: &Option<StringMatch>, text: &str| {
            condition.as_ref().is_none_or(|condition| condition.holds(text))
        };
        on(&self.uri, path)
            && on(&self.method, &class.method)
            && on(&self.authority, &class.host)
            && on(&self.scheme, "http")
            && self.port.is_none_or(|port| port == class.port)
            && self.headers.iter().all(|(name, wanted)| {
                class.headers.get(name).is_some_and(|value| wanted.holds(value))
            })
            && !self.without_headers.iter().any(|(name, unwanted)| {
                match (class.headers.get(name), unwanted) {
                    (Some(value), unwanted) => unwanted.holds(value),
                    (None, StringMatch::Present) => false,
                    // A header that is missing counts as empty.
                    (None, unwanted) => unwanted.holds(""),
                }
            })
            && self.query.iter().all(|(name, wanted)| {
                parameter(query, name).is_some_and(|value| wanted.holds(value))
            })
    }

    /// Whether it holds for every request: no rule after it is ever reached (IST-01).
    pub fn is_catch_all(&self) -> bool {
        let anything = |uri: &Option<StringMatch>| uri.as_ref().is_none_or(|u| u.is_any_path());
        anything(&self.uri)
            && self.method.is_none()
            && self.authority.is_none()
            && self.scheme.is_none()
            && self.headers.is_empty()
            && self.without_headers.is_empty()
            && self.query.is_empty()
            && self.port.is_none()
    }
}

/// The first value of a parameter of a query; empty if only its name is there.
fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
}
