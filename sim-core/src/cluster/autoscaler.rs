//! The `HorizontalPodAutoscaler` controller: scales Deployments and Rollouts by what their pods use
//! (K8S-80..88, ROLL-08).
//!
//! One metric is modelled, CPU in per cent of the requests; of several targets the one that asks for
//! most pods counts (K8S-84). Two autoscalers of one target are not refused; they fight.

use std::cmp::Ordering;

use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::pod::Pod;
use crate::cluster::recommendation::{Member, Tolerance, recommend, standing};
use crate::cluster::scaling::decide;
use crate::cluster::spec::{AutoscalerSpec, Labels, ScaleTarget, selects};
use crate::cluster::state::{AutoscalerStatus, Condition, Utilization};
use crate::cluster::{Cluster, ClusterEvent, Controller};
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::Scope;

/// How often an autoscaler looks (A.8).
const SYNC: SimDuration = SimDuration::from_secs(15);

/// What the metric is called in reasons.
const METRIC: &str = "cpu resource utilization (percentage of request)";

/// Subresource `scale` of what is scaled.
struct Scale {
    /// `spec.replicas`.
    current: u32,
    /// `status.selector`; a Rollout has none before its controller has seen it.
    selector: Option<Labels>,
}

/// What an autoscaler has found.
enum Finding {
    /// Another size is right, and why.
    Rescale(u32, String),
    /// All is well.
    Keep,
    /// It cannot tell.
    Failed,
}

impl Cluster {
    /// An autoscaler was written or deleted.
    pub(super) fn autoscaler_changed(
        &mut self,
        name: &str,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        if api.get(Kind::HorizontalPodAutoscaler, name).is_some() {
            self.wake_autoscaler(name, scope.id(), scope);
        } else {
            self.state.autoscalers.remove(name);
            self.histories.remove(name);
        }
    }

    /// Every look waits for the sync period, also the first.
    fn wake_autoscaler(&mut self, name: &str, cause: EventId, scope: &mut Scope<'_, '_>) {
        if self.autoscalers.add(name.to_owned(), scope.now() + SYNC, cause) {
            scope.after(SYNC, ClusterEvent::Reconcile(Controller::Autoscaler));
        }
    }

    /// Looks at one autoscaler, and scales its target if need be.
    pub(super) fn reconcile_autoscaler(
        &mut self,
        name: &str,
        cause: EventId,
        api: &mut ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let object = api.get(Kind::HorizontalPodAutoscaler, name);
        let Some(Spec::HorizontalPodAutoscaler(spec)) = object.map(|o| &o.manifest.spec) else {
            return;
        };
        let spec = spec.clone();
        self.wake_autoscaler(name, cause, scope);
        let mut status = self.state.autoscalers.get(name).cloned().unwrap_or_default();
        let before = status.clone();
        let now = scope.now();
        let subject = format!("horizontalpodautoscaler/{name}");
        match self.scale_of(&spec.target, api) {
            None => {
                let (kind, named) = (spec.target.kind, &spec.target.name);
                let why = format!("{}.{} \"{named}\" not found", kind.plural(), kind.group());
                let message = format!(
                    "the HPA controller was unable to get the target's current scale: {why}"
                );
                mark(&mut status.able, false, "FailedGetScale", message, now);
                self.record("Warning", "FailedGetScale", subject, why, scope);
            }
            Some(scale) => {
                status.current = scale.current;
                let text = "the HPA controller was able to get the target's current scale";
                mark(&mut status.able, true, "SucceededGetScale", text.to_owned(), now);
                match self.find_size(name, &spec, &scale, &mut status, scope) {
                    Finding::Rescale(to, why) => {
                        self.rescale(name, &spec.target, (scale.current, to), &why, api, scope);
                        status.desired = to;
                        status.last_scaled = Some(now.truncated());
                        let text = format!(
                            "the HPA controller was able to update the target scale to {to}"
                        );
                        mark(&mut status.able, true, "SucceededRescale", text, now);
                    }
                    Finding::Keep => status.desired = scale.current,
                    Finding::Failed => {}
                }
            }
        }
        if status != before {
            self.state.version += 1;
        }
        self.state.autoscalers.insert(name.to_owned(), status);
    }

    /// What size is right; keeps the conditions on the way.
    fn find_size(
        &mut self,
        name: &str,
        spec: &AutoscalerSpec,
        scale: &Scale,
        status: &mut AutoscalerStatus,
        scope: &Scope<'_, '_>,
    ) -> Finding {
        let (now, current) = (scope.now(), scale.current);
        let history = self.histories.entry(name.to_owned()).or_default();
        history.begin(current, now);
        if current == 0 {
            let text = "scaling is disabled since the replica count of the target is zero";
            mark(&mut status.active, false, "ScalingDisabled", text.to_owned(), now);
            return Finding::Keep;
        }
        if spec.max_replicas < current {
            let why = "Current number of replicas above Spec.MaxReplicas".to_owned();
            return Finding::Rescale(spec.max_replicas, why);
        }
        if current < spec.min_replicas {
            let why = "Current number of replicas below Spec.MinReplicas".to_owned();
            return Finding::Rescale(spec.min_replicas, why);
        }
        let Some(selector) = &scale.selector else {
            let text = "the HPA target's scale is missing a selector";
            mark(&mut status.active, false, "InvalidSelector", text.to_owned(), now);
            let subject = format!("horizontalpodautoscaler/{name}");
            let why = "selector is required";
            self.record("Warning", "SelectorRequired", subject, why.to_owned(), scope);
            return Finding::Failed;
        };
        let (wanted, usage) = match self.recommended(spec, (current, selector), now) {
            Ok(found) => found,
            Err(why) => {
                status.usage = None;
                self.note_metrics_failed(name, status, &why, scope);
                return Finding::Failed;
            }
        };
        status.usage = Some(usage);
        let text =
            format!("the HPA was able to successfully calculate a replica count from {METRIC}");
        mark(&mut status.active, true, "ValidMetricFound", text, now);
        let history = self.histories.get_mut(name).expect("it was just made");
        let decision = decide(history, spec, current, wanted, now);
        mark(&mut status.able, true, decision.able.0, decision.able.1.to_owned(), now);
        let within = ("DesiredWithinRange", "the desired count is within the acceptable range");
        let (reason, text) = decision.limit.unwrap_or(within);
        mark(&mut status.limited, decision.limit.is_some(), reason, text.to_owned(), now);
        let why = match wanted.cmp(&current) {
            Ordering::Greater => format!("{METRIC} above target"),
            Ordering::Less => "All metrics below target".to_owned(),
            Ordering::Equal => String::new(),
        };
        if decision.replicas == current {
            Finding::Keep
        } else {
            Finding::Rescale(decision.replicas, why)
        }
    }

    /// What the metrics ask for, the largest of them (K8S-84), and what the pods use.
    fn recommended(
        &self,
        spec: &AutoscalerSpec,
        (current, selector): (u32, &Labels),
        now: SimTime,
    ) -> Result<(u32, Utilization), String> {
        let all = self.state.pods.values();
        let pods: Vec<&Pod> = all.filter(|pod| selects(selector, &pod.labels)).collect();
        if pods.iter().all(|pod| pod.usage.is_none()) {
            return Err(
                "unable to get metrics for resource cpu: no metrics returned from resource \
                        metrics API"
                    .to_owned(),
            );
        }
        let members = pods
            .iter()
            .map(|pod| Ok(Member { standing: standing(pod, now), request: cpu_request(pod)? }));
        let members = members.collect::<Result<Vec<_>, String>>()?;
        let tolerance = spec.behavior.as_ref().map_or(Tolerance::DEFAULT, |behavior| Tolerance {
            up: behavior.up.tolerance,
            down: behavior.down.tolerance,
        });
        let targets = spec.utilizations.iter();
        targets
            .filter_map(|wanted| recommend(current, *wanted, tolerance, &members))
            .max_by_key(|(replicas, _)| *replicas)
            .ok_or_else(|| {
                "did not receive metrics for targeted pods (pods might be unready)".to_owned()
            })
    }

    fn note_metrics_failed(
        &mut self,
        name: &str,
        status: &mut AutoscalerStatus,
        why: &str,
        scope: &Scope<'_, '_>,
    ) {
        let why = format!("failed to get cpu utilization: {why}");
        let text = format!("the HPA was unable to compute the replica count: {why}");
        mark(&mut status.active, false, "FailedGetResourceMetric", text, scope.now());
        let subject = format!("horizontalpodautoscaler/{name}");
        let all = format!(
            "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric \
             value: {why}"
        );
        self.record("Warning", "FailedGetResourceMetric", subject.clone(), why, scope);
        self.record("Warning", "FailedComputeMetricsReplicas", subject, all, scope);
    }

    /// Writes `spec.replicas` of the target, whatever its manifest says (K8S-88). The controller of
    /// Rollouts sees it by itself.
    fn rescale(
        &mut self,
        name: &str,
        target: &ScaleTarget,
        (from, to): (u32, u32),
        why: &str,
        api: &mut ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let subject = format!("horizontalpodautoscaler/{name}");
        let text = format!("scales {} from {from} to {to}: {why}", target.name);
        scope.note(Topic::Object, subject.clone(), text, &["K8S-81", "K8S-85", "K8S-88"]);
        let message = format!("New size: {to}; reason: {why}");
        self.record("Normal", "SuccessfulRescale", subject, message, scope);
        if let Some(history) = self.histories.get_mut(name) {
            history.scaled(from, to, scope.now());
        }
        api.scale(target, to, scope.id());
        if target.kind == Kind::Deployment {
            self.wake_deployment(&target.name, scope.id(), scope);
        }
    }

    fn scale_of(&self, target: &ScaleTarget, api: &ApiServer) -> Option<Scale> {
        match &api.get(target.kind, &target.name)?.manifest.spec {
            Spec::Deployment(spec) => {
                Some(Scale { current: spec.replicas, selector: Some(spec.selector.clone()) })
            }
            Spec::Rollout(spec) => {
                let selector = self.state.rollout_selectors.get(&target.name).cloned();
                Some(Scale { current: spec.replicas, selector })
            }
            _ => None,
        }
    }
}

/// What a pod requests, sidecars included. A container without a request makes the metric useless
/// (K8S-80).
fn cpu_request(pod: &Pod) -> Result<u64, String> {
    let spec = &pod.template.spec;
    let sidecars = || spec.init_containers.iter().filter(|container| container.sidecar);
    let containers = || spec.containers.iter().chain(sidecars());
    match containers().find(|container| container.requests.cpu_milli == 0) {
        Some(container) => Err(format!(
            "missing request for cpu in container {} of Pod {}",
            container.name, pod.name
        )),
        None => {
            let requests = containers().map(|container| container.requests.cpu_milli);
            Ok(requests.fold(0, u64::saturating_add))
        }
    }
}

/// Sets a condition; unlike those of a Deployment, its message always follows.
fn mark(
    condition: &mut Condition,
    holds: bool,
    reason: &'static str,
    message: String,
    now: SimTime,
) {
    condition.set(if holds { "True" } else { "False" }, reason, message.clone(), now);
    condition.message = message;
}
