//! Which names and labels the API server accepts (RFC 1123, RFC 1035, label syntax).

use crate::manifest::check::shorten;
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
    '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for \
    validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
    start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
    validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
    alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex \
    used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
    '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or \
    '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
    with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
    validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. \
    'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const VARIABLE: &str = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or \
    '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex \
    used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";

/// What is wrong with a name that must be a DNS subdomain.
pub fn subdomain(name: &str) -> Option<String> {
    let good = name.split('.').all(is_label);
    problem(good, name, 253, SUBDOMAIN)
}

/// What is wrong with a name that must be a DNS label.
pub fn label(name: &str) -> Option<String> {
    problem(is_label(name), name, 63, LABEL)
}

/// What is wrong with the name of a Service.
pub fn label_1035(name: &str) -> Option<String> {
    let good = is_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase());
    problem(good, name, 63, LABEL_1035)
}

/// What is wrong with the value of a label.
pub fn label_value(value: &str) -> Option<String> {
    problem(value.is_empty() || is_word(value), value, 63, LABEL_VALUE)
}

/// What is wrong with the key of a label or annotation.
pub fn qualified(key: &str) -> Option<String> {
    match key.split_once('/') {
        Some((prefix, name)) => subdomain(prefix)
            .map(|problem| format!("prefix part {problem}"))
            .or_else(|| problem(is_word(name), name, 63, QUALIFIED)),
        None => problem(is_word(key), key, 63, QUALIFIED),
    }
}

/// What is wrong with the name of a container's port.
pub fn port_name(name: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if 15 < name.len() {
        Some("must be no more than 15 characters".to_owned())
    } else if !name.chars().all(allowed) || !is_label(name) {
        Some("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned())
    } else if !name.contains(|c: char| c.is_ascii_lowercase()) {
        Some("must contain at least one letter (a-z)".to_owned())
    } else {
        None
    }
}

/// Checks the labels under a key of an object.
pub fn check_labels(owner: &Cursor<'_>, name: &str, findings: &mut Findings) {
    check_keys(owner, name, findings);
    for (_, value) in owner.get(name).map(|map| map.entries()).unwrap_or_default() {
        let text = value.node.as_str().unwrap_or_default();
        if let Some(problem) = label_value(text) {
            let (path, text) = (owner.path_to(name), shorten(text));
            findings.error(value.position(), format!("{path}: Invalid value: {text:?}: {problem}"));
        }
    }
}

/// Checks the keys of labels or annotations.
pub fn check_keys(owner: &Cursor<'_>, name: &str, findings: &mut Findings) {
    for (key, _) in owner.get(name).map(|map| map.entries()).unwrap_or_default() {
        if let Some(problem) = qualified(&key.text) {
            let (path, text) = (owner.path_to(name), shorten(&key.text));
            findings.error(key.position, format!("{path}: Invalid value: {text:?}: {problem}"));
        }
    }
}

/// What is wrong with a key of a ConfigMap or Secret.
pub fn config_key(key: &str) -> Option<String> {
    if 253 < key.len() {
        return Some("must be no more than 253 characters".to_owned());
    }
    match key {
        "." | ".." => Some("must not be '.' or '..'".to_owned()),
        _ => problem(!key.is_empty() && key.chars().all(is_key), key, 253, CONFIG_KEY),
    }
}

/// What is wrong with the name of an environment variable.
pub fn environment_variable(name: &str) -> Option<String> {
    let begins = name.starts_with(|c: char| is_key(c) && !c.is_ascii_digit());
    problem(begins && name.chars().all(is_key), name, usize::MAX, VARIABLE)
}

fn is_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')
}

fn problem(good: bool, name: &str, longest: usize, message: &str) -> Option<String> {
    if longest < name.len() {
        Some(format!("must be no more than {longest} bytes"))
    } else if good {
        None
    } else {
        Some(message.to_owned())
    }
}

/// Lower-case letters, digits and inner hyphens.
fn is_label(text: &str) -> bool {
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    end(text.chars().next()) && end(text.chars().next_back()) && text.chars().all(inner)
}

/// Letters, digits and inner `-`, `_`, `.`.
fn is_word(text: &str) -> bool {
    let end = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    end(text.chars().next()) && end(text.chars().next_back()) && text.chars().all(inner)
}
