//! What holds for the look of every page: nothing sticks out, text can be read, the keyboard suffices.

use std::fs;

use serde_json::Value;
use tests::repository;

use super::visit::{Theme, Visit, WIDTHS};

/// The chapters, as files of the built guide.
fn chapters() -> Vec<String> {
    let sources = fs::read_dir(repository().join("book/src")).expect("the book has sources");
    let names = sources.filter_map(|entry| entry.expect("an entry").file_name().into_string().ok());
    let chapters = names.filter(|name| name != "SUMMARY.md");
    let mut chapters: Vec<_> =
        chapters.filter_map(|name| Some(format!("{}.html", name.strip_suffix(".md")?))).collect();
    chapters.sort();
    chapters
}

#[test]
fn no_page_scrolls_sideways_and_figures_keep_their_letters() {
    let visit = Visit::new();
    for chapter in chapters() {
        visit.open(&chapter);
        for width in WIDTHS {
            visit.appear(width, Theme::Light);
            let wider = visit.value("document.documentElement.scrollWidth - innerWidth");
            assert!(wider.as_f64() <= Some(0.0), "{chapter} at {width} px: {wider} px too wide");
            // A drawing that is shrunk shrinks its letters of 12 px with it.
            let shrunk = "[...document.querySelectorAll('.cutover-figure svg')]\
                 .map((one) => one.getBoundingClientRect().width / one.getAttribute('width'))\
                 .filter((scale) => 0 < scale && scale < 0.9)";
            assert_eq!(visit.value(shrunk), Value::Array(Vec::new()), "{chapter} at {width} px");
        }
    }
    visit.open("observability.html");
    visit.pictures("chapter", "main");
    visit.assert_clean();
}

/// Pairs of tokens that make text and its ground: ratios of contrast below 4.5, WCAG's AA.
const POOR_CONTRAST: &str = "(() => {
    const style = getComputedStyle(document.querySelector('.cutover-lab'));
    const rgb = (token) => {
        const probe = document.createElement('i');
        probe.style.color = style.getPropertyValue(token);
        document.body.append(probe);
        const parts = getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number);
        probe.remove();
        return parts;
    };
    const luminance = (token) => {
        const [red, green, blue] = rgb(token).map((part) => {
            const share = part / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const grounds = ['--bg', '--panel', '--raised'];
    const pairs = ['--ink', '--muted', '--blue', '--green', '--bad', '--warn']
        .flatMap((text) => grounds.map((ground) => [text, ground]));
    pairs.push(['--ink', '--blue-soft'], ['--ink', '--green-soft'], ['--bad', '--bad-soft'],
        ['--warn', '--warn-soft'], ['--ink', '--warn-soft'], ['--green', '--green-soft']);
    return pairs.filter(([text, ground]) => {
        const [one, other] = [luminance(text), luminance(ground)].sort((a, b) => b - a);
        return !(4.5 <= (one + 0.05) / (other + 0.05));
    }).map((pair) => pair.join(' on '));
})()";

#[test]
fn text_stands_out_from_its_ground_in_both_themes() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    for theme in [Theme::Light, Theme::Dark] {
        visit.appear(WIDTHS[0], theme);
        assert_eq!(visit.value(POOR_CONTRAST), Value::Array(Vec::new()), "{theme:?}");
    }
}

#[test]
fn the_stage_keeps_letters_of_twelve_pixels_and_turns_on_a_telephone() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('.lab-topology svg text')", 60);
    for width in WIDTHS {
        visit.appear(width, Theme::Light);
        let small = "[...document.querySelectorAll('.lab-topology svg text')]\
             .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 12).length";
        assert_eq!(visit.value(small), 0, "small letters at {width} px");
        visit.until(
            "(() => { const svg = document.querySelector('.lab-topology svg'); \
             return Math.abs(svg.getBoundingClientRect().width / svg.viewBox.baseVal.width - 1) < 0.02; })()",
            10,
        );
    }
    visit.appear(390, Theme::Light);
    visit.until(
        "(() => { const box = document.querySelector('.lab-topology svg').viewBox.baseVal; \
         return box.width < box.height; })()",
        10,
    );
}

#[test]
fn the_tab_key_walks_through_the_lab_and_out_of_it_with_the_focus_in_sight() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('.lab-topology svg text')", 60);
    visit.value("document.querySelector('.lab').focus()");
    let mut stops = Vec::new();
    loop {
        visit.tab.press_key("Tab").expect("Tab is pressed");
        if visit.value("!document.activeElement.closest('.lab')") == true {
            break;
        }
        let shown = "(() => { const style = getComputedStyle(document.activeElement); \
                     return style.outlineStyle !== 'none' || style.boxShadow !== 'none'; })()";
        let name = "(() => { const one = document.activeElement; \
                    return one.getAttribute('aria-label') || one.textContent.trim(); })()";
        let name = visit.value(name);
        assert_eq!(visit.value(shown), true, "the focus cannot be seen on {name}");
        assert_ne!(name, "", "something without a name can be focused");
        stops.push(name);
        assert!(stops.len() < 60, "the keyboard is trapped: {stops:?}");
    }
    assert!(10 < stops.len(), "only {stops:?} can be reached");
}
