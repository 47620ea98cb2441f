//! Who leads the traffic: two Services, and VirtualServices (KRU-05). `pkg/trafficrouting/manager.go`.

use serde_json::json;

use crate::cluster::api::Kind;
use crate::console::kubectl::write;
use crate::kruise::pass::{Action, Pass, RECHECK};
use crate::kruise::spec::{HeaderMatch, Step};
use crate::kruise::virtual_service::{self, Ends};
use crate::kruise::workload::HASH;
use crate::time::SimDuration;

impl Pass<'_, '_, '_> {
    /// What of the routing is not there.
    pub(super) fn missing_route(&self) -> Option<String> {
        let routing = self.spec.routing.as_ref()?;
        let missing = |kind: Kind, name: &String| {
            let plural = match kind.group() {
                "" => kind.plural().to_owned(),
                group => format!("{}.{group}", kind.plural()),
            };
            let there = self.document(kind, name).is_some();
            (!there).then(|| format!("{plural} \"{name}\" not found"))
        };
        let mut routes = routing.virtual_services.iter();
        missing(Kind::Service, &routing.service)
            .or_else(|| routes.find_map(|name| missing(Kind::VirtualService, name)))
    }

    fn stable_service(&self) -> Option<String> {
        let service = &self.spec.routing.as_ref()?.service;
        self.document(Kind::Service, service).is_some().then(|| service.clone())
    }

    fn selects(&self, service: &str, hash: Option<&str>) -> bool {
        let document = self.document(Kind::Service, service);
        let found = document.and_then(|document| document["spec"]["selector"][HASH].as_str());
        found == hash
    }

    /// Narrows the stable Service to the old pods, before there are new ones; true while that is waited for.
    pub(super) fn narrow_stable_service(&mut self) -> bool {
        if self.spec.routing.is_none() {
            return false;
        }
        let Some(service) = self.stable_service() else {
            self.hinder("the stable service is not there");
            return true;
        };
        let modified = self.lead_service(&service);
        self.must_wait(Action::PatchService, modified)
    }

    /// Leads the stable Service to the old pods; true if it led elsewhere.
    fn lead_service(&mut self, service: &str) -> bool {
        let stable = self.release().stable.clone();
        if self.selects(service, Some(&stable)) {
            return false;
        }
        let text = format!("service {service} selects {stable} alone");
        self.change((Kind::Service, service), (&text, &["KRU-05"]), |document| {
            document["spec"]["selector"][HASH] = stable.into();
        });
        self.touch();
        true
    }

    /// The stable Service selects pods of every version; true if it did not.
    pub(super) fn widen_stable_service(&mut self) -> bool {
        let Some(service) = self.stable_service() else { return false };
        if self.selects(&service, None) {
            return false;
        }
        let text = format!("service {service} selects pods of every version");
        self.change((Kind::Service, &service), (&text, &["KRU-05"]), |document| {
            if let Some(selector) = document["spec"]["selector"].as_object_mut() {
                selector.remove(HASH);
            }
        });
        self.touch();
        true
    }

    /// Makes the canary's Service, or leads it to the new pods; true if something was changed.
    fn lead_canary_service(&mut self, stable: &str, canary: &str) -> bool {
        let hash = self.release().hash.clone();
        if self.selects(canary, Some(&hash)) {
            return false;
        }
        let text = format!("service {canary} selects {hash}");
        let there = self.document(Kind::Service, canary);
        let Some(mut document) = there.or(self.document(Kind::Service, stable)).cloned() else {
            return false;
        };
        if there.is_none() {
            document["metadata"]["name"] = canary.into();
            let uid = self.world.api.get(Kind::KruiseRollout, &self.name);
            document["metadata"]["ownerReferences"] = json!([{
                "apiVersion": Kind::KruiseRollout.versions()[0],
                "kind": Kind::KruiseRollout.name(),
                "name": self.name,
                "uid": uid.map_or("", |rollout| rollout.uid.as_str()),
                "controller": true,
                "blockOwnerDeletion": true,
            }]);
        }
        document["spec"]["selector"][HASH] = hash.into();
        self.store((Kind::Service, canary), document, &text, &["KRU-05"])
    }

    /// Deletes the canary's Service; true if it was there.
    pub(super) fn remove_canary_service(&mut self) -> bool {
        let Some(canary) = self.spec.routing.as_ref().map(|routing| routing.canary()) else {
            return false;
        };
        if self.document(Kind::Service, &canary).is_none() {
            return false;
        }
        self.note(format!("service {canary} is deleted"), &["KRU-05"]);
        write::take_away(self.world, self.ctx, Kind::Service, &canary);
        true
    }

    /// Leads the traffic as a step asks; true if that is done.
    pub(super) fn route(&mut self, step: &Step) -> bool {
        let Some(routing) = self.spec.routing.clone().filter(|_| step.routes()) else {
            return true;
        };
        let Some(service) = self.stable_service() else { return false };
        // A grace of nothing is taken for none given, here alone.
        let grace = if routing.grace == SimDuration::ZERO { RECHECK } else { routing.grace };
        let ready = self.release().updated + grace;
        if self.now() < ready {
            self.wake_at(ready);
            return false;
        }
        let canary = routing.canary();
        if self.release().stable.is_empty() || self.release().hash.is_empty() {
            return false;
        }
        let made = self.lead_canary_service(&service, &canary);
        let led = self.lead_service(&service);
        if made || led {
            self.touch();
            return false;
        }
        self.lead(step.traffic, &step.matches)
    }

    /// Rewrites the VirtualServices; true if they say so already. A share of 0 % leaves them alone.
    pub(super) fn lead(&mut self, traffic: Option<u32>, matches: &[Vec<HeaderMatch>]) -> bool {
        let Some(routing) = self.spec.routing.clone().filter(|_| traffic != Some(0)) else {
            return true;
        };
        let canary = routing.canary();
        let ends = Ends { stable: &routing.service, canary: &canary };
        let mut done = true;
        for name in &routing.virtual_services {
            let Some(document) = self.document(Kind::VirtualService, name) else {
                self.hinder(format!("virtualservices.networking.istio.io \"{name}\" not found"));
                done = false;
                continue;
            };
            let wanted = virtual_service::led(document, ends, traffic, matches);
            if wanted == *document {
                continue;
            }
            let share = traffic.map_or("what matches".to_owned(), |share| format!("{share} %"));
            let text = format!("virtual service {name} sends {share} to {canary}");
            self.store((Kind::VirtualService, name), wanted, &text, &["KRU-05"]);
            done = false;
        }
        done
    }

    /// Gives the VirtualServices back what they said before the release; true if they said something else.
    pub(super) fn restore_routes(&mut self) -> bool {
        let Some(routing) = self.spec.routing.clone() else { return false };
        let mut modified = false;
        for name in &routing.virtual_services {
            let document = self.document(Kind::VirtualService, name);
            if let Some(original) = document.and_then(virtual_service::original) {
                let text = format!("virtual service {name} is as it was before the release");
                modified |= self.store((Kind::VirtualService, name), original, &text, &["KRU-05"]);
            }
        }
        if modified {
            self.touch();
        }
        modified
    }

    /// A step without traffic undoes what earlier ones have routed; true if nothing is left of it.
    pub(super) fn take_routes_back(&mut self) -> bool {
        let modified = self.widen_stable_service();
        if self.must_wait(Action::RestoreService, modified) {
            return false;
        }
        let modified = self.restore_routes();
        if self.must_wait(Action::RestoreGateway, modified) {
            return false;
        }
        let modified = self.remove_canary_service();
        !self.must_wait(Action::RemoveCanaryService, modified)
    }
}
