use super::*;
use crate::flyway::history::BASELINE;

fn file(script: &str, text: &str) -> Migration {
    let name = Name::parse(script).unwrap();
    Migration { name, script: script.to_owned(), checksum: checksum(text) }
}

/// A history in which these files have been run, in this order.
fn run(files: &[&Migration]) -> History {
    let mut history = History::default();
    for file in files {
        add(&mut history, file, true);
    }
    history
}

fn add(history: &mut History, file: &Migration, success: bool) {
    let undo = matches!(file.name, Name::Undo(..));
    let rank = history.next_rank();
    history.entries.push(Entry {
        rank,
        version: file.name.version().cloned(),
        description: file.name.description().to_owned(),
        kind: if undo { Kind::Undo } else { Kind::Sql },
        script: file.script.clone(),
        checksum: Some(file.checksum),
        installed_by: "shop".to_owned(),
        installed_on: "2026-01-01 10:00:00".to_owned(),
        millis: 12,
        success,
    });
}

fn states(files: &[Migration], history: &History, settings: &Settings) -> Vec<String> {
    let infos = info(files, history, settings);
    let shown = infos.iter().map(|info| {
        let name =
            info.version().map_or_else(|| info.description().to_owned(), ToString::to_string);
        format!("{name}: {}", info.state.text())
    });
    shown.collect()
}

fn codes(files: &[Migration], history: &History, migrating: bool) -> Vec<&'static str> {
    let found = validate(files, history, &Settings::default(), migrating);
    found.iter().map(|mismatch| mismatch.code).collect()
}

fn next_of(files: &[Migration], history: &History, settings: &Settings) -> Option<String> {
    next(files, history, settings).unwrap().map(|next| next.migration.script.clone())
}

/// FW-06, OFW-3.
#[test]
fn a_version_below_the_newest_is_ignored_and_fails_validation() {
    let files = [file("V1.0__a.sql", "a"), file("V2__b.sql", "b"), file("V3.0__c.sql", "c")];
    let history = run(&[&files[0], &files[2]]);
    let settings = Settings::default();
    assert_eq!(states(&files, &history, &settings), ["1.0: Success", "2: Ignored", "3.0: Success"]);
    for migrating in [true, false] {
        assert_eq!(
            codes(&files, &history, migrating),
            ["RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED"]
        );
    }
    assert_eq!(next_of(&files, &history, &settings), None);
}

/// FW-06.
#[test]
fn out_of_order_runs_a_lower_version_and_says_so() {
    let files = [file("V1__a.sql", "a"), file("V2__b.sql", "b"), file("V3__c.sql", "c")];
    let mut history = run(&[&files[0], &files[2]]);
    let settings = Settings { out_of_order: true, ..Settings::default() };
    let due = next(&files, &history, &settings).unwrap().unwrap();
    assert!(due.out_of_order);
    let says = "schema \"public\" to version \"2 - b\" [out of order]";
    assert_eq!(print::named(&due, &settings.schema, true), says);
    add(&mut history, &files[1], true);
    let expected = ["1: Success", "3: Success", "2: Out of Order"];
    assert_eq!(states(&files, &history, &settings), expected);
}

/// FW-07, OFW-4: the older application starts on the newer schema.
#[test]
fn versions_above_the_newest_file_are_future_and_pass() {
    let files: Vec<_> = (1..=6).map(|n| file(&format!("V{n}__x.sql"), "x")).collect();
    let history = run(&files.iter().collect::<Vec<_>>());
    let old = &files[..5];
    assert_eq!(states(old, &history, &Settings::default())[5], "6: Future");
    assert_eq!(codes(old, &history, true), Vec::<&str>::new());
    assert_eq!(next_of(old, &history, &Settings::default()), None);
}

/// FW-07.
#[test]
fn a_file_that_is_gone_from_the_middle_is_missing_and_fails_until_repair_notes_it() {
    let files = [file("V1__a.sql", "a"), file("V2__b.sql", "b"), file("V3__c.sql", "c")];
    let mut history = run(&files.iter().collect::<Vec<_>>());
    let left = [files[0].clone(), files[2].clone()];
    let settings = Settings::default();
    assert_eq!(states(&left, &history, &settings), ["1: Success", "2: Missing", "3: Success"]);
    assert_eq!(codes(&left, &history, true), ["APPLIED_VERSIONED_MIGRATION_NOT_RESOLVED"]);
    let done = repair(&left, &mut history, &settings, ("shop", "now"));
    assert_eq!(
        print::repaired(&done, "T", true, true),
        "Repair of failed migration in Schema History table T not necessary. No failed migration \
         detected.\nRepairing Schema History table for version \"2\" (Marking as DELETED)  ...\n\
         Successfully repaired schema history table T (execution time 00:00.015s).\nPlease ensure the \
         previous contents of the deleted migrations are removed from the database, or moved into an \
         existing migration.\n"
    );
    assert_eq!(states(&left, &history, &settings), ["1: Success", "2: Deleted", "3: Success"]);
    assert_eq!(codes(&left, &history, true), Vec::<&str>::new());
    let again = repair(&left, &mut history, &settings, ("shop", "now"));
    assert_eq!(again, Repaired::default(), "nothing is left");
}

/// FW-05.
#[test]
fn a_file_that_was_changed_after_its_run_fails_until_repair_takes_its_checksum_over() {
    let old = file("V2__add_total.sql", "ALTER TABLE orders ADD total int;");
    let new = file("V2__add_total.sql", "ALTER TABLE orders ADD total bigint;");
    let mut history = run(&[&old]);
    let files = [new];
    let found = validate(&files, &history, &Settings::default(), true);
    let (one, two) = (old.checksum, files[0].checksum);
    assert_eq!(
        print::validated(&files, &found, 5),
        format!(
            "ERROR: Validate failed: Migrations have failed validation\nMigration checksum mismatch \
             for migration version 2\n-> Applied to database : {one}\n-> Resolved locally    : \
             {two}\nEither revert the changes to the migration, or run repair to update the schema \
             history.\nNeed more flexibility with validation rules? Learn more: \
             https://rd.gt/3AbJUZE\n"
        )
    );
    let done = repair(&files, &mut history, &Settings::default(), ("shop", "now"));
    assert_eq!(done, Repaired { aligned: files.to_vec(), ..Repaired::default() });
    assert_eq!(codes(&files, &history, true), Vec::<&str>::new());
}

/// FW-05.
#[test]
fn a_file_that_was_renamed_after_its_run_fails_by_its_description() {
    let history = run(&[&file("V2__add_total.sql", "x")]);
    assert_eq!(codes(&[file("V2__total.sql", "x")], &history, true), ["DESCRIPTION_MISMATCH"]);
}

/// FW-08.
#[test]
fn a_failed_run_stands_in_the_way_until_repair_removes_it() {
    let files = [file("V1__a.sql", "a"), file("V2__b.sql", "b")];
    let mut history = run(&[&files[0]]);
    add(&mut history, &files[1], false);
    let settings = Settings::default();
    assert_eq!(states(&files, &history, &settings), ["1: Success", "2: Failed"]);
    assert_eq!(codes(&files, &history, true), ["FAILED_VERSIONED_MIGRATION"]);
    let refusal = next(&files, &history, &settings).unwrap_err();
    assert_eq!(refusal.0, "Schema \"public\" contains a failed migration to version 2 !");
    let done = repair(&files, &mut history, &settings, ("shop", "now"));
    assert_eq!(done, Repaired { removed: true, ..Repaired::default() });
    assert_eq!(next_of(&files, &history, &settings).as_deref(), Some("V2__b.sql"));
}

/// FW-01.
#[test]
fn repeatable_files_run_after_versions_and_again_when_they_change() {
    let views = file("R__views.sql", "one");
    let mut files = vec![views.clone(), file("V1__a.sql", "a")];
    let settings = Settings::default();
    let mut history = History::default();
    for expected in ["V1__a.sql", "R__views.sql"] {
        let due = next(&files, &history, &settings).unwrap().unwrap().migration.clone();
        assert_eq!(due.script, expected);
        add(&mut history, &due, true);
    }
    assert_eq!(next_of(&files, &history, &settings), None);
    files[0] = file("R__views.sql", "two");
    let expected = ["1: Success", "views: Outdated", "views: Pending"];
    assert_eq!(states(&files, &history, &settings), expected);
    assert_eq!(codes(&files, &history, true), Vec::<&str>::new(), "migrate is about to run it");
    assert!(codes(&files, &history, false).contains(&"OUTDATED_REPEATABLE_MIGRATION"));
    add(&mut history, &files[0].clone(), true);
    let expected = ["1: Success", "views: Superseded", "views: Success"];
    assert_eq!(states(&files, &history, &settings), expected);
}

/// FW-04, FW-05.
#[test]
fn what_is_pending_fails_validate_but_not_migrate() {
    let files = [file("V1__a.sql", "a")];
    let history = History::default();
    assert_eq!(codes(&files, &history, true), Vec::<&str>::new());
    assert_eq!(codes(&files, &history, false), ["RESOLVED_VERSIONED_MIGRATION_NOT_APPLIED"]);
}

/// FW-01.
#[test]
fn undo_takes_the_newest_version_back_and_migrate_runs_it_again() {
    let files = [file("V1__a.sql", "a"), file("V2__b.sql", "b"), file("U2__b.sql", "undo b")];
    let settings = Settings::default();
    let mut history = run(&[&files[0], &files[1]]);
    let expected = ["1: Success", "2: Success", "2: Available"];
    assert_eq!(states(&files, &history, &settings), expected);
    let back = undo(&files, &history, &settings).unwrap().unwrap().clone();
    assert_eq!(back.script, "U2__b.sql");
    add(&mut history, &back, true);
    let expected = ["1: Success", "2: Undone", "2: Success", "2: Pending"];
    assert_eq!(states(&files, &history, &settings), expected);
    assert_eq!(next_of(&files, &history, &settings).as_deref(), Some("V2__b.sql"));
    let refusal = undo(&files, &history, &settings).unwrap_err();
    assert!(refusal.0.starts_with("Unable to undo migration to version 1"), "{}", refusal.0);
}

/// FW-04.
#[test]
fn versions_above_the_target_are_left_alone() {
    let files = [file("V1__a.sql", "a"), file("V2__b.sql", "b")];
    let settings = Settings { target: Version::parse("1"), ..Settings::default() };
    assert_eq!(states(&files, &History::default(), &settings), ["1: Pending", "2: Above Target"]);
    assert_eq!(next_of(&files, &run(&[&files[0]]), &settings), None);
}

/// FW-02.
#[test]
fn info_is_a_table_as_flyway_draws_it() {
    let files = [file("V1__create_orders.sql", "a"), file("V2__add_total.sql", "b")];
    let history = run(&[&files[0]]);
    let infos = info(&files, &history, &Settings::default());
    assert_eq!(
        print::info(&files, &infos),
        "\
Schema version: 1

+-----------+---------+---------------+------+---------------------+---------+----------+
| Category  | Version | Description   | Type | Installed On        | State   | Undoable |
+-----------+---------+---------------+------+---------------------+---------+----------+
| Versioned | 1       | create orders | SQL  | 2026-01-01 10:00:00 | Success | No       |
| Versioned | 2       | add total     | SQL  |                     | Pending | No       |
+-----------+---------+---------------+------+---------------------+---------+----------+
"
    );
}

#[test]
fn times_are_written_as_flyway_writes_them() {
    for (millis, text) in [(0, "00:00.000s"), (61_234, "01:01.234s"), (3_600_005, "01:00:00.005s")]
    {
        assert_eq!(print::clock(millis), text);
    }
}

/// FW-04.
#[test]
fn a_baseline_is_noted_once_and_only_in_a_table_without_migrations() {
    let settings = Settings::default();
    let made = |history: Option<&History>, settings: &Settings| {
        baseline(history, settings, ("shop", "2026-01-01 10:00:00"))
    };
    let Ok(Baseline::Made(entry)) = made(None, &settings) else { panic!("no table, no row") };
    assert_eq!((entry.rank, entry.kind.text(), entry.checksum), (1, "BASELINE", None));
    assert_eq!((entry.description.as_str(), entry.script.as_str()), (BASELINE, BASELINE));
    let history = History { entries: vec![entry] };
    let Ok(Baseline::Stands(text)) = made(Some(&history), &settings) else { panic!("it stands") };
    assert_eq!(
        text,
        "Schema history table \"public\".\"flyway_schema_history\" already initialized with (1,<< \
         Flyway Baseline >>). Skipping."
    );
    let other = Settings { baseline_version: Version::parse("4").unwrap(), ..settings.clone() };
    let run = run(&[&file("V1__a.sql", "a")]);
    for (history, settings, why) in [
        (
            &history,
            &other,
            "with (4,<< Flyway Baseline >>) as it has already been baselined with (1,",
        ),
        (&History::default(), &settings, "as it already exists, and is empty."),
        (&run, &settings, "as it already contains migrations"),
    ] {
        let refusal = made(Some(history), settings).unwrap_err().0;
        let start = "Unable to baseline schema history table \"public\".\"flyway_schema_history\" ";
        assert!(refusal.starts_with(&format!("{start}{why}")), "{refusal}");
    }
}

/// FW-04.
#[test]
fn versions_up_to_the_baseline_are_never_run() {
    let files = [file("V1__a.sql", "a"), file("V2__b.sql", "b"), file("V3__c.sql", "c")];
    let settings =
        Settings { baseline_version: Version::parse("2").unwrap(), ..Settings::default() };
    let Ok(Baseline::Made(entry)) = baseline(None, &settings, ("shop", "")) else { panic!("made") };
    let history = History { entries: vec![entry] };
    assert_eq!(
        states(&files, &history, &settings),
        ["1: Below Baseline", "2: Baseline", "2: Below Baseline", "3: Pending"]
    );
    assert_eq!(next_of(&files, &history, &settings).as_deref(), Some("V3__c.sql"));
    assert!(codes(&files, &history, true).is_empty());
}
