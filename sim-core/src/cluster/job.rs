//! The Job controller: makes pods until enough of them have succeeded, or too many have failed.
//!
//! Pods that have ended stay, so that their logs can be read, until the Job is deleted. A pod counts
//! once, also if it is deleted before the controller has seen it end. Left out: indexes, and policies
//! for failures and success.

use crate::cluster::Cluster;
use crate::cluster::api::{ApiServer, Kind, Spec};
use crate::cluster::creation::slowly;
use crate::cluster::pod::{Owner, Phase, Pod, PodId};
use crate::cluster::spec::{JobSpec, RestartPolicy};
use crate::cluster::state::JobStatus;
use crate::queue::EventId;
use crate::time::{SimDuration, SimTime};
use crate::trace::Topic;
use crate::world::Scope;

/// Wait after the first failed pod; it doubles with each.
const BACK_OFF: SimDuration = SimDuration::from_secs(10);
/// Longest wait after a failed pod.
const BACK_OFF_MAX: SimDuration = SimDuration::from_secs(600);
/// Most pods that are made at once.
const BURST: u32 = 500;

impl Cluster {
    /// A Job was deleted: its pods go with it.
    pub(super) fn job_deleted(&mut self, name: &str, scope: &mut Scope<'_, '_>) {
        let pods = self.pods_of_job(name, |_| true);
        self.state.jobs.remove(name);
        self.jobs.forget(name);
        self.state.version += 1;
        for pod in pods {
            self.terminate_pod(pod, None, scope.ctx.cause, "its owner is deleted", scope);
        }
    }

    /// Pods that the Job of this name owns; those of one that was deleted before are not its own.
    fn owned_by_job(&self, name: &str) -> impl Iterator<Item = &Pod> {
        let job = self.state.jobs.get(name);
        let owned = move |pod: &&Pod| job.is_some_and(|status| pod.is_of_job(&status.uid));
        self.state.pods.values().filter(owned)
    }

    fn pods_of_job(&self, name: &str, wanted: impl Fn(&Pod) -> bool) -> Vec<PodId> {
        self.owned_by_job(name).filter(|pod| wanted(pod)).map(|pod| pod.id).collect()
    }

    /// A pod of a Job has ended, or is gone: it counts, once.
    pub(super) fn count_for_job(&mut self, job: &str, pod: &Pod, now: SimTime) {
        let Some(status) = self.state.jobs.get_mut(job) else { return };
        if !pod.is_of_job(&status.uid) || status.is_finished() || !status.counted.insert(pod.id) {
            return;
        }
        if pod.phase == Phase::Succeeded {
            status.succeeded += 1;
            status.failures.0 = 0;
        } else {
            status.failed += 1;
            status.failures = (status.failures.0 + 1, now);
        }
    }

    /// Looks at one Job.
    pub(super) fn reconcile_job(
        &mut self,
        name: &str,
        cause: EventId,
        api: &mut ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(object) = api.get(Kind::Job, name) else { return };
        let Spec::Job(spec) = &object.manifest.spec else { return };
        let (spec, now) = (spec.clone(), scope.now());
        let fresh = || JobStatus { uid: object.uid.clone(), ..JobStatus::default() };
        let before = self.state.jobs.entry(name.to_owned()).or_insert_with(fresh).clone();
        if before.is_finished() {
            return self.expire(name, &spec, &before, cause, api, scope);
        }
        let ended: Vec<Pod> =
            self.owned_by_job(name).filter(|pod| pod.has_ended()).cloned().collect();
        for pod in &ended {
            self.count_for_job(name, pod, now);
        }
        self.judge_job(name, &spec, cause, scope);
        let status = self.state.jobs[name].clone();
        let is_over = status.success.is_present() || status.failure.is_present();
        if is_over || spec.suspend {
            for pod in self.pods_of_job(name, Pod::is_active) {
                self.delete_pod_of_job(name, pod, cause, scope);
            }
        } else {
            self.manage_pods(name, &spec, cause, api, scope);
        }
        self.finish_job(name, &spec, cause, scope);
        if self.state.jobs[name] != before {
            self.state.version += 1;
        }
    }

    /// Decides whether the Job has succeeded, has failed, or is suspended.
    fn judge_job(&mut self, name: &str, spec: &JobSpec, cause: EventId, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let active = self.pods_of_job(name, Pod::is_active).len();
        let restarts = self.restarts_of_job(name);
        let status = self.state.jobs.get_mut(name).expect("it was just made");
        if spec.suspend {
            let message = "Job suspended".to_owned();
            status.suspended.set("True", "JobSuspended", message, now);
            status.started = None;
            return;
        }
        if status.suspended.is_present() {
            let message = "Job resumed".to_owned();
            status.suspended.set("False", "JobResumed", message, now);
        }
        let started = *status.started.get_or_insert(now.truncated());
        if status.success.is_present() || status.failure.is_present() {
            return;
        }
        let deadline = spec.active_deadline.map(|length| started + length);
        let too_often = match spec.template.spec.restart {
            // Restarts within pods count as well.
            RestartPolicy::OnFailure => restarts >= spec.backoff_limit.max(1),
            RestartPolicy::Never | RestartPolicy::Always => false,
        };
        let done = match spec.completions {
            Some(wanted) => wanted <= status.succeeded,
            None => 0 < status.succeeded && active == 0,
        };
        if spec.backoff_limit < status.failed || too_often {
            let message = "Job has reached the specified backoff limit".to_owned();
            status.failure.set("True", "BackoffLimitExceeded", message, now);
        } else if deadline.is_some_and(|deadline| deadline <= now) {
            let message = "Job was active longer than specified deadline".to_owned();
            status.failure.set("True", "DeadlineExceeded", message, now);
        } else if done {
            let message = "Reached expected number of succeeded pods".to_owned();
            status.success.set("True", "CompletionsReached", message, now);
        } else if let Some(deadline) = deadline {
            self.wake_job_at(name, deadline, cause, scope);
        }
    }

    /// How often containers of its pods were started again.
    fn restarts_of_job(&self, name: &str) -> u32 {
        let pods = self.owned_by_job(name).filter(|pod| pod.is_active());
        pods.flat_map(|pod| &pod.containers).map(|container| container.restarts).sum()
    }

    /// Makes pods that are missing, after a wait if the last ones have failed; deletes surplus ones.
    fn manage_pods(
        &mut self,
        name: &str,
        spec: &JobSpec,
        cause: EventId,
        api: &ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let status = self.state.jobs[name].clone();
        let active = self.pods_of_job(name, Pod::is_active);
        let have = active.len() as u32;
        let want = match spec.completions {
            Some(completions) => spec.parallelism.min(completions - status.succeeded),
            None if 0 < status.succeeded => have,
            None => spec.parallelism,
        };
        if want < have {
            // Pods that are not ready go first, then the youngest.
            let mut victims = active;
            victims.sort_by_key(|id| (self.state.pods[id].is_ready(), std::cmp::Reverse(*id)));
            for pod in victims.into_iter().take((have - want) as usize) {
                self.delete_pod_of_job(name, pod, cause, scope);
            }
        }
        if want <= have {
            return;
        }
        let (failures, last) = status.failures;
        if let Some(doublings) = failures.checked_sub(1) {
            let until = last + BACK_OFF.times(1 << doublings.min(10)).min(BACK_OFF_MAX);
            if scope.now() < until {
                return self.wake_job_at(name, until, cause, scope);
            }
        }
        let missing = (want - have).min(BURST) as usize;
        let mut labels = spec.template.labels.clone();
        for prefix in ["", "batch.kubernetes.io/"] {
            labels.insert(format!("{prefix}controller-uid"), status.uid.clone());
            labels.insert(format!("{prefix}job-name"), name.to_owned());
        }
        let made = slowly(missing, || {
            let owner = Owner::Job { name: name.to_owned(), uid: status.uid.clone() };
            self.make_pod(owner, &spec.template, labels.clone(), cause, api, scope)
        });
        match made {
            Ok(()) => self.jobs.forget(name),
            Err(_) => {
                let retry = self.jobs.retry_after(&name.to_owned());
                self.wake_job_at(name, scope.now() + retry, cause, scope);
            }
        }
    }

    fn delete_pod_of_job(
        &mut self,
        name: &str,
        pod: PodId,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let message = format!("Deleted pod: {}", self.state.pods[&pod].name);
        self.record("Normal", "SuccessfulDelete", format!("job/{name}"), message, scope);
        self.terminate_pod(pod, None, cause, "its Job needs it no longer", scope);
    }

    /// Counts the pods, and ends a Job whose end is decided once they are gone.
    fn finish_job(
        &mut self,
        name: &str,
        spec: &JobSpec,
        cause: EventId,
        scope: &mut Scope<'_, '_>,
    ) {
        let now = scope.now();
        let count = |wanted: &dyn Fn(&Pod) -> bool| self.pods_of_job(name, wanted).len() as u32;
        let active = count(&|pod| pod.is_active());
        let ready = count(&|pod| pod.is_active() && pod.is_ready());
        let terminating = count(&|pod| pod.is_terminating() && !pod.has_ended());
        let status = self.state.jobs.get_mut(name).expect("it was just made");
        (status.active, status.ready, status.terminating) = (active, ready, terminating);
        if 0 < active + terminating || status.is_finished() {
            return;
        }
        let subject = format!("job/{name}");
        if status.success.is_present() {
            status.completed = Some(now.truncated());
            let (reason, message) = (status.success.reason, status.success.message.clone());
            status.complete.set("True", reason, message, now);
            self.record("Normal", "Completed", subject.clone(), "Job completed".to_owned(), scope);
            scope.note_because(cause, Topic::Object, subject, "complete", &[]);
        } else if status.failure.is_present() {
            let (reason, message) = (status.failure.reason, status.failure.message.clone());
            status.has_failed.set("True", reason, message.clone(), now);
            self.record("Warning", reason, subject.clone(), message, scope);
            scope.note_because(cause, Topic::Object, subject, format!("failed: {reason}"), &[]);
        } else {
            return;
        }
        if let Some(ttl) = spec.ttl {
            self.wake_job_at(name, now + ttl, cause, scope);
        }
    }

    /// A finished Job is deleted when its time has come.
    fn expire(
        &mut self,
        name: &str,
        spec: &JobSpec,
        status: &JobStatus,
        cause: EventId,
        api: &mut ApiServer,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(ttl) = spec.ttl else { return };
        let finished =
            if status.complete.is_present() { &status.complete } else { &status.has_failed };
        let due = finished.changed + ttl;
        if scope.now() < due {
            return self.wake_job_at(name, due, cause, scope);
        }
        api.delete(Kind::Job, name);
        let text = format!("deleted {ttl} after its end");
        scope.note_because(cause, Topic::Object, format!("job/{name}"), text, &[]);
        self.job_deleted(name, scope);
    }
}
