//! Maps of shipped scenarios.

use super::*;
use crate::random::Seed;
use crate::scenario::log;
use crate::scenario::tests::shipped;
use crate::scenario::{LogEntry, Scenario};
use std::sync::Arc;

fn scenario(name: &str) -> Arc<Scenario> {
    Arc::new(Scenario::load(&shipped(name)).expect("a shipped scenario is right").0)
}

fn typed(text: &str) -> Vec<LogEntry> {
    log::parse("test.log", text).expect("a log").entries
}

/// The map of a scenario, with the run of a log.
fn map(name: &str, log: Option<Vec<LogEntry>>) -> SafetyMap {
    in_slices(&scenario(name), log, 1_000_000)
}

fn in_slices(scenario: &Arc<Scenario>, log: Option<Vec<LogEntry>>, events: u32) -> SafetyMap {
    let run = log.map(|log| (log, SimTime::MAX));
    let mut making = Making::new(Arc::clone(scenario), Seed(1), run).expect("something to map");
    while making.advance(events).expect("releases").is_continue() {}
    making.map().clone()
}

fn shipped_log(name: &str, log: &str) -> Option<Vec<LogEntry>> {
    let scenario = scenario(name);
    let naive = scenario.naive.get(log).map(|naive| &naive.log);
    Some(scenario.solutions.get(log).or(naive).expect("a log").clone())
}

/// The verdict on a row, by its label, at a column, by its words.
fn class(map: &SafetyMap, row: &str, column: &str) -> Class {
    let row = (0..map.rows.len()).find(|index| map.row(*index) == row).expect("a row");
    let column =
        (0..map.columns.len()).find(|index| map.column(*index) == column).expect("a column");
    map.rows[row].cells[column].as_ref().expect("it was run").class
}

/// Where the path was: row, column, verdict.
fn stations(map: &SafetyMap) -> Vec<(String, Class)> {
    map.path.iter().map(|station| (map.place(station), station.class)).collect()
}

/// EC-2, EC-3, EC-6, PG-25.
#[test]
fn a_rename_in_place_leaves_no_release_a_neighbour_and_expanding_does_ec_03() {
    use Class::{DataLoss, Errors, Safe};
    let map = map("rename-in-one-step", None);
    let rows: Vec<&str> = (0..map.rows.len()).map(|row| map.row(row)).collect();
    let expand =
        ["expand/V2__add_email.sql", "expand/V3__copy_mail.sql", "expand/V4__drop_mail.sql"];
    assert_eq!(rows, [&["(before)", "V2__rename_mail.sql"], &expand[..]].concat());
    let table = [
        ("(before)", [Safe, Errors, Errors, Errors]),
        ("V2__rename_mail.sql", [Errors, Errors, Errors, Safe]),
        ("expand/V2__add_email.sql", [Safe, Safe, DataLoss, DataLoss]),
        ("expand/V3__copy_mail.sql", [Safe, Safe, Safe, Errors]),
        ("expand/V4__drop_mail.sql", [Errors, Errors, Errors, Safe]),
    ];
    for (row, expected) in table {
        let found = ["v1", "v2", "v3", "v4"].map(|column| class(&map, row, column));
        assert_eq!(found, expected, "{row}");
    }
    assert_eq!(map.points_of_no_return(), [1, 4]);
}

/// EC-6.
#[test]
fn a_release_that_reads_the_new_column_beside_one_that_writes_the_old_one_loses_data_ec_06() {
    let map = map("rename-in-one-step", None);
    let copied = "expand/V3__copy_mail.sql";
    assert_eq!(class(&map, copied, "v2 + v3"), Class::Safe);
    assert_eq!(class(&map, copied, "v1 + v3"), Class::DataLoss);
    let row = (0..map.rows.len()).find(|row| map.row(*row) == copied).expect("a row");
    let reason = "v3 reads customers.email, while v1 writes mail alone";
    assert!(map.reasons(row).contains(&reason), "{:#?}", map.reasons(row));
}

#[test]
fn two_commands_in_one_line_are_two_stations_with_errors_between_them() {
    let map = map("rename-in-one-step", shipped_log("rename-in-one-step", "rename-and-switch"));
    let expected = [
        ("(before), v1", Class::Safe),
        ("V2__rename_mail.sql, v1", Class::Errors),
        ("V2__rename_mail.sql, v4", Class::Safe),
    ];
    assert_eq!(stations(&map), expected.map(|(place, class)| (place.to_owned(), class)));
    assert!(0 < map.path[1].failed, "{:?}", map.path[1]);
    assert_eq!((map.worst(), map.path_of_no_return()), (Some(1), Some(1)));
}

/// EC-1.
#[test]
fn the_long_way_meets_safe_cells_only_ec_01() {
    let map = map("rename-in-one-step", shipped_log("rename-in-one-step", "reference"));
    let expected = [
        "(before), v1",
        "expand/V2__add_email.sql, v1",
        "expand/V2__add_email.sql, v2",
        "expand/V3__copy_mail.sql, v2",
        "expand/V3__copy_mail.sql, v3",
    ];
    let expected: Vec<_> = expected.map(|place| (place.to_owned(), Class::Safe)).into();
    assert_eq!(stations(&map), expected);
    assert_eq!(map.path_of_no_return(), None);
}

/// EC-6: the cell is safe, and the way into it is not.
#[test]
fn copying_before_both_are_written_loses_what_is_written_in_between_ec_06() {
    let log = "00:10 psql -f expand/V2__add_email.sql\n\
               00:20 psql -f expand/V3__copy_mail.sql\n\
               00:30 kubectl apply -f v3-deployment.yaml\n\
               02:00 kubectl apply -f virtual-service-v3.yaml\n";
    let map = map("rename-in-one-step", Some(typed(log)));
    assert_eq!(class(&map, "expand/V3__copy_mail.sql", "v3"), Class::Safe);
    let last = map.path.last().expect("a path");
    assert_eq!(last.class, Class::DataLoss);
    assert_eq!(last.reasons, ["v3 reads customers.email, while v1 writes mail alone"]);
}

/// PG-04.
#[test]
fn a_migration_behind_a_report_blocks_whoever_uses_the_table_pg_04() {
    let map = map("alter-behind-a-report", None);
    let row = &map.rows[1];
    assert_eq!(row.label, "V2__note.sql");
    for (column, edge) in row.edges.iter().enumerate() {
        let edge = edge.as_ref().expect("it was run");
        // Green alone is refused before it would wait: its column is not there yet.
        let flow = if map.column(column) == "green" { Flow::Free } else { Flow::Blocks };
        assert_eq!((edge.flow, edge.seconds), (flow, None), "{}", map.column(column));
    }
    assert_eq!(class(&map, "V2__note.sql", "green"), Class::Safe);
}

/// EC-5.
#[test]
fn batches_are_a_row_when_all_of_them_are_done_ec_05() {
    let name = "type-change-on-a-big-table";
    let map = map(name, shipped_log(name, "reference"));
    let typed: Vec<&str> =
        map.rows.iter().filter(|row| row.typed).map(|row| row.label.as_str()).collect();
    assert_eq!(typed, ["expand/copy-in-batches.sql"]);
    assert!(map.path.iter().all(|station| station.class == Class::Safe), "{:#?}", stations(&map));
}

#[test]
fn migrations_that_have_been_run_are_no_rows_and_files_of_the_learner_are() {
    let name = "edited-migration";
    let labels =
        |map: &SafetyMap| -> Vec<String> { map.rows.iter().map(|row| row.label.clone()).collect() };
    assert_eq!(labels(&map(name, None)), [""]);
    let reference = map(name, shipped_log(name, "reference"));
    assert_eq!(labels(&reference), ["", "db/migration/V3__voucher.sql"]);
}

#[test]
fn slices_of_any_size_make_the_same_map() {
    let scenario = scenario("required-column-without-default");
    let log = shipped_log("required-column-without-default", "reference");
    assert_eq!(in_slices(&scenario, log.clone(), 777), in_slices(&scenario, log, 1_000_000));
}

#[test]
fn a_scenario_without_a_schema_has_no_map() {
    let problem = Making::new(scenario("first-cutover"), Seed(1), None).expect_err("no schema");
    assert_eq!(problem, "the scenario does not say what its database holds (`schema:`)");
}

/// FW-09, LQ-04.
#[test]
fn a_release_that_migrates_when_it_starts_is_tried_on_the_schema_of_the_row() {
    let map = map("lock-left-behind", shipped_log("lock-left-behind", "reference"));
    assert_eq!(class(&map, "db/changes/002-voucher.sql", "green"), Class::Safe);
}
