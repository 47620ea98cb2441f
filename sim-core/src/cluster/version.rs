//! Versions of Kubernetes.

use std::fmt;

/// A version, by its minor number: all are 1.N.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u8);

impl Version {
    /// The oldest whose kubelets can run sidecars without being told to (K8S-33).
    const OLDEST: u8 = 29;
    /// The newest that is known here.
    const NEWEST: u8 = 35;
    /// The first in which native sidecars are stable, so that Istio uses them (IST-81).
    const NATIVE_SIDECARS: u8 = 33;
    /// The first that warns whoever asks for Endpoints.
    const ENDPOINTS_DEPRECATED: u8 = 33;
    /// The first whose kubelets leave the container's name to the field path of an event.
    const EVENTS_WITHOUT_CONTAINER: u8 = 35;

    /// Reads `v1.32` or `v1.32.4`; None if it is no known version.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("v1.")?;
        let (minor, patch) = rest.split_once('.').unwrap_or((rest, "0"));
        let number = |text: &str| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<u8>().ok().filter(|_| plain)
        };
        number(patch)?;
        number(minor).filter(|minor| (Self::OLDEST..=Self::NEWEST).contains(minor)).map(Self)
    }

    /// Whether Istio injects native sidecars if all nodes have this version.
    pub fn has_native_sidecars(self) -> bool {
        Self::NATIVE_SIDECARS <= self.0
    }

    /// Whether the API server warns whoever asks for Endpoints.
    pub fn deprecates_endpoints(self) -> bool {
        Self::ENDPOINTS_DEPRECATED <= self.0
    }

    /// Whether the kubelet names the container when it says that one was created or started.
    pub fn names_started_containers(self) -> bool {
        self.0 < Self::EVENTS_WITHOUT_CONTAINER
    }
}

impl Default for Version {
    fn default() -> Self {
        Self(Self::NEWEST)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1.{}.0", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_known_by_what_they_can_do() {
        // IST-81.
        for (text, shown, native) in
            [("v1.29", "v1.29.0", false), ("v1.32.4", "v1.32.0", false), ("v1.33", "v1.33.0", true)]
        {
            let version = Version::parse(text).unwrap();
            assert_eq!(
                (version.to_string().as_str(), version.has_native_sidecars()),
                (shown, native)
            );
        }
        for text in ["1.32", "v1.28", "v1.36", "v2.33", "v1.", "v1.33.", "v1.+33", "v1.33.1.2", ""]
        {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
