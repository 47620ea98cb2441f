//! The Database lab: model and a real PostgreSQL, side by side in the page.

use super::visit::Visit;

/// What the foot of the lab says.
const SAID: &str = "document.querySelector('.database-bar [role=status]')?.textContent ?? ''";

/// PG-20..36, PG-42, EC-3, EC-6: a PostgreSQL in the page judges every case of the book.
#[test]
fn model_and_postgresql_agree_in_every_cell_of_every_case() {
    let visit = Visit::new();
    visit.open("database-lab.html");
    visit.value("document.querySelector('.cutover-database').scrollIntoView()");
    visit.click(".database-bar button", "Ask a real PostgreSQL");
    visit.until(&format!("/agree in/.test({SAID})"), 240);
    let cases = visit.value("document.querySelectorAll('.database-head option').length");
    let cases = cases.as_u64().expect("a number");
    assert!(5 <= cases, "{cases} cases");
    let select = "document.querySelector('.database-head select')";
    let mut cells = 0;
    for case in (0..cases).rev() {
        let before = visit.value("document.querySelector('.database').dataset.case");
        visit.value(&format!("({select}.selectedIndex = {case})"));
        visit.value(&format!("{select}.dispatchEvent(new Event('change', {{ bubbles: true }}))"));
        let title = visit.value(&format!("{select}.value"));
        // With another case, what was said of the one before is gone.
        visit.until(&format!("document.querySelector('.database').dataset.case !== {before}"), 20);
        visit.until(&format!("/agree in/.test({SAID})"), 60);
        let said = visit.value(SAID);
        let said = said.as_str().expect("a text");
        let numbers: Vec<u32> = said.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [.., same, all] = numbers.as_slice() else { panic!("{title}: {said}") };
        let told = visit.value("document.querySelector('.database-matrix').innerText");
        assert_eq!(same, all, "{title}: {told}");
        println!("{title}: {same} of {all} cells agree");
        cells += all;
    }
    assert!(30 <= cells, "{cells} cells");
    visit.click(".database-matrix td button", "✗");
    visit.pictures("database-lab", ".cutover-database");
    visit.assert_clean();
}

/// EC-2.
#[test]
fn a_changed_migration_changes_the_verdict_at_once() {
    let visit = Visit::new();
    visit.open("database-lab.html");
    visit.value("document.querySelector('.cutover-database').scrollIntoView()");
    visit.until("!!document.querySelector('.database-editor textarea')", 60);
    let rows = "document.querySelector('.database-matrix tbody').innerText";
    visit.until(&format!("{rows}.includes('breaks 42703')"), 10);
    let write = |text: &str| {
        visit.value(&format!(
            "(() => {{ const area = document.querySelector('.database-editor textarea'); \
             area.value = {text:?}; \
             area.dispatchEvent(new InputEvent('input', {{ bubbles: true }})); }})()"
        ));
    };
    write("ALTER TABLE customers ADD COLUMN email text;");
    visit.until("document.querySelector('.database-end').textContent.startsWith('No point')", 10);
    write("ALTER TABEL customers;");
    visit.until("/^V2__.*:1:7: /.test(document.querySelector('.database-problems').innerText)", 10);
    visit.click(".database-head button", "Undo my changes");
    visit.until(&format!("{rows}.includes('breaks 42703')"), 10);
    visit.assert_clean();
}
