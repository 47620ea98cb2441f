//! What must hold of a cluster after every event, whatever happens.

use std::collections::BTreeSet;

use crate::cluster::Cluster;
use crate::cluster::pod::Owner;
use crate::time::SimTime;

/// Checks a cluster; `Err` says what does not hold.
pub fn check(cluster: &Cluster, now: SimTime) -> Result<(), String> {
    pods_are_distinct_and_placed(cluster)?;
    nodes_have_room(cluster)?;
    replica_sets_count_their_pods(cluster, now)?;
    ready_endpoints_have_ready_pods(cluster)
}

fn pods_are_distinct_and_placed(cluster: &Cluster) -> Result<(), String> {
    let (mut names, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for (id, pod) in &cluster.state.pods {
        let known = |node: &String| cluster.state.nodes.iter().any(|known| known.name == *node);
        if !names.insert(&pod.name) {
            return Err(format!("two pods are named {}", pod.name));
        }
        if pod.ip.as_ref().is_some_and(|ip| !addresses.insert(ip)) {
            return Err(format!("pod {} shares its address", pod.name));
        }
        if *id != pod.id || pod.node.as_ref().is_some_and(|node| !known(node)) {
            return Err(format!("pod {} is filed wrongly", pod.name));
        }
        if pod.ip.is_some() && pod.node.is_none() {
            return Err(format!("pod {} has an address but no node", pod.name));
        }
        if pod.is_ready() && !pod.lasting().all(|(_, container)| container.ready) {
            return Err(format!("pod {} is ready, but not all of its containers", pod.name));
        }
        let owned = cluster.state.replica_sets.contains_key(pod.replica_set());
        if !owned && !pod.replica_set().is_empty() && !pod.is_terminating() {
            return Err(format!("pod {} outlives {}", pod.name, pod.replica_set()));
        }
        if let Owner::Job { name, uid } = &pod.owner
            && !pod.is_terminating()
            && cluster.state.jobs.get(name).is_none_or(|status| status.uid != *uid)
        {
            return Err(format!("pod {} outlives job {name}", pod.name));
        }
    }
    Ok(())
}

fn nodes_have_room(cluster: &Cluster) -> Result<(), String> {
    for (node, taken) in cluster.taken() {
        let taken = taken.requests;
        if node.cpu_milli < taken.cpu_milli || node.memory_bytes < taken.memory_bytes {
            return Err(format!("{} is overcommitted: {taken:?}", node.name));
        }
    }
    Ok(())
}

/// A ReplicaSet that nobody has to look at has the right status and number of pods.
fn replica_sets_count_their_pods(cluster: &Cluster, now: SimTime) -> Result<(), String> {
    for set in cluster.state.replica_sets.values() {
        let (counts, _) = cluster.count(set, now);
        if cluster.replica_sets.contains(&set.name) {
            continue;
        }
        if counts != set.status {
            return Err(format!("{} says {:?}, but has {counts:?}", set.name, set.status));
        }
        if counts.replicas != set.replicas {
            return Err(format!("{} has {} pods of {}", set.name, counts.replicas, set.replicas));
        }
    }
    Ok(())
}

/// A Service that nobody has to look at lists no pod as ready that is not.
fn ready_endpoints_have_ready_pods(cluster: &Cluster) -> Result<(), String> {
    for (service, endpoints) in &cluster.state.endpoints {
        if cluster.services.contains(service) {
            continue;
        }
        for endpoint in endpoints.pods.iter().filter(|endpoint| endpoint.is_ready()) {
            let pod = cluster.state.pods.get(&endpoint.pod);
            if !pod.is_some_and(|pod| pod.is_ready() && !pod.is_terminating()) {
                return Err(format!("{service} lists {} as ready", endpoint.ip));
            }
        }
    }
    Ok(())
}
