//! Making a map, in slices that a page can afford.

use std::ops::ControlFlow;
use std::sync::Arc;

use schema::compat::{self, Status};

use crate::map::axes::{self, Axes};
use crate::map::path::{Ground, Replay, Stay};
use crate::map::steps::{self, Pair, Steps};
use crate::map::trial::{self, Counted, Trial};
use crate::map::twins::{self, Stale, Uses};
use crate::map::{Cell, Class, Row, SLOWER, SLOWER_MS, SafetyMap, Split};
use crate::random::Seed;
use crate::scenario::{LogEntry, Scenario};
use crate::simulation::Simulation;
use crate::time::SimTime;

/// A map that is being made.
#[derive(Debug)]
pub struct Making {
    scenario: Arc<Scenario>,
    seed: Seed,
    map: SafetyMap,
    stage: Stage,
    replay: Option<Box<Replay>>,
}

#[derive(Debug)]
enum Stage {
    /// The learner's run is made again.
    Replaying,
    /// The releases are deployed.
    Deploying(Box<Simulation>),
    /// Rows, cells and edges are run.
    Trying(Box<Trying>),
    Done,
}

/// What the trials need.
#[derive(Debug)]
struct Trying {
    axes: Axes,
    steps: Steps,
    stays: Vec<Stay>,
    pairs: Vec<Pair>,
    uses: Vec<Vec<Uses>>,
    /// By row: everything deployed, the schema in place.
    ready: Vec<Option<Simulation>>,
    /// What compat says of each row.
    verdicts: Vec<Option<compat::Step>>,
    /// Cells and edges in the order in which they are run.
    next: usize,
    trial: Option<Trial>,
}

/// What is run next.
#[derive(Clone, Copy, Debug)]
enum Place {
    Cell(usize, usize),
    Edge(usize, usize),
}

impl Making {
    /// The map of a scenario at a seed, with the run of a log up to `until` as its path. Without a log there is
    /// no path.
    ///
    /// # Errors
    ///
    /// If there is nothing to map: no schema, or no users at the gateway.
    pub fn new(
        scenario: Arc<Scenario>,
        seed: Seed,
        run: Option<(Vec<LogEntry>, SimTime)>,
    ) -> Result<Self, String> {
        if scenario.database.schema.is_none() {
            return Err("the scenario does not say what its database holds (`schema:`)".to_owned());
        }
        axes::users(&scenario)?;
        let replay = run.map(|(log, until)| {
            let origin = crate::why::Origin { scenario: Arc::clone(&scenario), seed };
            Box::new(Replay::new(Simulation::rerun(&origin), log, until))
        });
        // In the trials the schema is in place: no release migrates it when it starts.
        let mut scenario = Arc::unwrap_or_clone(scenario);
        scenario.database.at_start.clear();
        let scenario = Arc::new(scenario);
        let stage = match &replay {
            None => {
                let simulation = Simulation::before_users(Arc::clone(&scenario), seed);
                Stage::Deploying(Box::new(simulation))
            }
            Some(_) => Stage::Replaying,
        };
        Ok(Self { scenario, seed, map: SafetyMap::default(), stage, replay })
    }

    /// The map as far as it has come. Its axes are there once the releases are deployed.
    pub fn map(&self) -> &SafetyMap {
        &self.map
    }

    /// Whether everything has been run.
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// Goes on for about so many events; breaks off when the map is whole.
    ///
    /// # Errors
    ///
    /// If the scenario's objects leave nothing to map.
    pub fn advance(&mut self, events: u32) -> Result<ControlFlow<()>, String> {
        let stage = std::mem::replace(&mut self.stage, Stage::Done);
        self.stage = match stage {
            Stage::Done => return Ok(ControlFlow::Break(())),
            Stage::Replaying => match self.replay.as_mut().is_none_or(|it| it.advance(events)) {
                false => Stage::Replaying,
                true => {
                    let (scenario, seed) = (Arc::clone(&self.scenario), self.seed);
                    Stage::Deploying(Box::new(Simulation::before_users(scenario, seed)))
                }
            },
            Stage::Deploying(simulation) => self.deploy(simulation, events)?,
            Stage::Trying(trying) => self.try_next(trying, events),
        };
        Ok(if self.is_done() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn deploy(&mut self, mut simulation: Box<Simulation>, events: u32) -> Result<Stage, String> {
        if simulation.now() < trial::DEPLOY {
            if simulation.run_some(trial::DEPLOY, events) {
                if let Some(replay) = &self.replay {
                    // The learner may have edited what is deployed.
                    let files = replay.simulation.files().clone();
                    simulation.intervene(|world, _| world.session.workspace.files = files);
                }
                for file in axes::files_to_apply(&simulation) {
                    simulation.execute(&format!("kubectl apply -f '{file}'"));
                }
            }
            return Ok(Stage::Deploying(simulation));
        }
        if !simulation.run_some(trial::READY, events) {
            return Ok(Stage::Deploying(simulation));
        }
        self.survey(*simulation).map(|trying| Stage::Trying(Box::new(trying)))
    }

    /// Everything is deployed: rows and columns are known.
    fn survey(&mut self, ready: Simulation) -> Result<Trying, String> {
        let axes = Axes::find(&ready)?;
        let replay = self.replay.as_ref();
        let asked = replay.iter().flat_map(|replay| replay.splits(&axes)).collect::<Vec<_>>();
        let (columns, too_many) = axes.columns(&ready, asked.into_iter());
        if too_many {
            self.map.notes.push("there are more splits than columns".to_owned());
        }
        let instance = ready.world().database.instance.as_ref();
        let instance = instance.ok_or_else(|| "there is no database".to_owned())?;
        let mut steps = Steps::of_files(ready.files(), instance);
        let (stays, all) = replay.map_or((Vec::new(), true), |it| it.stays(&axes, &mut steps));
        if steps.too_many {
            self.map.notes.push("there are more schemas than rows".to_owned());
        }
        if !all {
            self.map.notes.push("the path goes on; its first stations are shown".to_owned());
        }
        let states = steps.all.iter().flat_map(|step| step.state.iter());
        let mut pairs: Vec<Pair> = states.flat_map(|state| state.pairs().cloned()).collect();
        pairs.extend(steps::pairs_of_files(ready.files(), &instance.schema));
        pairs.sort();
        pairs.dedup();
        let uses = steps.all.iter().map(|step| match &step.state {
            Ok(state) => axes.versions.iter().map(|version| Uses::of(version, state)).collect(),
            Err(_) => vec![Uses::default(); axes.versions.len()],
        });
        let uses = uses.collect();
        let releases: Vec<_> = axes.versions.iter().map(axes::Version::release).collect();
        let verdicts = steps.all.iter().map(|step| {
            let matrix = compat::matrix(&step.state.as_ref().ok()?.schema, &releases, &[]);
            matrix.steps.into_iter().next()
        });
        let verdicts = verdicts.collect();
        self.map.versions = axes.versions.iter().map(|version| version.name.clone()).collect();
        self.map.rows = steps
            .all
            .iter()
            .map(|step| Row {
                label: step.label.clone(),
                after: step.after,
                typed: step.typed,
                error: step.state.as_ref().err().cloned(),
                cells: vec![None; columns.len()],
                edges: vec![None; if step.after.is_some() { columns.len() } else { 0 }],
            })
            .collect();
        self.map.columns = columns;
        let mut simulations = vec![None; steps.all.len()];
        simulations[0] = Some(ready);
        let trying = Trying {
            axes,
            steps,
            stays,
            pairs,
            uses,
            ready: simulations,
            verdicts,
            next: 0,
            trial: None,
        };
        trying.set_path(&mut self.map);
        Ok(trying)
    }

    /// The cells row by row, then the edges; the path with them.
    fn try_next(&mut self, mut trying: Box<Trying>, events: u32) -> Stage {
        let (rows, columns) = (self.map.rows.len(), self.map.columns.len());
        let cells = rows * columns;
        let place = match trying.next.checked_sub(cells) {
            None => Place::Cell(trying.next / columns, trying.next % columns),
            Some(edge) if edge < cells - columns => Place::Edge(1 + edge / columns, edge % columns),
            Some(_) => {
                trying.set_path(&mut self.map);
                return Stage::Done;
            }
        };
        let Some(mut trial) = trying.trial.take() else {
            trying.trial = trying.begin(place, &mut self.map);
            if trying.trial.is_none() {
                trying.next += 1;
            }
            return Stage::Trying(trying);
        };
        if trial.advance(events).is_continue() {
            trying.trial = Some(trial);
            return Stage::Trying(trying);
        }
        match place {
            Place::Cell(row, column) => {
                let cell = trying.judge(trial.counted(), (row, column), &self.map);
                self.map.rows[row].cells[column] = Some(cell);
            }
            Place::Edge(row, column) => self.map.rows[row].edges[column] = Some(trial.edge()),
        }
        trying.next += 1;
        if trying.next == cells {
            trying.set_path(&mut self.map);
        }
        Stage::Trying(trying)
    }
}

impl Trying {
    /// The run for a place; none if the database does not let it come to that.
    fn begin(&mut self, place: Place, map: &mut SafetyMap) -> Option<Trial> {
        let (Place::Cell(row, column) | Place::Edge(row, column)) = place;
        let step = &self.steps.all[row];
        if let Some(before) = step.after.filter(|_| self.ready[row].is_none() && step.state.is_ok())
            && map.rows[row].error.is_none()
        {
            let migrated = match &self.ready[before] {
                Some(ready) => trial::migrate(ready, &step.label, &step.statements),
                None => Err("the schema before it is not reached".to_owned()),
            };
            match migrated {
                Ok(ready) => self.ready[row] = Some(ready),
                Err(problem) => map.rows[row].error = Some(problem),
            }
        }
        self.ready[row].as_ref()?;
        let window = trial::window(self.ready[0].as_ref()?.scenario());
        let command = self.axes.command(&map.columns[column]);
        match place {
            Place::Cell(..) => Some(Trial::new(self.ready[row].as_ref()?, &command, window)),
            Place::Edge(..) => {
                let before = self.ready[step.after?].as_ref()?;
                Some(Trial::new(before, &command, window).migrating(&step.label, &step.statements))
            }
        }
    }

    /// What a cell is.
    fn judge(&self, counted: Counted, (row, column): (usize, usize), map: &SafetyMap) -> Cell {
        let split = &map.columns[column];
        let mut finding = Finding::default();
        self.misread(row, split, &mut finding);
        let refused = self.refused(row, split, &mut finding);
        let Counted { requests, failed, signs, p99_ms, .. } = counted;
        // A refused statement says more than the 500 that comes of it.
        for sign in signs.into_iter().filter(|_| !refused) {
            finding.note(Class::Errors, sign);
        }
        let first = map.rows[0].cells[0].as_ref().map_or(p99_ms, |cell| cell.p99_ms);
        if (first * SLOWER).max(first + SLOWER_MS) <= p99_ms {
            let reason =
                format!("p99 is more than {SLOWER} times the {first:.0} ms of the first cell");
            finding.note(Class::Degraded, reason);
        }
        let Finding { class, reasons } = finding;
        Cell { class, requests, failed, p99_ms, reasons }
    }

    /// Data that one release does not keep for another (EC-6).
    fn misread(&self, row: usize, split: &Split, finding: &mut Finding) {
        let Ok(state) = &self.steps.all[row].state else { return };
        let own = (&self.axes.versions[..], &self.uses[row][..]);
        for reason in twins::unreadable(split, own) {
            finding.note(Class::DataLoss, reason);
        }
        for pair in self.pairs.iter().filter(|pair| state.has(pair)) {
            let mut stale = Stale::new(pair, state);
            stale.written(pair, split, own);
            for reason in stale.misread(pair, split, own) {
                finding.note(Class::DataLoss, reason);
            }
        }
    }

    /// What compat says of the releases that get traffic; true if one of them is refused something.
    fn refused(&self, row: usize, split: &Split, finding: &mut Finding) -> bool {
        let Some(verdict) = &self.verdicts[row] else { return false };
        let meets = |name: &str| {
            split.shares().any(|(version, _)| self.axes.versions[version].name == name)
        };
        let mut refused = false;
        for (name, cell) in verdict.releases.iter().filter(|(name, _)| meets(name)) {
            match cell.status {
                Status::Breaks => {
                    refused = true;
                    finding.note(Class::Errors, format!("{name} is refused: {}", cell.told()));
                }
                Status::Unknown => finding.note(Class::Unknown, format!("{name}: {}", cell.told())),
                Status::Ok | Status::Blocks => {}
            }
        }
        let told = refused || finding.class == Class::DataLoss;
        let together = verdict.together.iter().filter(|_| !told);
        for pair in together.filter(|pair| meets(&pair.releases.0) && meets(&pair.releases.1)) {
            if let Some(reason) = &pair.reason {
                finding.note(Class::Degraded, reason.clone());
            }
        }
        refused
    }

    /// Lays the learner's run over what is known by now.
    fn set_path(&self, map: &mut SafetyMap) {
        let ground = Ground {
            versions: &self.axes.versions,
            uses: &self.uses,
            steps: &self.steps,
            columns: &map.columns,
            rows: &map.rows,
            pairs: &self.pairs,
        };
        map.path = ground.stations(&self.stays);
    }
}

/// The verdict on a cell while it is made.
#[derive(Debug)]
struct Finding {
    class: Class,
    reasons: Vec<String>,
}

impl Finding {
    fn note(&mut self, class: Class, reason: String) {
        self.class = self.class.max(class);
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

impl Default for Finding {
    fn default() -> Self {
        Self { class: Class::Safe, reasons: Vec::new() }
    }
}
