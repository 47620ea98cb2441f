//! Changelogs and histories together.

use super::*;

const ORDERS: &str = "\
--liquibase formatted sql

--changeset ann:1
--comment: The first table
CREATE TABLE orders (id bigint PRIMARY KEY, total integer NOT NULL);
--rollback DROP TABLE orders;

--changeset ann:2 labels:big,late context:\"prod and !eu\"
-- a plain comment
ALTER TABLE orders
    ADD COLUMN channel text;

CREATE INDEX orders_by_channel ON orders (channel);
--rollback DROP INDEX orders_by_channel;
--rollback ALTER TABLE orders DROP COLUMN channel;
";

fn orders() -> Vec<ChangeSet> {
    read("changes/orders.sql", ORDERS).unwrap()
}

/// The changesets of a file with these lines under its first one.
fn sets(lines: &str) -> Vec<ChangeSet> {
    read("c.sql", &format!("--liquibase formatted sql\n{lines}")).unwrap()
}

fn problem(lines: &str) -> String {
    let problem = read("c.sql", &format!("--liquibase formatted sql\n{lines}")).unwrap_err();
    format!("{}: {}", problem.line, problem.message)
}

fn ran(sets: &[ChangeSet]) -> History {
    let mut history = History::default();
    for set in sets {
        let order = history.next_order();
        history.write(Entry { order, ..Entry::of(set, ExecType::Executed, "1") });
    }
    history
}

#[test]
fn a_changeset_is_known_by_id_author_and_path_lq_01() {
    let names: Vec<String> = orders().iter().map(ChangeSet::name).collect();
    assert_eq!(names, ["changes/orders.sql::1::ann", "changes/orders.sql::2::ann"]);
    let quoted = sets("--changeset \"ann b\":\"two words\"\nSELECT 1;\n");
    assert_eq!(quoted[0].name(), "c.sql::two words::ann b");
    let logical = read(
        "c.sql",
        "-- Liquibase formatted SQL logicalFilePath:other.sql\n--changeset a:1\nSELECT 1;",
    );
    assert_eq!(logical.unwrap()[0].name(), "other.sql::1::a");
    let plain = read("changes/plain.sql", "\nSELECT 1;").unwrap();
    assert_eq!(plain[0].name(), "changes/plain.sql::raw::includeAll");
    let twice = sets("--changeset a:1\nSELECT 1;\n--changeset a:1\nSELECT 2;\n");
    assert_eq!(
        validate(&twice, &History::default()).unwrap(),
        "Validation Failed:\n     1 changesets had duplicate identifiers\n          c.sql::1::a\n"
    );
}

#[test]
fn lines_to_ignore_end_with_the_file_lq_05() {
    let read = sets("--changeset a:1\nSELECT 1;\n--ignoreLines:9999999999999\nSELECT 2;\n");
    assert_eq!(read.len(), 1);
}

/// The checksums are those of Liquibase 4.28.
#[test]
fn the_row_of_a_changeset_tells_what_was_run_lq_02_lq_03() {
    let entries: Vec<Entry> =
        orders().iter().map(|set| Entry::of(set, ExecType::Executed, "1")).collect();
    let [first, second] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(first.checksum.as_deref(), Some("9:c5ae06029341736598037f72ec086aaf"));
    assert_eq!(second.checksum.as_deref(), Some("9:c77aa21f7ff3a7cebb94271f817eda0d"));
    assert_eq!((&*first.description, &*first.comments), ("sql", "The first table"));
    assert_eq!(second.labels.as_deref(), Some("big,late"));
    assert_eq!(second.contexts.as_deref(), Some("(prod and !eu)"));
}

#[test]
fn a_changeset_that_was_changed_after_its_run_fails_lq_03() {
    let history = ran(&orders());
    let text = ORDERS.replace("channel text", "channel varchar(9)");
    let edited = read("changes/orders.sql", &text).unwrap();
    assert_eq!(
        validate(&edited, &history).unwrap(),
        "Validation Failed:\n     1 changesets check sum\n          changes/orders.sql::2::ann was: \
         9:c77aa21f7ff3a7cebb94271f817eda0d but is now: 9:aab51fc59c26dcc979dc82a02d6cff60\n"
    );
    for mend in ["runOnChange:true", "runAlways:true"] {
        let mended = text.replace("ann:2", &format!("ann:2 {mend}"));
        assert_eq!(
            validate(&read("changes/orders.sql", &mended).unwrap(), &history),
            None,
            "{mend}"
        );
    }
    for sum in ["9:c77aa21f7ff3a7cebb94271f817eda0d", "any"] {
        let mended = text.replace("-- a plain", &format!("--validCheckSum: {sum}\n-- a plain"));
        assert_eq!(
            validate(&read("changes/orders.sql", &mended).unwrap(), &history),
            None,
            "{sum}"
        );
    }
    let blanks = ORDERS.replace("    ADD COLUMN", "\tADD  COLUMN").replace('\n', "\r\n");
    assert_eq!(validate(&read("changes/orders.sql", &blanks).unwrap(), &history), None);
    let mut cleared = history;
    cleared.entries.iter_mut().for_each(|entry| entry.checksum = None);
    assert_eq!(validate(&edited, &cleared), None, "it is filled in by the next run");
}

#[test]
fn contexts_labels_and_databases_filter_what_runs_lq_05() {
    let all = sets(
        "--changeset a:1 context:prod\nSELECT 1;\n--changeset a:2 labels:slow\nSELECT 2;\n\
         --changeset a:3 dbms:oracle\nSELECT 3;\n--changeset a:4 dbms:!postgresql\nSELECT 4;\n\
         --changeset a:5 ignore:true\nSELECT 5;\n--changeset a:6 dbms:h2,postgresql\nSELECT 6;\n",
    );
    let due = |filter: &Filter| {
        let states = states(&all, &History::default(), filter);
        let due = all.iter().zip(states).filter(|(_, state)| matches!(state, State::Due(_)));
        due.map(|(set, _)| set.id.clone()).collect::<String>()
    };
    assert_eq!(due(&Filter::default()), "126");
    let contexts = Filter { contexts: vec!["test".to_owned()], ..Filter::default() };
    assert_eq!(due(&contexts), "26");
    let labels = Expression::parse("!slow").unwrap();
    assert_eq!(due(&Filter { labels, ..Filter::default() }), "16");
    assert_eq!(due(&Filter { count: Some(1), ..Filter::default() }), "1");
}

#[test]
fn what_runs_again_says_so_in_its_row_and_its_place_lq_02() {
    let text = "--changeset a:1\nSELECT 1;\n--changeset a:2 runAlways:true\nSELECT 2;\n\
                --changeset a:3 runOnChange:true\nSELECT 3;\n";
    let mut history = ran(&sets(text));
    let changed = sets(&text.replace("SELECT 3", "SELECT 4"));
    let states = states(&changed, &history, &Filter::default());
    let reran = State::Due(ExecType::Reran);
    assert_eq!(states, [State::Ran, reran, reran]);
    history.entries[1].tag = Some("v1".to_owned());
    let order = history.next_order();
    history.write(Entry { order, ..Entry::of(&changed[1], ExecType::Reran, "2") });
    assert_eq!(history.entries.len(), 3);
    let last = history.in_order()[2];
    assert_eq!((&*last.id, last.kind.text(), last.tag.as_deref()), ("2", "RERAN", Some("v1")));
}

#[test]
fn rows_are_taken_back_from_the_newest_lq_06() {
    let mut all = orders();
    all.push(ChangeSet {
        changes: vec![Change::Tag("v1".to_owned())],
        ..ChangeSet::new("ann", "tag", "root.yaml")
    });
    all.extend(sets("--changeset a:1\nSELECT 1;\n--rollback not required\n"));
    let history = ran(&all);
    let back = |back: &Back| {
        let sets = taken_back(&all, &history, back)?;
        Ok::<_, String>(sets.iter().map(|set| format!("{} ", set.id)).collect::<String>())
    };
    assert_eq!(back(&Back::Count(2)), Ok("1 tag ".to_owned()));
    assert_eq!(back(&Back::Tag("v1".to_owned())), Ok("1 tag ".to_owned()), "the tag goes too");
    assert_eq!(back(&Back::Count(9)), Ok("1 tag 2 1 ".to_owned()));
    assert_eq!(
        back(&Back::Tag("v2".to_owned())).unwrap_err(),
        "Could not find tag 'v2' in the database"
    );
    let of = |place: usize| {
        all[place].taken_back_by().map(|sql| sql.iter().map(|one| one.text.clone()).collect())
    };
    let both = "DROP INDEX orders_by_channel;\nALTER TABLE orders DROP COLUMN channel;".to_owned();
    assert_eq!(of(1), Ok(vec![both]));
    assert_eq!(of(2), Ok(Vec::new()), "a tag needs nothing");
    assert_eq!(of(3), Ok(Vec::new()), "nothing is required");
    let unwritten = sets("--changeset a:1\nSELECT 1;\n");
    assert!(unwritten[0].taken_back_by().unwrap_err().starts_with("Liquibase does not support"));
}

#[test]
fn directives_stand_in_comments_lq_05() {
    let all = sets(
        "--changeset a:1 runInTransaction:false failOnError:false endDelimiter:/\n\
         --preconditions onFail:MARK_RAN onError:WARN\n\
         --precondition-sql-check expectedResult:'0 rows' SELECT count(*) FROM orders\n\
         --precondition-table-exists table:Orders\n\
         --ignoreLines:1\nSELECT wrong;\n--ignoreLines:start\nSELECT wrong;\n--ignoreLines:end\n\
         \nSELECT 1\n/\nSELECT 2\n/\n/* liquibase rollback\nSELECT 3;\n*/\n",
    );
    let set = &all[0];
    assert!(!set.in_transaction && !set.fails_on_error);
    let Change::Sql(sql) = &set.changes[0] else { panic!("{set:?}") };
    assert_eq!((sql.line, sql.plain().as_str()), (12, "SELECT 1\n;\nSELECT 2\n;\n"));
    assert_eq!(set.taken_back_by().unwrap()[0].text, "SELECT 3;");
    let wanted = set.preconditions.as_ref().unwrap();
    assert_eq!((wanted.on_fail, wanted.on_error), (Otherwise::MarkRan, Otherwise::Warn));
    assert_eq!(wanted.all[1], Precondition::TableExists("orders".to_owned()));
    let sql = "SELECT count(*) FROM orders".to_owned();
    assert_eq!(wanted.all[0], Precondition::SqlCheck { expected: "0 rows".to_owned(), sql });
}

#[test]
fn what_is_no_directive_is_found_with_its_line() {
    for (lines, expected) in [
        (
            "-changeset a:1\nSELECT 1;\n",
            "2: \nUnexpected formatting in formatted changelog 'c.sql' at line 2.",
        ),
        ("--changeset a\nSELECT 1;\n", "2: \nUnexpected formatting"),
        ("--changeset a:1\nSELECT 1;\n-rollback SELECT 2;\n", "4: \nUnexpected formatting"),
        ("--changeset a:1\n--comments: b\nSELECT 1;\n", "3: \nUnexpected formatting"),
        ("--changeset a:1\n--changeset a:2\nSELECT 1;\n", "2: No SQL for changeset c.sql::1::a"),
        ("--changeset a:1 runWith:psql\nSELECT 1;\n", "2: runWith is not modelled"),
        ("--property name:a value:b\n", "2: --property is not modelled"),
        ("--changeset a:1\n--ignoreLines:x\n", "3: Unknown ignoreLines syntax"),
        (
            "--changeset a:1\n/* liquibase rollback\nSELECT 1;\n",
            "3: Liquibase rollback comment is not closed.",
        ),
        ("--changeset a:1\n--precondition-view-exists view:v\n", "3: the precondition view-exists"),
        ("--changeset a:1\n--preconditions onFail:MAYBE\n", "3: onFail:MAYBE is unknown"),
        ("--changeset a:1 context:(a\nSELECT 1;\n", "2: \"(a\" is no expression"),
    ] {
        let found = problem(lines);
        assert!(found.starts_with(expected), "{lines}: {found}");
    }
}

#[test]
fn a_statement_takes_or_frees_the_lock_lq_04() {
    let by = |who: &str| Some(Some(who.to_owned()));
    for (sql, expected) in [
        (
            "UPDATE databasechangeloglock SET locked = FALSE, lockedby = NULL WHERE id = 1",
            Some(None),
        ),
        ("UPDATE public.DATABASECHANGELOGLOCK SET LOCKED = 'f'", Some(None)),
        ("UPDATE databasechangeloglock SET locked = true", by("")),
        ("UPDATE databasechangeloglock SET locked = true, lockedby = 'me'", by("me")),
        ("DELETE FROM databasechangeloglock", Some(None)),
        ("UPDATE databasechangeloglock SET lockedby = 'me'", None),
        ("UPDATE orders SET locked = false", None),
        ("SELECT * FROM databasechangeloglock", None),
    ] {
        let script = crate::parse(sql).unwrap();
        assert_eq!(lock_written(&script.statements[0].ast), expected, "{sql}");
    }
}

/// The text is that of Liquibase 4.28.
#[test]
fn the_summary_counts_as_liquibase_does_lq_05() {
    let all = sets(
        "--changeset a:1 context:\"a or b\"\nSELECT 1;\n--changeset a:2\nSELECT 2;\n\
         --changeset a:3 dbms:oracle\nSELECT 3;\n--changeset a:4\nSELECT 4;\n",
    );
    let history = ran(&all[..2]);
    let filter = Filter { contexts: vec!["zz".to_owned()], ..Filter::default() };
    let states = states(&all, &history, &filter);
    assert_eq!(
        print::summary(&all, (&states[..], &history), &filter, 1),
        "
UPDATE SUMMARY
Run:                          1
Previously run:               2
Filtered out:                 2
-------------------------------
Total change sets:            4


FILTERED CHANGE SETS SUMMARY
Context mismatch:             1
Already ran:                  1
DBMS mismatch:                1

"
    );
}

mod never {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "(--|/\\*|-|changeset|rollback|ignoreLines:|precondition|[ :\"a1é\n]){0,40}") {
            let _ = super::read("c.sql", &format!("--liquibase formatted sql\n{text}"));
        }
    }
}
