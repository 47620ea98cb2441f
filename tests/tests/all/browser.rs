//! The built guide in a real browser: a learner's first visit, and the digests.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use headless_chrome::protocol::cdp::{Emulation, Page};
use headless_chrome::{Browser, LaunchOptions, Tab};
use serde_json::Value;
use sim_core::time::SimTime;
use tests::{repository, scenario};

use crate::determinism::{assert_same, plan};
use crate::server::serve;

/// Runs before every page: collects errors, and how long the page's frames took.
const WATCH: &str = r"
window.errors = [];
// Chromium reports a resize that it handles one frame later as an error; it is none.
const harmless = 'ResizeObserver loop';
addEventListener('error', (event) => {
  const what = String(event.message || event.target?.src);
  if (!what.startsWith(harmless)) errors.push(what);
});
addEventListener('unhandledrejection', (event) => errors.push(String(event.reason)));
const error = console.error;
console.error = (...words) => { errors.push(words.join(' ')); error(...words); };
window.frames_ms = [];
const request = window.requestAnimationFrame;
window.requestAnimationFrame = (callback) => request((at) => {
  const began = performance.now();
  callback(at);
  frames_ms.push(performance.now() - began);
});
window.until = (holds, secs, what) => new Promise((done, fail) => {
  const deadline = performance.now() + 1000 * secs;
  const look = () => {
    let found;
    try { found = holds(); } catch (problem) { found = false; }
    if (found) done(JSON.stringify(found));
    else if (performance.now() < deadline) setTimeout(look, 20);
    else fail(new Error('waited in vain for ' + what));
  };
  look();
});
";

/// Chromium with a profile of its own, and one tab.
struct Visit {
    tab: Arc<Tab>,
    origin: String,
    _browser: Browser,
}

impl Visit {
    fn new() -> Self {
        let dist = repository().join("dist");
        assert!(dist.join("book/index.html").is_file(), "`cargo xtask test` builds the guide");
        let address = serve(dist.join("book"), dist.join("digest"));
        let flags = [
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        let options = LaunchOptions::default_builder()
            .headless(true)
            .sandbox(false)
            .enable_gpu(false)
            .window_size(Some((1440, 1000)))
            .args(flags.map(std::ffi::OsStr::new).to_vec())
            .idle_browser_timeout(Duration::from_secs(600))
            .build()
            .expect("launch options");
        let browser = Browser::new(options).expect("Chromium starts");
        let tab = browser.new_tab().expect("a tab");
        tab.set_default_timeout(Duration::from_secs(120));
        tab.call_method(Page::AddScriptToEvaluateOnNewDocument {
            source: WATCH.into(),
            world_name: None,
            include_command_line_api: None,
            run_immediately: None,
        })
        .expect("the script is added");
        Self { tab, origin: format!("http://{address}"), _browser: browser }
    }

    fn open(&self, path: &str) {
        self.tab.navigate_to(&format!("{}/{path}", self.origin)).expect("a page");
        self.tab.wait_until_navigated().expect("the page loads");
    }

    /// The value of an expression; a promise is awaited.
    fn value(&self, expression: &str) -> Value {
        let wrapped = format!("(async () => JSON.stringify(await ({expression}) ?? null))()");
        let answer = self.tab.evaluate(&wrapped, true);
        let answer = answer.unwrap_or_else(|problem| panic!("{expression}: {problem}"));
        let text = answer.value.unwrap_or_else(|| panic!("{expression}: {:?}", answer.description));
        serde_json::from_str(text.as_str().unwrap_or("null")).expect("JSON")
    }

    /// Waits until an expression holds.
    fn until(&self, holds: &str, secs: u32) {
        self.value(&format!("until(() => {holds}, {secs}, {holds:?})"));
    }

    fn click(&self, selector: &str, label: &str) {
        let find = format!(
            "[...document.querySelectorAll({selector:?})]\
             .find((one) => one.textContent.trim().startsWith({label:?}))"
        );
        self.until(&format!("!!{find}"), 20);
        self.value(&format!("{find}.click()"));
    }

    fn type_line(&self, line: &str) {
        self.value("document.querySelector('[aria-label=\"Command line\"]').focus()");
        self.tab.type_str(line).expect("keys are typed");
        self.tab.press_key("Enter").expect("Enter is pressed");
    }

    fn picture(&self, name: &str, width: u32, theme: &str) {
        let scheme = if theme == "light" { "light" } else { "dark" };
        self.tab
            .call_method(Emulation::SetDeviceMetricsOverride {
                width,
                height: 1000,
                device_scale_factor: 1.0,
                mobile: false,
                scale: None,
                screen_width: None,
                screen_height: None,
                position_x: None,
                position_y: None,
                dont_set_visible_size: None,
                screen_orientation: None,
                viewport: None,
                display_feature: None,
                device_posture: None,
            })
            .expect("a window of that size");
        let feature =
            Emulation::MediaFeature { name: "prefers-color-scheme".into(), value: scheme.into() };
        self.tab
            .call_method(Emulation::SetEmulatedMedia { media: None, features: Some(vec![feature]) })
            .expect("a colour scheme");
        let themed = format!(
            "(() => {{ const all = ['light', 'navy']; const root = document.documentElement; \
             root.classList.remove(...all); root.classList.add({theme:?}); \
             document.querySelector('.cutover-lab').scrollIntoView(); }})()"
        );
        self.value(&themed);
        self.value(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
        );
        let format = Page::CaptureScreenshotFormatOption::Png;
        let png = self.tab.capture_screenshot(format, None, None, true).expect("a picture");
        let folder = repository().join("target/screenshots");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(format!("{name}-{scheme}-{width}.png")), png).expect("a file");
    }

    fn assert_clean(&self) {
        assert_eq!(self.value("errors"), Value::Array(Vec::new()), "the page reports errors");
        let foreign = "performance.getEntriesByType('resource').map((one) => one.name)\
                       .filter((name) => !name.startsWith(location.origin) && !name.startsWith('data:'))";
        assert_eq!(self.value(foreign), Value::Array(Vec::new()), "requests leave the origin");
    }
}

/// The simulated second that the lab's clock shows.
const CLOCK: &str = "(() => { const [minutes, secs] = \
    document.querySelector('.lab-clock').textContent.trim().split(':'); \
    return 60 * Number(minutes) + Number(secs); })()";

#[test]
fn a_learner_types_the_solution_and_sees_every_objective_reached() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('[aria-label=\"Command line\"]')", 60);
    visit.picture("begin", 1440, "light");
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
            for (width, theme) in [(1440, "light"), (1440, "navy"), (390, "light"), (390, "navy")] {
                visit.picture("canary", width, theme);
            }
            visit.picture("canary", 1440, "light");
        }
    }
    let end = first.duration.as_secs_f64();
    visit.until(&format!("{CLOCK} >= {end}"), 180);
    let all = first.objectives.len();
    visit.until(&format!("document.querySelectorAll('.lab-goal.reached').length === {all}"), 20);
    for (width, theme) in [(1440, "light"), (1440, "navy"), (390, "light"), (390, "navy")] {
        visit.picture("finished", width, theme);
    }
    let longest = visit.value("Math.max(...frames_ms)");
    let median = visit.value("frames_ms.sort((a, b) => a - b)[frames_ms.length >> 1]");
    println!("frames at 60×: median {median} ms, longest {longest} ms of script");
    visit.assert_clean();
}

#[test]
fn a_quiz_is_answered_and_found_again_after_a_reload() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('.quiz-question input[type=radio]')", 60);
    let question = "document.querySelector('.quiz-question:has(input[type=radio])')";
    let choices = visit.value(&format!("{question}.querySelectorAll('input[type=radio]').length"));
    let mut correct = false;
    for choice in 0..choices.as_u64().expect("a number") {
        visit.value(&format!("{question}.querySelectorAll('input[type=radio]')[{choice}].click()"));
        visit.value(&format!(
            "[...{question}.querySelectorAll('button')].find((one) => one.textContent === 'Check').click()"
        ));
        visit.until(&format!("!!{question}.querySelector('.quiz-verdict')"), 10);
        let verdict =
            visit.value(&format!("{question}.querySelector('.quiz-verdict').textContent"));
        let verdict = verdict.as_str().expect("a text");
        assert!(20 < verdict.len(), "every choice has feedback, not only `{verdict}`");
        if verdict.trim_start().starts_with('✓') {
            correct = true;
            break;
        }
        visit.value(&format!(
            "[...{question}.querySelectorAll('button')].find((one) => one.textContent === 'Try again').click()"
        ));
        visit.until(&format!("!{question}.querySelector('.quiz-verdict')"), 10);
    }
    assert!(correct, "one of the choices is right");
    visit.open("what-and-why.html");
    visit.until(
        "document.querySelector('.quiz-found')?.textContent.startsWith('Progress found')",
        60,
    );
    visit
        .until(&format!("{question}.querySelector('.quiz-verdict').textContent.includes('✓')"), 10);
    visit.assert_clean();
}

#[test]
fn chromium_gives_the_same_digests() {
    let visit = Visit::new();
    visit.open("extra/digest.js");
    let script = format!(
        "(async () => {{
            const {{ default: init, Case }} = await import('/extra/digest.js');
            await init({{ module_or_path: '/extra/digest_bg.wasm' }});
            const plan = {};
            const run = async (one) => {{
                while (!one.advance(plan.chunk)) await new Promise((next) => setTimeout(next));
                return one.digest();
            }};
            const digests = [await run(Case.shipped(plan.bundle, plan.solution))];
            for (let number = 1; number <= plan.random; number++) {{
                digests.push(await run(Case.random(number)));
            }}
            return digests;
        }})()",
        plan()
    );
    let digests = visit.value(&script);
    let digests: Vec<_> = digests.as_array().expect("a list").iter().collect();
    let digests: Vec<_> = digests.iter().map(|one| one.as_str().unwrap_or("").to_owned()).collect();
    assert_same("Chromium", &digests);
}
