//! `smoke`: synthetic users who send requests while somebody looks at the answers.
//!
//! They are a population of the scenario that is `on-demand`. A team would call its own suite here; what
//! it asks for stands in the scenario, beside what real users ask for.

use crate::console::follow::{FollowStep, Watch};
use crate::console::kubectl::flag::{Arguments, Flag, Takes, flag};
use crate::console::session::Session;
use crate::telemetry::registry::UserCounts;
use crate::time::{SimDuration, SimTime};
use crate::world::World;

const USAGE: &str = "usage: smoke USERS [--for=30s] [--failures=0]\n";

/// How long they send if nothing is said.
const LENGTH: SimDuration = SimDuration::from_secs(30);

static FLAGS: [Flag; 3] = [
    flag("for", None, Takes::Duration, "how long they send requests"),
    flag("failures", None, Takes::Number, "how many may fail; none if not given"),
    flag("help", Some('h'), Takes::Switch, "show this help"),
];

/// `smoke` at work.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    /// Index of the users.
    users: usize,
    /// When they stop.
    until: SimTime,
    /// What they had counted before.
    before: UserCounts,
    /// How many may fail.
    allowed: u64,
}

/// Who can be asked for.
pub(super) fn complete(world: &World) -> Vec<String> {
    let users = world.workload.users.iter().filter(|users| users.population.on_demand);
    let names = users.map(|users| users.population.name.clone());
    names.chain(["--for=".to_owned(), "--failures=".to_owned()]).collect()
}

pub(super) fn smoke(words: &[String], session: &mut Session<'_, '_>) {
    let arguments = match Arguments::parse(words, &[&FLAGS]) {
        Ok(arguments) => arguments,
        Err(problem) => return misused(session, &problem),
    };
    if arguments.has("help") {
        return session.out.stdout.push_str(USAGE);
    }
    let [name] = &arguments.words[..] else {
        return misused(session, "name the users who are to ask");
    };
    let world = &mut *session.world;
    let users = world.workload.users.iter().position(|users| users.population.name == *name);
    let Some(index) = users.filter(|&index| world.workload.users[index].population.on_demand)
    else {
        let known: Vec<String> =
            complete(world).into_iter().filter(|word| !word.starts_with('-')).collect();
        let known = match known.len() {
            0 => "this scenario has none".to_owned(),
            _ => format!("there are {}", known.join(", ")),
        };
        return session.out.fail(format!("smoke: no users on demand are named {name:?}; {known}"));
    };
    let allowed = match u64::try_from(arguments.number("failures").unwrap_or(0)) {
        Ok(allowed) => allowed,
        Err(_) => return misused(session, "--failures cannot be below 0"),
    };
    let length = arguments.duration("for").unwrap_or(LENGTH);
    let until = session.ctx.now + length;
    let before = world.registry.users[index];
    world.workload.send_until(index, until, session.ctx);
    session.out.print(format!("{name} ask for {length}"));
    let watching = Watching { users: index, until, before, allowed };
    session.out.watch = Some(Watch::Smoke(watching));
}

fn misused(session: &mut Session<'_, '_>, problem: &str) {
    session.out.warn(format!("smoke: {problem}\n{}", USAGE.trim_end()));
    session.out.status = 2;
}

impl Watching {
    /// The verdict, once everybody has an answer or has given up.
    pub(crate) fn poll(&self, world: &World, now: SimTime) -> FollowStep {
        let users = &world.workload.users[self.users];
        if now < self.until || 0 < users.waiting {
            return FollowStep::default();
        }
        let (before, after) = (&self.before, &world.registry.users[self.users]);
        let failed: Vec<(u64, &str)> = [
            (after.denied - before.denied, "with a code of 4xx"),
            (after.errors - before.errors, "with a code of 5xx"),
            (after.timeouts - before.timeouts, "timed out"),
            (after.refused - before.refused, "refused"),
            (after.resets - before.resets, "cut off"),
        ]
        .into_iter()
        .filter(|(count, _)| 0 < *count)
        .collect();
        let sent = after.sent - before.sent;
        let count: u64 = failed.iter().map(|(count, _)| count).sum();
        let mut line = format!("{sent} requests, {count} failed");
        if !failed.is_empty() {
            let parts: Vec<String> =
                failed.iter().map(|(count, how)| format!("{count} {how}")).collect();
            line += &format!(": {}", parts.join(", "));
        }
        let stdout = line + "\n";
        let stderr = match count {
            _ if sent == 0 => "smoke: nobody has asked anything; ask for longer\n".to_owned(),
            _ if self.allowed < count => {
                format!("smoke: {count} requests failed, at most {} may\n", self.allowed)
            }
            _ => String::new(),
        };
        let status = i32::from(!stderr.is_empty());
        FollowStep { stdout, stderr, done: Some(status) }
    }
}
