//! The annotation `proxy.istio.io/config` of a pod: YAML in a text (IST-80, 82).
//!
//! The API server takes any text. Istio's injector reads it when a pod is made, and turns the pod away
//! if it cannot; so a manifest with such an annotation gets a note.

use crate::cluster::spec::ProxyConfig;
use crate::diagnostic::Diagnostic;
use crate::manifest::check::{self, Wording};
use crate::manifest::findings::Findings;
use crate::manifest::read::Cursor;
use crate::manifest::yaml::{self, Value};
use crate::manifest::{amount, schema};
use crate::time::SimDuration;

/// Name of the annotation.
pub(crate) const ANNOTATION: &str = "proxy.istio.io/config";

/// Variables of the proxy's agent that are modelled.
const WAITS: &str = "EXIT_ON_ZERO_ACTIVE_CONNECTIONS";
const LEAST: &str = "MINIMUM_DRAIN_DURATION";

/// Reads the annotation's text. `Err` is what the injector says of it.
pub(crate) fn read(text: &str) -> Result<ProxyConfig, String> {
    let (config, findings) = examine(text).map_err(|problem| problem.message)?;
    let (errors, _) = findings.split();
    match errors.into_iter().next() {
        Some(error) => Err(error.message),
        None => Ok(config),
    }
}

/// Notes what is wrong in the annotation of a template, and what has no effect.
pub(super) fn note(metadata: &Cursor<'_>, findings: &mut Findings) {
    let annotation = metadata.get("annotations").and_then(|map| map.get(ANNOTATION));
    let Some(annotation) = annotation else { return };
    let (errors, notes) = match examine(annotation.node.as_str().unwrap_or_default()) {
        Ok((_, found)) => found.split(),
        Err(problem) => (vec![problem], Vec::new()),
    };
    for problem in errors {
        let message = format!(
            "{ANNOTATION}: {}; no sidecar can be injected into such a pod",
            problem.message
        );
        findings.note(annotation.position(), message);
    }
    for problem in notes {
        findings.note(annotation.position(), format!("{ANNOTATION}: {}", problem.message));
    }
}

fn examine(text: &str) -> Result<(ProxyConfig, Findings), Diagnostic> {
    let mut findings = Findings::new("");
    let mut config = ProxyConfig::default();
    let roots = yaml::parse("", text)?;
    let Some(root) = roots.first().filter(|root| root.value != Value::Null) else {
        return Ok((config, findings));
    };
    check::check(root, &schema::PROXY_CONFIG, Wording::Custom, &mut findings);
    let root = Cursor::root(root);
    config.holds_application = root.flag("holdApplicationUntilProxyStarts");
    if let Some(drain) = root.duration("terminationDrainDuration") {
        config.drain = drain;
    }
    if let Some(metadata) = root.get("proxyMetadata") {
        variables(&metadata, &mut config, &mut findings);
    }
    Ok((config, findings))
}

fn variables(metadata: &Cursor<'_>, config: &mut ProxyConfig, findings: &mut Findings) {
    for (key, value) in metadata.entries() {
        let text = value.node.as_str().unwrap_or_default();
        // The agent's own reader keeps the default if it cannot make anything of a text.
        match key.text.as_str() {
            WAITS => config.waits_for_requests = text.eq_ignore_ascii_case("true") || text == "1",
            LEAST => config.least_drain = amount::duration(text).unwrap_or(config.least_drain),
            _ => findings.note(value.position(), format!("not modelled: {}", value.path)),
        }
    }
    let longest = SimDuration::from_secs(86_400);
    config.least_drain = config.least_drain.min(longest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_annotation_says_is_read() {
        // IST-80, 82.
        let text = "
holdApplicationUntilProxyStarts: true
terminationDrainDuration: 30s
concurrency: 2
proxyMetadata: {EXIT_ON_ZERO_ACTIVE_CONNECTIONS: 'true', MINIMUM_DRAIN_DURATION: 3s}
";
        let expected = ProxyConfig {
            drain: SimDuration::from_secs(30),
            waits_for_requests: true,
            least_drain: SimDuration::from_secs(3),
            holds_application: true,
            relays_probes: true,
        };
        assert_eq!(read(text), Ok(expected));
        assert_eq!(read(r#"{"holdApplicationUntilProxyStarts": false}"#), read(""));
    }

    #[test]
    fn what_the_injector_cannot_read_is_said() {
        for (text, said) in [
            ("terminationDrainDuration: soon", "terminationDrainDuration"),
            ("holdApplicationUntilProxyStart: true", "holdApplicationUntilProxyStart"),
            ("[1", ""),
            ("just words", ""),
        ] {
            let problem = read(text).unwrap_err();
            assert!(problem.contains(said), "{text}: {problem}");
        }
    }
}
