//! The strategies side by side in the lab.

use super::visit::Visit;

#[test]
fn seven_strategies_are_run_in_the_page_on_request() {
    let visit = Visit::new();
    visit.open("what-and-why.html");
    visit.until("!!document.querySelector('.lab-compare button')", 60);
    visit.value("frames_ms.length = 0");
    visit.value("(window.began = performance.now())");
    visit.click(".lab-compare button", "Run all seven");
    visit.until("document.querySelectorAll('.lab-compare-table tbody tr').length == 7", 120);
    let took = visit.value("performance.now() - began").as_f64().expect("a number");
    println!("seven strategies, two runs each, in {took:.0} ms");
    let cells = "[...document.querySelectorAll('.lab-compare-table tbody tr')]\
                 .map((row) => [...row.children].map((cell) => cell.innerText.split('\\n')[0]))";
    let failed = |strategy: &str, column: u32| {
        let cell = format!("{cells}.find((row) => row[0] == '{strategy}')[{column}]");
        let text = visit.value(&cell);
        text.as_str().expect("a text").parse::<u64>().expect("a number")
    };
    assert!(0 < failed("recreate", 1), "a recreation is an outage");
    assert_eq!(failed("canary", 1), 0);
    assert_eq!(failed("mirror", 6), 0, "copies hurt nobody");
    visit.pictures("strategies", ".lab-compare");
    visit.assert_clean();
}
