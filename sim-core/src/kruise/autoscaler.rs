//! The autoscaler of a Deployment that is being released: `bluegreenstyle/hpa/hpa.go` (KRU-02).

use crate::cluster::api::Kind;
use crate::kruise::pass::Pass;

/// What is put behind the name that it scales.
const SUFFIX: &str = "-DisableByRollout";

impl Pass<'_, '_, '_> {
    /// The autoscaler of the Deployment, and the name that it scales now.
    fn autoscaler(&self) -> Option<(String, String)> {
        self.world.api.list(Kind::HorizontalPodAutoscaler).find_map(|(name, object)| {
            let target = &object.manifest.document["spec"]["scaleTargetRef"];
            let scaled = target["name"].as_str()?;
            let own = target["apiVersion"] == "apps/v1"
                && target["kind"] == "Deployment"
                && scaled.trim_end_matches(SUFFIX) == self.spec.deployment;
            own.then(|| (name.to_owned(), scaled.to_owned()))
        })
    }

    /// It scales nothing from now on, since what it aims at is not there.
    pub(super) fn disable_autoscaler(&mut self) {
        let Some((name, scaled)) = self.autoscaler().filter(|(_, to)| !to.ends_with(SUFFIX)) else {
            return;
        };
        self.aim(&name, format!("{scaled}{SUFFIX}"), "disables");
    }

    /// It scales the Deployment again.
    pub(super) fn restore_autoscaler(&mut self) {
        let Some((name, scaled)) = self.autoscaler().filter(|(_, to)| to.ends_with(SUFFIX)) else {
            return;
        };
        self.aim(&name, scaled.trim_end_matches(SUFFIX).to_owned(), "restores");
    }

    fn aim(&mut self, name: &str, target: String, doing: &str) {
        let text = format!("{doing} autoscaler {name}: it aims at deployment {target}");
        let object = (Kind::HorizontalPodAutoscaler, name);
        self.change(object, (&text, &["KRU-02"]), |document| {
            document["spec"]["scaleTargetRef"]["name"] = target.into();
        });
    }
}
