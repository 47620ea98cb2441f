//! Chromium on the built guide.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use headless_chrome::protocol::cdp::{Emulation, Page};
use headless_chrome::{Browser, LaunchOptions, Tab};
use serde_json::Value;
use tests::repository;

use crate::server::serve;

/// Widths that the guide is looked at, in pixels: a desk's and a telephone's.
pub(super) const WIDTHS: [u32; 2] = [1440, 390];

/// A theme of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// What mdBook calls it.
    fn class(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "navy",
        }
    }

    /// What the system calls it.
    fn scheme(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Runs before every page: collects errors, and how long the page's frames took, those of a lab that plays
/// also by themselves.
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
window.playing_ms = [];
const plays = () => document.querySelector('.lab-transport')?.textContent.includes('Pause');
const request = window.requestAnimationFrame;
window.requestAnimationFrame = (callback) => request(async (at) => {
  const playing = plays();
  const began = performance.now();
  callback(at);
  // What a callback puts off to microtasks still holds up the frame.
  for (let round = 0; round < 20; round++) await null;
  const took = performance.now() - began;
  frames_ms.push(took);
  if (playing) playing_ms.push(took);
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
pub(super) struct Visit {
    pub(super) tab: Arc<Tab>,
    origin: String,
    _browser: Browser,
}

impl Visit {
    pub(super) fn new() -> Self {
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

    pub(super) fn open(&self, path: &str) {
        self.tab.navigate_to(&format!("{}/{path}", self.origin)).expect("a page");
        self.tab.wait_until_navigated().expect("the page loads");
    }

    /// The value of an expression; a promise is awaited.
    pub(super) fn value(&self, expression: &str) -> Value {
        let wrapped = format!("(async () => JSON.stringify(await ({expression}) ?? null))()");
        let answer = self.tab.evaluate(&wrapped, true);
        let answer = answer.unwrap_or_else(|problem| panic!("{expression}: {problem}"));
        let text = answer.value.unwrap_or_else(|| panic!("{expression}: {:?}", answer.description));
        serde_json::from_str(text.as_str().unwrap_or("null")).expect("JSON")
    }

    /// Waits until an expression holds.
    pub(super) fn until(&self, holds: &str, secs: u32) {
        self.value(&format!("until(() => {holds}, {secs}, {holds:?})"));
    }

    pub(super) fn click(&self, selector: &str, label: &str) {
        let find = format!(
            "[...document.querySelectorAll({selector:?})]\
             .find((one) => one.textContent.trim().startsWith({label:?}))"
        );
        self.until(&format!("!!{find}"), 20);
        self.value(&format!("{find}.click()"));
    }

    pub(super) fn type_line(&self, line: &str) {
        self.value("document.querySelector('[aria-label=\"Command line\"]').focus()");
        self.tab.type_str(line).expect("keys are typed");
        self.tab.press_key("Enter").expect("Enter is pressed");
    }

    /// The window's width and the theme. A narrow window has no room for the book's sidebar, which a
    /// visitor would have closed.
    pub(super) fn appear(&self, width: u32, theme: Theme) {
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
        let feature = Emulation::MediaFeature {
            name: "prefers-color-scheme".into(),
            value: theme.scheme().into(),
        };
        self.tab
            .call_method(Emulation::SetEmulatedMedia { media: None, features: Some(vec![feature]) })
            .expect("a colour scheme");
        self.value(&format!(
            "(() => {{ const classes = document.documentElement.classList; \
             classes.remove('light', 'navy'); classes.add({:?}); }})()",
            theme.class()
        ));
        // The button, not its box: it also brings back the sidebar that the box alone leaves hidden.
        self.value(
            "(() => { const box = document.getElementById('mdbook-sidebar-toggle-anchor'); \
             if (box && box.checked !== 1080 <= innerWidth) \
             document.getElementById('mdbook-sidebar-toggle').click(); })()",
        );
        self.settle();
        // The sidebar slides.
        let still = "['.sidebar', '.page-wrapper'].every((one) => \
                     !document.querySelector(one)?.getAnimations().length)";
        self.until(still, 10);
        self.settle();
    }

    /// Lets the browser lay out and draw what has changed.
    pub(super) fn settle(&self) {
        self.value(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
        );
    }

    /// Pictures of what stands at `selector`, for people: both themes, a desk's and a telephone's
    /// width.
    pub(super) fn pictures(&self, name: &str, selector: &str) {
        for width in WIDTHS {
            for theme in [Theme::Light, Theme::Dark] {
                self.appear(width, theme);
                self.value(&format!("document.querySelector({selector:?}).scrollIntoView()"));
                self.settle();
                let format = Page::CaptureScreenshotFormatOption::Png;
                let png = self.tab.capture_screenshot(format, None, None, true).expect("a picture");
                let folder = repository().join("target/screenshots");
                fs::create_dir_all(&folder).expect("a folder");
                let file = format!("{name}-{}-{width}.png", theme.scheme());
                fs::write(folder.join(file), png).expect("a file");
            }
        }
        self.appear(WIDTHS[0], Theme::Light);
    }

    pub(super) fn assert_clean(&self) {
        assert_eq!(self.value("errors"), Value::Array(Vec::new()), "the page reports errors");
        let foreign = "performance.getEntriesByType('resource').map((one) => one.name)\
                       .filter((name) => !name.startsWith(location.origin) && !name.startsWith('data:'))";
        assert_eq!(self.value(foreign), Value::Array(Vec::new()), "requests leave the origin");
    }
}
