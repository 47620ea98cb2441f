use std::collections::BTreeMap;

use super::*;
use crate::digest::Digest;
use crate::scenario::Bundle;

const GREEN: &str = "kubectl apply -f green-deployment.yaml";
const CANARY: &str = "kubectl apply -f virtual-service-canary.yaml";

/// The first scenario with few users.
fn scenario() -> Arc<Scenario> {
    macro_rules! files {
        ($($path:literal),* $(,)?) => {
            BTreeMap::from([$((
                $path.to_owned(),
                include_str!(concat!("../../../scenarios/first-cutover/", $path)).to_owned(),
            )),*])
        };
    }
    let mut files = files![
        "scenario.yaml",
        "brief.md",
        "workspace/blue-deployment.yaml",
        "workspace/destination-rule.yaml",
        "workspace/gateway.yaml",
        "workspace/green-deployment.yaml",
        "workspace/service.yaml",
        "workspace/virtual-service-blue.yaml",
        "workspace/virtual-service-canary.yaml",
    ];
    let world = files.get_mut("scenario.yaml").expect("the list has it");
    *world = world.replace("120/s", "4/s").replace("duration: 20m", "duration: 3m");
    let bundle = Bundle { name: "first-cutover".into(), files };
    let (scenario, _) = Scenario::load(&bundle).expect("a shipped scenario is right");
    Arc::new(scenario)
}

fn recording() -> Recording {
    Recording::new(scenario(), Seed(1), Vec::new())
}

fn at(secs: i64) -> SimTime {
    SimTime::from_secs(secs)
}

/// Plays on in small pieces, as frames do.
fn play(recording: &mut Recording, secs: i64) {
    while !recording.advance(at(secs), 40) {}
}

/// A recording with two commands, played to the minute.
fn played() -> Recording {
    let mut recording = recording();
    play(&mut recording, 10);
    recording.execute(GREEN);
    play(&mut recording, 30);
    recording.execute(CANARY);
    play(&mut recording, 60);
    recording
}

fn digest(recording: &Recording) -> Digest {
    recording.simulation().digest()
}

#[test]
fn a_run_played_in_frames_is_the_run_played_at_once() {
    let frames = played();
    let mut once = Recording::new(scenario(), Seed(1), frames.branch().log().to_vec());
    once.seek(at(60));
    assert_eq!(digest(&once), digest(&frames));
}

#[test]
fn scrubbing_back_and_ahead_shows_the_same_run() {
    let mut recording = played();
    let mut known = Vec::new();
    for secs in [5, 10, 20, 30, 45] {
        recording.seek(at(secs));
        known.push((secs, digest(&recording)));
    }
    for (secs, digest_then) in known.into_iter().rev() {
        recording.seek(at(secs));
        assert_eq!((recording.now(), digest(&recording)), (at(secs), digest_then));
    }
    assert_eq!(recording.horizon(), at(60), "looking back forgets nothing");
    recording.seek(at(60));
    assert_eq!(digest(&recording), digest(&played()));
}

#[test]
fn a_command_in_the_past_leaves_the_run_which_can_be_resumed() {
    let mut recording = played();
    let first = digest(&recording);
    recording.seek(at(20));
    recording.execute("kubectl scale deployment my-app-blue --replicas=4");
    assert_eq!(recording.branch().log().len(), 2, "green, then the new command");
    assert_eq!(recording.branch().origin, Some(("Run 1".into(), at(20))));
    play(&mut recording, 60);
    assert_ne!(digest(&recording), first);
    assert!(recording.resume("Run 1"));
    assert_eq!((recording.now(), digest(&recording)), (at(60), first));
    assert_eq!(recording.others()[0].name, "Run 2");
    assert!(!recording.resume("Run 9"));
}

#[test]
fn a_command_at_the_furthest_time_leaves_nothing_behind() {
    let mut recording = played();
    recording.execute("kubectl get pods");
    assert!(recording.others().is_empty());
    assert_eq!(recording.branch().log().len(), 3);
}

#[test]
fn a_command_in_the_past_without_later_ones_only_takes_another_future() {
    let mut recording = played();
    recording.seek(at(50));
    recording.execute("kubectl get pods");
    assert!(recording.others().is_empty());
    assert_eq!(recording.horizon(), at(50));
}

#[test]
fn undo_takes_the_last_command_back_and_can_be_undone() {
    let mut recording = played();
    assert!(recording.undo());
    assert_eq!(recording.now(), at(30));
    assert_eq!(recording.branch().log().len(), 1);
    let mut without = super::Recording::new(scenario(), Seed(1), recording.branch().log().to_vec());
    without.seek(at(30));
    assert_eq!(digest(&recording), digest(&without));
    assert!(recording.undo());
    assert_eq!((recording.now(), recording.branch().log().len()), (at(10), 0));
    assert!(!recording.undo(), "nothing is left");
    assert!(recording.resume("Run 1"));
    assert_eq!(digest(&recording), digest(&played()));
}

#[test]
fn a_fork_keeps_the_past_and_opens_the_future() {
    let mut recording = played();
    recording.seek(at(20));
    recording.fork();
    assert_eq!(recording.branch().log().len(), 1);
    assert_eq!(recording.horizon(), at(20));
}

#[test]
fn a_given_log_is_played_when_its_time_comes() {
    let log = vec![
        LogEntry { at: at(9_999), command: "kubectl get pods".into() },
        LogEntry { at: at(10), command: GREEN.into() },
    ];
    let mut recording = Recording::new(scenario(), Seed(1), log);
    assert_eq!(recording.branch().log().len(), 1, "what lies after the end is dropped");
    play(&mut recording, 9);
    assert!(recording.simulation().log().is_empty());
    play(&mut recording, 10);
    assert_eq!(recording.simulation().log().len(), 1);
}

#[test]
fn a_shared_run_is_the_same_run_elsewhere() {
    let recording = played();
    let text = recording.share().encode();
    let shared = SharedRun::decode(&text).expect("our own text");
    let mut elsewhere = Recording::new(scenario(), shared.seed, shared.log);
    elsewhere.seek(at(60));
    assert_eq!(digest(&elsewhere), digest(&recording));
}

#[test]
fn a_shared_run_has_only_the_commands_given_so_far() {
    let mut recording = played();
    recording.seek(at(20));
    assert_eq!(recording.share().log.len(), 1);
}

#[test]
fn steps_lead_through_the_run_one_moment_at_a_time() {
    let mut recording = played();
    recording.seek(at(29));
    let mut times = Vec::new();
    while recording.now() < at(31) {
        assert!(recording.step());
        times.push(recording.now());
    }
    assert!(times.is_sorted() && times.contains(&at(30)), "the command is a moment of its own");
    recording.seek(at(60));
    assert_eq!(digest(&recording), digest(&played()));
}

#[test]
fn stepping_stops_at_the_end() {
    let mut recording = recording();
    recording.seek(at(180));
    assert!(!recording.step());
    assert_eq!(recording.now(), at(180));
    recording.execute("kubectl get pods");
    assert!(recording.branch().log().is_empty(), "after the end nothing happens");
}

#[test]
fn a_long_run_keeps_few_moments_and_forgets_them_one_at_a_time() {
    let mut recording = recording();
    let mut kept = 0;
    for secs in 1..=180 {
        play(&mut recording, secs);
        let now = recording.current.moments.count();
        assert!(kept <= now && now <= 64, "{kept}, then {now} at {secs} s");
        kept = now;
    }
    let between = recording.current.moments.widest();
    assert!(between <= crate::time::SimDuration::from_secs(10), "{between}");
}

#[test]
fn only_the_newest_runs_are_kept() {
    let mut recording = recording();
    for _ in 0..BRANCHES + 3 {
        recording.fork();
    }
    assert_eq!(recording.others().len(), BRANCHES);
    assert_eq!(recording.others()[0].name, "Run 4");
}
