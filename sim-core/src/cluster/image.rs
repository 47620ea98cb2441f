//! How the kubelet gets images: pull policies, one pull at a time, failures (K8S-54, 55).

use crate::cluster::pod::{ContainerState, PodId};
use crate::cluster::spec::PullPolicy;
use crate::cluster::{Cluster, ClusterEvent};
use crate::digest::Digest;
use crate::time::{SimDuration, SimTime};
use crate::world::Scope;

/// How long `ErrImagePull` shows before the next look makes it `ImagePullBackOff` (MOD).
const NEXT_LOOK: SimDuration = SimDuration::from_secs(1);
/// How long the registry takes to say that the node has the newest image already (MOD).
const UP_TO_DATE: SimDuration = SimDuration::from_millis(300);
/// Time between two looks at an image that may not be pulled (MOD).
const NEVER: SimDuration = SimDuration::from_secs(10);

impl Cluster {
    /// The kubelet begins with a container: it pulls the image, unless that is not needed.
    pub(super) fn begin_container(&mut self, id: PodId, place: usize, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id) else { return };
        let container = pod.template.spec.at(place);
        let (image, policy) = (container.image.clone(), container.pull);
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        work.containers[place].begun = true;
        let now = scope.now();
        let here = self.has_image(id, &image, now);
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let creation = work.chance.between(self.create.0, self.create.1);
        let created = ClusterEvent::CreateDue { pod: id, container: place as u8 };
        match (policy, here) {
            (PullPolicy::IfNotPresent | PullPolicy::Never, true) => {
                let message = already_present(&image);
                self.record_container("Normal", "Pulled", id, place, message, scope);
                scope.after(creation, created);
            }
            (PullPolicy::Never, false) => self.never_pulled(id, place, &image, scope),
            (PullPolicy::Always, _) | (PullPolicy::IfNotPresent, false) => {
                self.pull(id, place, &image, scope);
            }
        }
    }

    /// Whether the node of a pod has an image.
    pub(super) fn has_image(&self, pod: PodId, image: &str, now: SimTime) -> bool {
        let node = self.state.pods.get(&pod).and_then(|pod| pod.node.as_ref());
        let node = self.state.nodes.iter().find(|known| Some(&known.name) == node);
        node.is_some_and(|node| node.images.get(image).is_some_and(|since| *since <= now))
    }

    /// Whether the registry has an image and gives it out.
    fn is_given_out(&self, image: &str) -> bool {
        self.images.contains_key(image) && !self.withheld.contains(image)
    }

    /// Pulls an image once the pulls before it are over: a node pulls one at a time (K8S-55).
    fn pull(&mut self, id: PodId, place: usize, image: &str, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let message = format!("Pulling image \"{image}\"");
        self.record_container("Normal", "Pulling", id, place, message, scope);
        let cause = self.because_of(id, scope);
        let exists = self.is_given_out(image);
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let length = work.chance.between(self.pull.0, self.pull.1);
        let node = self.state.pods.get(&id).and_then(|pod| pod.node.as_ref());
        let Some(node) = self.state.nodes.iter_mut().find(|known| Some(&known.name) == node) else {
            return;
        };
        let begin = now.max(node.pulls_until);
        let length = if node.images.contains_key(image) { UP_TO_DATE } else { length };
        let end = begin + length;
        node.pulls_until = end;
        if exists {
            node.images.entry(image.to_owned()).or_insert(end);
        }
        work.containers[place].pull = (now, length);
        self.pod_changed(id, cause, format!("pulling {image}"), &["K8S-30", "K8S-55"], scope);
        scope.after(end - now, ClusterEvent::ImagePulled { pod: id, container: place as u8 });
    }

    /// A pull is over.
    pub(super) fn image_pulled(&mut self, id: PodId, place: usize, scope: &mut Scope<'_, '_>) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| pod.is_active()) else { return };
        let image = pod.template.spec.at(place).image.clone();
        let is_given_out = self.is_given_out(&image);
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        if !is_given_out {
            return self.pull_failed(id, place, &image, scope);
        }
        let (since, length) = work.containers[place].pull;
        let waited = scope.now() - since;
        let (length, waited) = (pull_time(length), pull_time(waited));
        let message = format!(
            "Successfully pulled image \"{image}\" in {length} ({waited} including waiting). Image \
             size: {} bytes.",
            size(&image)
        );
        let creation = work.chance.between(self.create.0, self.create.1);
        self.record_container("Normal", "Pulled", id, place, message, scope);
        let created = ClusterEvent::CreateDue { pod: id, container: place as u8 };
        scope.after(creation, created);
    }

    /// K8S-54: the first look after a failed pull says `ErrImagePull`, later ones
    /// `ImagePullBackOff`, until the pull is tried again.
    fn pull_failed(&mut self, id: PodId, place: usize, image: &str, scope: &mut Scope<'_, '_>) {
        let now = scope.now();
        let Some(work) = self.kubelets.get_mut(&id) else { return };
        let back_off = &mut work.containers[place].image_back_off;
        back_off.attempt(now, now);
        let retry = back_off.wait_until(now).unwrap_or(now) - now;
        let failed = format!("Failed to pull image \"{image}\": not found");
        self.record_container("Warning", "Failed", id, place, failed, scope);
        self.record_container("Warning", "Failed", id, place, "Error: ErrImagePull", scope);
        self.container_waits(id, place, "ErrImagePull", format!("no image {image}"), scope);
        let (pod, container) = (id, place as u8);
        scope.after(NEXT_LOOK, ClusterEvent::ImageBackOff { pod, container, retry: false });
        scope.after(retry, ClusterEvent::ImageBackOff { pod, container, retry: true });
    }

    /// The image may not be pulled and is not there.
    fn never_pulled(&mut self, id: PodId, place: usize, image: &str, scope: &mut Scope<'_, '_>) {
        let reason = "ErrImageNeverPull";
        let message =
            format!("Container image \"{image}\" is not present with pull policy of Never");
        self.record_container("Warning", reason, id, place, message, scope);
        self.record_container("Warning", "Failed", id, place, format!("Error: {reason}"), scope);
        self.container_waits(id, place, reason, format!("the node has no image {image}"), scope);
        let container = place as u8;
        scope.after(NEVER, ClusterEvent::ImageBackOff { pod: id, container, retry: true });
    }

    /// The kubelet looks again at a container that has no image.
    pub(super) fn image_back_off(
        &mut self,
        id: PodId,
        place: usize,
        retry: bool,
        scope: &mut Scope<'_, '_>,
    ) {
        let Some(pod) = self.state.pods.get(&id).filter(|pod| pod.is_active()) else { return };
        let container = pod.template.spec.at(place);
        let image = container.image.clone();
        if retry && container.pull == PullPolicy::Never {
            self.begin_container(id, place, scope);
        } else if retry {
            let message = format!("Pulling image \"{image}\"");
            self.record_container("Normal", "Pulling", id, place, message, scope);
            self.pull_failed(id, place, &image, scope);
        } else {
            let message = format!("Back-off pulling image \"{image}\"");
            self.record_container("Normal", "BackOff", id, place, message, scope);
            self.record_container("Warning", "Failed", id, place, "Error: ImagePullBackOff", scope);
            let text = format!("waits before pulling {image} again");
            self.container_waits(id, place, "ImagePullBackOff", text, scope);
        }
    }

    fn container_waits(
        &mut self,
        id: PodId,
        place: usize,
        reason: &'static str,
        text: String,
        scope: &mut Scope<'_, '_>,
    ) {
        let cause = self.because_of(id, scope);
        let Some(pod) = self.state.pods.get_mut(&id) else { return };
        let waiting = ContainerState::Waiting { reason };
        if pod.containers[place].state != waiting {
            pod.containers[place].change(waiting);
            self.pod_changed(id, cause, format!("{reason}: {text}"), &["K8S-32", "K8S-54"], scope);
        }
    }
}

/// A time as the kubelet gives it: cut to milliseconds, in Go's words.
fn pull_time(time: SimDuration) -> String {
    let millis = time.as_micros() / 1_000;
    let (minutes, rest) = (millis / 60_000, millis % 60_000);
    let seconds = rest as f64 / 1e3;
    match minutes {
        0 if 0 < rest && rest < 1_000 => format!("{rest}ms"),
        0 => format!("{seconds}s"),
        _ => format!("{minutes}m{seconds}s"),
    }
}

/// Bytes of an image: 20 to 120 MB that depend on its name alone (MOD).
fn size(image: &str) -> u64 {
    let mut digest = Digest::default();
    digest.fold_text(image);
    20_000_000 + digest.value() % 100_000_000
}

/// What the kubelet says of an image that it need not pull.
pub(super) fn already_present(image: &str) -> String {
    format!("Container image \"{image}\" already present on machine and can be accessed by the pod")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_take_whole_milliseconds() {
        for (micros, shown) in [
            (0, "0s"),
            (800_999, "800ms"),
            (1_325_999, "1.325s"),
            (60_000_000, "1m0s"),
            (62_500_000, "1m2.5s"),
        ] {
            assert_eq!(pull_time(SimDuration::from_micros(micros)), shown);
        }
    }

    #[test]
    fn images_have_sizes_of_their_own() {
        let sizes = ["app:v1", "app:v2", "other:v1"].map(size);
        assert!(sizes.iter().all(|size| (20_000_000..120_000_000).contains(size)), "{sizes:?}");
        assert!(sizes[0] != sizes[1] && sizes[1] != sizes[2], "{sizes:?}");
        assert_eq!(size("app:v1"), sizes[0]);
    }
}
