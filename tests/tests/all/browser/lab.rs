//! The lab: a learner's first run, and what it costs the page.

use sim_core::time::SimTime;
use tests::scenario;

use super::visit::Visit;

const LAB: &str = ".cutover-lab";

/// A frame whose script takes longer than this is late, in milliseconds.
const LATE_MS: f64 = 12.0;
/// Most memory that the module may hold, in bytes, however long it plays.
const MEMORY: f64 = 64e6;

/// The simulated second that the lab's clock shows.
const CLOCK: &str = "(() => { const [minutes, secs] = \
    document.querySelector('.lab-clock').textContent.trim().split(':'); \
    return 60 * Number(minutes) + Number(secs); })()";

#[test]
fn a_learner_types_the_solution_and_sees_every_objective_reached() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('[aria-label=\"Command line\"]')", 60);
    visit.pictures("begin", LAB);
    visit.value("frames_ms.length = playing_ms.length = 0");
    visit.click(".lab-speeds button", "60×");
    visit.click(".lab-transport button", "Play");
    let first = scenario("first-cutover").expect("a scenario without errors");
    for entry in &first.solutions["reference"] {
        let secs = entry.at.since(SimTime::ZERO).as_secs_f64();
        visit.until(&format!("{CLOCK} >= {secs}"), 120);
        // Time stands still while the learner types, whatever else the machine has to do.
        visit.click(".lab-transport button", "Pause");
        visit.type_line(&entry.command);
        visit.click(".lab-transport button", "Play");
        if entry.command.contains("canary") {
            visit.until(&format!("{CLOCK} >= {secs} + 90"), 120);
            visit.click(".lab-transport button", "Pause");
            visit.pictures("canary", LAB);
            visit.click(".lab-transport button", "Play");
        }
    }
    let end = first.duration.as_secs_f64();
    visit.until(&format!("{CLOCK} >= {end}"), 180);
    let all = first.objectives.len();
    visit.until(&format!("document.querySelectorAll('.lab-goal.reached').length === {all}"), 20);
    visit.pictures("finished", LAB);
    judge_frames(&visit, "frames_ms", "at 60× and paused");
    judge_frames(&visit, "playing_ms", "while it plays at 60×");
    visit.click(".lab-dashboard button", "Open it");
    let drawn = "(() => { const panels = [...document.querySelectorAll('.lab-panels figure')]; \
                 return 12 <= panels.length && panels.every((one) => one.querySelector('svg')); })()";
    visit.until(drawn, 60);
    visit.pictures("dashboard", ".lab-dashboard");
    assert_eq!(visit.value("document.querySelectorAll('.lab-panels .lab-problem').length"), 0);
    visit.assert_clean();
}

/// How long the scripts of the frames took. Other programs of the machine may hold up any frame:
/// judged is what most frames took, printed the whole.
fn judge_frames(visit: &Visit, frames: &str, when: &str) {
    let at = |share: f64| {
        let value = format!(
            "(() => {{ const all = {frames}.slice().sort((a, b) => a - b); \
             return all[Math.floor((all.length - 1) * {share})]; }})()"
        );
        visit.value(&value).as_f64().expect("frames were drawn")
    };
    let late = visit.value(&format!("{frames}.filter((one) => {LATE_MS} < one).length"));
    let count = visit.value(&format!("{frames}.length"));
    let (median, most, longest) = (at(0.5), at(0.95), at(1.0));
    println!(
        "frames {when}: {count}, script median {median:.1} ms, 95 % within {most:.1} ms, \
         longest {longest:.1} ms, {late} over {LATE_MS} ms"
    );
    assert!(median < LATE_MS, "half of the frames are late: {median} ms");
}

#[test]
fn memory_does_not_grow_with_the_time_that_is_played() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('.lab')", 60);
    let held = || {
        let module = "(async () => { const lab = await import(new URL('wasm/lab.js', location.href)); \
                      return (await lab.default()).memory.buffer.byteLength; })()";
        visit.value(module).as_f64().expect("a number")
    };
    let end = scenario("first-cutover").expect("a scenario").duration.as_secs_f64();
    let mut after = Vec::new();
    visit.click(".lab-speeds button", "60×");
    for start in ["Play", "Replay", "Replay"] {
        visit.click(".lab-transport button", start);
        visit.until(&format!("{CLOCK} < {end}"), 20);
        visit.until(&format!("{CLOCK} >= {end}"), 180);
        after.push(held());
    }
    let megabytes: Vec<_> = after.iter().map(|bytes| format!("{:.1} MB", bytes / 1e6)).collect();
    println!("memory after 20, 40, 60 minutes played: {}", megabytes.join(", "));
    assert!(after[0] <= MEMORY, "{megabytes:?}");
    assert!(after[2] <= 1.1 * after[0], "{megabytes:?}");
}
