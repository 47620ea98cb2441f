//! The safety map in the lab: what it costs the page, and what it says.

use super::visit::Visit;

/// Longest time for a map, in milliseconds.
const LONGEST_MS: f64 = 5_000.0;
/// A frame whose script takes longer than this is late, in milliseconds.
const LATE_MS: f64 = 12.0;

/// EC-2, PG-25: five schemas of four releases, while the page goes on.
#[test]
fn the_map_of_a_scenario_is_drawn_within_five_seconds_and_holds_up_no_frame() {
    let visit = Visit::new();
    visit.open("rename-in-one-step.html");
    visit.until("!!document.querySelector('.lab-tabs')", 60);
    visit.click(".lab-tabs button", "Terminal");
    visit.until("!!document.querySelector('[aria-label=\"Command line\"]')", 60);
    visit.type_line("psql -f V2__rename_mail.sql");
    visit.click(".lab-transport button", "Step");
    visit.value("frames_ms.length = 0");
    visit.value("(window.began = performance.now())");
    visit.click(".lab-map button", "Draw the map");
    visit.until("!!document.querySelector('.lab-map-path')", 60);
    let took = visit.value("performance.now() - began").as_f64().expect("a number");
    let sorted = "frames_ms.slice().sort((a, b) => a - b)";
    let at = |share: f64| {
        let value = format!("{sorted}[Math.floor((frames_ms.length - 1) * {share})]");
        visit.value(&value).as_f64().expect("frames were drawn")
    };
    let runs = visit.value("document.querySelectorAll('.lab-map-table td').length");
    let (median, most, longest) = (at(0.5), at(0.95), at(1.0));
    println!(
        "safety map of {runs} cells in {took:.0} ms; script of a frame: median {median:.1} ms, \
         95 % within {most:.1} ms, longest {longest:.1} ms"
    );
    assert!(took < LONGEST_MS, "{took} ms");
    assert!(median < LATE_MS, "half of the frames are late: {median} ms");
    let said = visit.value("document.querySelector('.lab-map-path').innerText");
    let said = said.as_str().expect("a text");
    assert!(said.contains("V2__rename_mail.sql, v1: errors"), "{said}");
    assert!(said.contains("Point of no return: V2__rename_mail.sql"), "{said}");
    let head = visit.value("document.querySelector('.lab-map-table caption').textContent");
    assert!(head.as_str().expect("a text").contains("data loss"), "{head}");
    visit.pictures("map", ".lab-map");
    visit.assert_clean();
}
