//! What only the present shows, kept while a run passes: ready pods and weights.

use sim_core::simulation::Simulation;
use sim_core::time::{SimDuration, SimTime};
use sim_core::view::PodStage;

/// Number of samples in a run: as many as a chart can show.
const SAMPLES: u64 = 240;

/// One moment.
pub(super) struct Sample {
    /// Seconds since the scenario began.
    pub(super) at: f64,
    /// Ready pods by version.
    pub(super) ready: Vec<(String, f64)>,
    /// Share of the users' requests that the gateway is told to send, by subset, in percent.
    pub(super) weights: Vec<(String, f64)>,
}

/// Samples of a run, oldest first.
pub(crate) struct Samples {
    every: SimDuration,
    pub(super) taken: Vec<Sample>,
}

impl Samples {
    /// None yet, of a run that lasts until `end`.
    pub(crate) fn new(end: SimTime) -> Self {
        let micros = end.since(SimTime::ZERO).as_micros() / SAMPLES;
        let every = SimDuration::from_micros(micros.max(1_000_000));
        Self { every, taken: Vec::new() }
    }

    /// When the next one is due.
    pub(crate) fn next(&self) -> SimTime {
        SimTime::ZERO + self.every.times(self.taken.len() as u64)
    }

    /// Takes a sample now.
    pub(crate) fn take(&mut self, simulation: &Simulation) {
        let view = simulation.view();
        let mut ready: Vec<(String, f64)> = Vec::new();
        for group in &view.groups {
            let count = group.pods.iter().filter(|pod| pod.stage == PodStage::Ready).count() as f64;
            match ready.iter_mut().find(|(version, _)| *version == group.version) {
                Some((_, sum)) => *sum += count,
                None => ready.push((group.version.clone(), count)),
            }
        }
        let weights = view.routes.into_iter().map(|route| {
            let name = if route.subset.is_empty() { route.destination } else { route.subset };
            (name, route.share * 100.0)
        });
        self.taken.push(Sample { at: view.now.as_secs_f64(), ready, weights: weights.collect() });
    }
}
