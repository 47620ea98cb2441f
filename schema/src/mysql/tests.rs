//! What the matrix says of migrations of MySQL.

use std::collections::BTreeMap;

use crate::compat::{Matrix, Migration, Release, Status, consequences, matrix, schema};
use crate::{Algorithm, Engine, Schema, Script, apply};

const SCHEMA: &str = "
CREATE TABLE customers (id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(40));
CREATE TABLE orders (
    id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, customer_id bigint unsigned NOT NULL,
    name varchar(40), total int, state enum('new', 'paid') NOT NULL DEFAULT 'new', KEY (customer_id));
";
const V1: &str = "
SELECT id, name, total FROM orders WHERE customer_id = ?;
INSERT INTO orders (customer_id, name, total) VALUES (?, ?, ?);
";

fn parse(sql: &str) -> Script {
    Engine::Mysql.parse(sql).unwrap_or_else(|problems| panic!("{sql}: {problems:?}"))
}

fn stage(rows: u64) -> Schema {
    let rows = [("orders".to_owned(), rows), ("customers".to_owned(), rows)];
    schema(&parse(SCHEMA), &BTreeMap::from(rows)).unwrap()
}

fn release(sql: &str) -> Release {
    Release { name: "v1".to_owned(), script: parse(sql) }
}

fn of(rows: u64, release_sql: &str, migrations: &[&str]) -> Matrix {
    let migrations = migrations.iter().enumerate().map(|(index, sql)| Migration {
        name: format!("V{}__m.sql", index + 2),
        script: parse(sql),
    });
    matrix(&stage(rows), &[release(release_sql)], &migrations.collect::<Vec<_>>())
}

/// The cells of the release, each as a word with its code.
fn cells(matrix: &Matrix) -> Vec<String> {
    let cell = |step: &crate::compat::Step| {
        let cell = &step.releases["v1"];
        format!("{:?} {}", cell.status, cell.code.unwrap_or_default()).trim().to_lowercase()
    };
    matrix.steps.iter().map(cell).collect()
}

fn said(schema: &Schema, sql: &str) -> String {
    match apply(schema, &parse(sql).statements[0].ast, false) {
        Ok((_, effect)) => {
            effect.algorithm.map_or("ok".to_owned(), |algorithm| algorithm.to_string())
        }
        Err(fault) => fault.to_string(),
    }
}

#[test]
fn one_migration_ends_as_its_class_says_my_01_my_02_ec_2() {
    // Rows, migration, how the release fares during and after it.
    let cases = [
        (9, "ALTER TABLE orders ADD COLUMN note text", "ok"),
        (9, "ALTER TABLE orders ADD COLUMN note int NOT NULL", "breaks hy000"),
        (9, "ALTER TABLE orders ADD COLUMN note int NOT NULL DEFAULT 0", "ok"),
        (9, "ALTER TABLE orders ADD COLUMN note int NOT NULL DEFAULT 0, ALGORITHM=INPLACE", "ok"),
        (9, "ALTER TABLE orders ADD COLUMN note int NOT NULL DEFAULT 0, ALGORITHM=COPY", "blocks"),
        (0, "ALTER TABLE orders ADD COLUMN note int NOT NULL DEFAULT 0, ALGORITHM=COPY", "ok"),
        (9, "ALTER TABLE orders DROP COLUMN name", "breaks 42s22"),
        (9, "ALTER TABLE orders RENAME COLUMN name TO title", "breaks 42s22"),
        (9, "ALTER TABLE orders CHANGE name title varchar(40)", "breaks 42s22"),
        (9, "RENAME TABLE orders TO purchases", "breaks 42s02"),
        (9, "DROP TABLE orders", "breaks 42s02"),
        (9, "ALTER TABLE orders MODIFY total bigint", "blocks"),
        (9, "ALTER TABLE orders MODIFY name varchar(60)", "ok"),
        (9, "ALTER TABLE orders MODIFY name varchar(80)", "blocks"),
        (9, "ALTER TABLE orders MODIFY total int NOT NULL", "ok"),
        (
            9,
            "ALTER TABLE orders MODIFY state enum('new', 'paid', 'sent') NOT NULL DEFAULT 'new'",
            "ok",
        ),
        (9, "ALTER TABLE orders ADD INDEX (total)", "ok"),
        (9, "ALTER TABLE orders ADD INDEX (total), LOCK=SHARED", "blocks"),
        (9, "ALTER TABLE orders ADD FULLTEXT INDEX (name)", "blocks"),
        (9, "ALTER TABLE orders ADD CHECK (total > 0)", "blocks"),
        (9, "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id)", "blocks"),
        (9, "ALTER TABLE orders ADD FOREIGN KEY (total) REFERENCES customers (id)", "ok"),
    ];
    for (rows, migration, expected) in cases {
        let matrix = of(rows, V1, &[migration]);
        assert_eq!(cells(&matrix), ["ok", expected], "{migration}");
    }
}

#[test]
fn a_copy_lets_readers_pass_and_no_writers_my_01_my_04() {
    let copy = ["ALTER TABLE orders MODIFY total bigint"];
    let reads = "SELECT id FROM orders WHERE id = ?;";
    assert_eq!(cells(&of(9, reads, &copy)), ["ok", "ok"]);
    let writes = of(9, "DELETE FROM orders WHERE id = ?;", &copy);
    let cell = &writes.steps[1].releases["v1"];
    assert_eq!(cell.lock.as_deref(), Some("SHARED_NO_WRITE metadata lock on orders"));
    let note = &writes.steps[1].notes[0];
    assert!(note.contains("ALGORITHM=COPY") && note.contains("what comes later waits"), "{note}");
    // Nobody passes if the statement says so.
    let alone = ["ALTER TABLE orders MODIFY total bigint, LOCK=EXCLUSIVE"];
    assert_eq!(cells(&of(9, reads, &alone)), ["ok", "blocks"]);
}

#[test]
fn a_clause_that_cannot_be_met_is_refused_my_01() {
    let schema = stage(9);
    for (sql, expected) in [
        ("ALTER TABLE orders ADD COLUMN a int, ALGORITHM=INSTANT", "INSTANT"),
        ("ALTER TABLE orders ADD COLUMN a int, ALGORITHM=DEFAULT, LOCK=DEFAULT", "INSTANT"),
        ("ALTER TABLE orders ADD COLUMN a int, ALGORITHM=INPLACE, LOCK=NONE", "INPLACE"),
        ("ALTER TABLE orders ADD COLUMN a int, LOCK=NONE", "INSTANT"),
        ("ALTER TABLE orders ADD INDEX (total), ALGORITHM=INSTANT", "ERROR 1845 (0A000)"),
        ("ALTER TABLE orders MODIFY name varchar(60), ALGORITHM=INSTANT", "ERROR 1845 (0A000)"),
        (
            "ALTER TABLE orders MODIFY total bigint, ALGORITHM=INSTANT",
            "ERROR 1846 (0A000): ALGORITHM=INSTANT is not supported. Reason: Need to rebuild the table \
             to change column type. Try ALGORITHM=COPY/INPLACE.",
        ),
        (
            "ALTER TABLE customers DROP PRIMARY KEY, ADD KEY (id), ALGORITHM=INSTANT",
            "ERROR 1846 (0A000): ALGORITHM=INSTANT is not supported. Reason: Dropping a primary key is \
             not allowed without also adding a new primary key. Try ALGORITHM=COPY/INPLACE.",
        ),
        ("ALTER TABLE orders MODIFY total bigint, ALGORITHM=INPLACE", "ERROR 1846 (0A000)"),
        ("ALTER TABLE orders MODIFY total bigint, LOCK=NONE", "ERROR 1846 (0A000)"),
        (
            "ALTER TABLE orders ADD COLUMN a int, ALGORITHM=INSTANT, LOCK=NONE",
            "ERROR 1221 (HY000): Incorrect usage of ALGORITHM=INSTANT and LOCK=NONE/SHARED/EXCLUSIVE",
        ),
        (
            "ALTER TABLE orders MODIFY total bigint, ALGORITHM=INSTANT, LOCK=NONE",
            "ERROR 1221 (HY000)",
        ),
        ("CREATE INDEX i ON orders (total) ALGORITHM=COPY LOCK=NONE", "ERROR 1846 (0A000)"),
        ("CREATE INDEX i ON orders (total) ALGORITHM=COPY", "COPY"),
        ("ALTER TABLE orders ADD CHECK (total > 0) NOT VALID", "ERROR 1064 (42000)"),
        ("ALTER TABLE customers DROP PRIMARY KEY, ADD PRIMARY KEY (id, name)", "INPLACE"),
        ("ALTER TABLE customers DROP PRIMARY KEY, ADD KEY (id)", "COPY"),
    ] {
        assert!(said(&schema, sql).starts_with(expected), "{sql}: {}", said(&schema, sql));
    }
}

#[test]
fn the_65th_instant_column_is_refused_until_the_rows_are_written_again_my_03() {
    let mut schema = stage(9);
    for number in 0..64 {
        let sql = format!("ALTER TABLE orders ADD COLUMN c{number} int");
        let (next, effect) = apply(&schema, &parse(&sql).statements[0].ast, false).unwrap();
        assert_eq!(effect.algorithm, Some(Algorithm::Instant), "{number}");
        schema = next;
    }
    let one_more = "ALTER TABLE orders ADD COLUMN one_more int";
    let refused = said(&schema, &format!("{one_more}, ALGORITHM=INSTANT"));
    assert!(refused.starts_with("ERROR 4092 (HY000): Maximum row versions"), "{refused}");
    assert_eq!(said(&schema, one_more), "INPLACE");
    let (written, _) = apply(&schema, &parse(one_more).statements[0].ast, false).unwrap();
    assert_eq!(said(&written, "ALTER TABLE orders DROP COLUMN c0, ALGORITHM=INSTANT"), "INSTANT");
}

#[test]
fn compressed_tables_and_those_with_full_text_add_no_column_instantly_my_03() {
    for options in ["(id int, t text) ROW_FORMAT=COMPRESSED", "(id int, t text, FULLTEXT (t))"] {
        let schema =
            schema(&parse(&format!("CREATE TABLE odd {options}")), &BTreeMap::new()).unwrap();
        assert_eq!(said(&schema, "ALTER TABLE odd ADD COLUMN a int"), "INPLACE", "{options}");
    }
}

#[test]
fn a_varchar_whose_length_needs_another_byte_is_copied_my_02_omy_1() {
    let table =
        "CREATE TABLE t (a varchar(255) CHARACTER SET latin1, b varchar(63), c varchar(300))";
    let schema = schema(&parse(table), &BTreeMap::new()).unwrap();
    for (definition, expected) in [
        ("a varchar(256) CHARACTER SET latin1", "COPY"),
        ("a varchar(200) CHARACTER SET latin1", "COPY"),
        ("b varchar(64)", "COPY"),
        ("c varchar(400)", "INPLACE"),
        ("a varchar(255) CHARACTER SET utf8mb4", "COPY"),
        ("b varchar(63) COMMENT 'the same'", "INSTANT"),
    ] {
        let sql = format!("ALTER TABLE t MODIFY {definition}");
        assert_eq!(said(&schema, &sql), expected, "{sql}");
    }
}

#[test]
fn a_migration_that_fails_half_way_stays_half_applied_my_05_fw_08() {
    let broken = "ALTER TABLE orders ADD COLUMN title varchar(40); \
                  ALTER TABLE orders DROP COLUMN nonsense; ALTER TABLE orders DROP COLUMN name";
    let uses = "SELECT title FROM orders;";
    let matrix = of(9, uses, &[broken, "SELECT 1"]);
    // The first statement stays, and the tool stops there.
    assert_eq!(cells(&matrix), ["breaks 42s22", "ok", "unknown"]);
    let step = &matrix.steps[1];
    let error = step.error.as_ref().unwrap();
    assert!(
        error.told().starts_with("ERROR 1091 (42000): Can't DROP 'nonsense'"),
        "{}",
        error.told()
    );
    let note = step.notes.last().unwrap();
    assert!(note.contains("1 of 3 statements stay applied (MY-05)"), "{note}");
}

#[test]
fn each_statement_locks_for_itself_since_it_commits_my_05() {
    let slow = "ALTER TABLE orders MODIFY total bigint; ALTER TABLE customers ADD COLUMN a int";
    let reads = "UPDATE customers SET name = ? WHERE id = ?;";
    assert_eq!(cells(&of(9, reads, &[slow])), ["ok", "ok"]);
    let migration = Migration { name: "V2__m.sql".to_owned(), script: parse(slow) };
    let (_, found) = consequences(&stage(9), &[release(V1)], &migration).unwrap();
    assert_eq!(found.iter().map(|one| one.cell.status).collect::<Vec<_>>(), [Status::Blocks]);
}

#[test]
fn the_other_database_s_syntax_is_named_with_its_place() {
    let places = |engine: Engine, sql: &str| {
        let problems = engine.parse(sql).expect_err(sql);
        let first = &problems[0];
        (first.line, first.column, first.syntax_of)
    };
    let of_mysql = Some(Engine::Mysql);
    let of_postgresql = Some(Engine::Postgresql);
    for (sql, line, column) in [
        ("SELECT 1;\nSELECT a::int FROM t", 2, 9),
        ("SELECT a FROM t WHERE b = $1", 1, 27),
        ("INSERT INTO t (a) VALUES (1)\n  RETURNING id", 2, 3),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING", 1, 30),
        ("ALTER TABLE t ALTER COLUMN a SET NOT NULL", 1, 30),
        ("CREATE INDEX CONCURRENTLY i ON t (a)", 1, 14),
        ("CREATE TABLE t (id bigserial PRIMARY KEY)", 1, 20),
    ] {
        assert_eq!(places(Engine::Mysql, sql), (line, column, of_postgresql), "{sql}");
    }
    for (sql, line, column) in [
        ("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY)", 1, 24),
        ("SELECT 1;\nCREATE TABLE t (id int) ENGINE=InnoDB", 2, 23),
        ("INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1", 1, 26),
        ("ALTER TABLE t MODIFY COLUMN a int", 1, 15),
        ("SELECT `a` FROM t", 1, 8),
    ] {
        assert_eq!(places(Engine::Postgresql, sql), (line, column, of_mysql), "{sql}");
    }
    // Names that only look like it.
    for sql in ["SELECT id AS identity FROM t WHERE NOT valid", "SELECT max(a) engine FROM t"] {
        assert!(Engine::Mysql.parse(sql).is_ok(), "{sql}");
        assert!(Engine::Postgresql.parse(sql).is_ok(), "{sql}");
    }
    assert!(Engine::Postgresql.parse("SELECT a FROM t WHERE algorithm = 'x'").is_ok());
    // Found by the other parser.
    assert_eq!(places(Engine::Postgresql, "SELECT a FROM t WHERE b = ?").2, of_mysql);
    assert_eq!(places(Engine::Mysql, "SELEC 1").2, None);
}

#[test]
fn changes_that_the_parser_does_not_know_are_read_or_not_modelled_my_02() {
    let schema = stage(9);
    for (sql, expected) in [
        ("ALTER TABLE orders RENAME INDEX customer_id TO by_customer", "INPLACE"),
        ("ALTER TABLE orders RENAME KEY nonsense TO by_customer", "ERROR 1176 (42000)"),
        ("ALTER TABLE orders DROP KEY customer_id", "INPLACE"),
        ("ALTER TABLE orders DROP CHECK nonsense", "ERROR 3940 (HY000)"),
        ("ALTER TABLE `orders` ENGINE=InnoDB", "INPLACE"),
        ("OPTIMIZE TABLE orders", "INPLACE"),
        ("ALTER TABLE orders COMMENT = 'what was bought'", "INSTANT"),
        ("OPTIMIZE TABLE nonsense", "ERROR 1146 (42S02)"),
    ] {
        assert!(said(&schema, sql).starts_with(expected), "{sql}: {}", said(&schema, sql));
    }
    let odd = "ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4";
    assert_eq!(cells(&of(9, V1, &[odd])), ["ok", "unknown"]);
    let cell = of(9, V1, &[odd]).steps[1].releases["v1"].reason.clone().unwrap();
    assert!(cell.contains("CONVERT TO CHARACTER SET utf8mb4"), "{cell}");
}

#[test]
fn a_dump_whose_tables_come_in_any_order_is_a_schema() {
    let dump = "
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
DROP TABLE IF EXISTS `a_lines`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
CREATE TABLE `a_lines` (
  `id` int NOT NULL AUTO_INCREMENT,
  `order_id` bigint unsigned DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `order_id` (`order_id`),
  CONSTRAINT `to_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES `a_lines` WRITE;
/*!40000 ALTER TABLE `a_lines` DISABLE KEYS */;
INSERT INTO `a_lines` VALUES (1,1),(2,NULL);
/*!40000 ALTER TABLE `a_lines` ENABLE KEYS */;
UNLOCK TABLES;
CREATE TABLE `orders` (`id` bigint unsigned NOT NULL AUTO_INCREMENT, PRIMARY KEY (`id`));
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;";
    let schema = schema(&parse(dump), &BTreeMap::new()).unwrap();
    assert!(schema.opaque.is_empty(), "{:?}", schema.opaque);
    assert!(said(&schema, "DROP TABLE orders").starts_with("ERROR 3730"));
    // What a dump switches off is on again.
    let key = "ALTER TABLE a_lines ADD FOREIGN KEY (order_id) REFERENCES nonsense (id)";
    assert!(said(&schema, key).starts_with("ERROR 1824"), "{}", said(&schema, key));
}

#[test]
fn a_foreign_key_that_is_not_checked_needs_no_copy_my_02() {
    let key = "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id)";
    assert_eq!(cells(&of(9, V1, &[key])), ["ok", "blocks"]);
    let unchecked = format!("SET foreign_key_checks = 0; {key}");
    assert_eq!(cells(&of(9, V1, &[&unchecked, key])), ["ok", "ok", "blocks"]);
}

#[test]
fn names_of_columns_have_no_case_and_those_of_tables_have() {
    let schema = stage(9);
    let said = |sql: &str| match crate::check(&schema, &parse(sql).statements[0].ast) {
        Ok(_) => "ok".to_owned(),
        Err(fault) => fault.to_string(),
    };
    assert_eq!(said("SELECT ID, `Name` FROM orders WHERE Total > \"3\""), "ok");
    assert_eq!(said("SELECT id FROM Orders"), "ERROR 1146 (42S02): Table 'Orders' doesn't exist");
    let unknown = said("SELECT id FROM orders WHERE CreatedAt > now()");
    assert_eq!(unknown, "ERROR 1054 (42S22): Unknown column 'CreatedAt' in 'where clause'");
}

#[test]
fn what_is_not_modelled_is_unknown_and_never_ok() {
    for odd in ["SELECT my_function(id) FROM orders;", "SELECT id FROM shop.orders;", "CALL p();"] {
        assert_eq!(cells(&of(9, odd, &[])), ["unknown"], "{odd}");
    }
    let hidden = "ALTER TABLE orders ADD COLUMN where_to point";
    assert_eq!(cells(&of(9, V1, &[hidden])), ["ok", "unknown"]);
    assert_eq!(cells(&of(9, "SELECT name FROM customers;", &[hidden])), ["ok", "ok"]);
}

/// Words of which statements are made, and some that are in their way.
const WORDS: [&str; 56] = [
    "SELECT",
    "INSERT",
    "REPLACE",
    "INTO",
    "UPDATE",
    "DELETE",
    "FROM",
    "WHERE",
    "SET",
    "VALUES",
    "(",
    ")",
    ",",
    ";",
    "*",
    "orders",
    "customers",
    "id",
    "name",
    "total",
    "nonsense",
    "=",
    "+",
    "1",
    "'x'",
    "NULL",
    "DEFAULT",
    "?",
    "ALTER TABLE",
    "ADD",
    "DROP",
    "COLUMN",
    "MODIFY",
    "CHANGE",
    "int",
    "varchar(20)",
    "CHECK",
    "NOT NULL",
    "CREATE TABLE",
    "INDEX",
    "PRIMARY KEY",
    "FOREIGN KEY",
    "REFERENCES",
    "ON",
    "GROUP BY",
    "ORDER BY",
    "JOIN",
    "USING",
    "AS",
    "count(*)",
    ".",
    "FIRST",
    "ALGORITHM=INSTANT",
    "RENAME",
    "TO",
    "ON DUPLICATE KEY UPDATE",
];

proptest::proptest! {
    #[test]
    fn no_sequence_of_words_panics(words in proptest::collection::vec(0..WORDS.len(), 1..14)) {
        let text: Vec<&str> = words.iter().map(|&word| WORDS[word]).collect();
        if let Ok(script) = Engine::Mysql.parse(&text.join(" ")) {
            let schema = stage(9);
            for statement in &script.statements {
                let _ = crate::check(&schema, &statement.ast);
                let _ = apply(&schema, &statement.ast, false);
            }
        }
    }
}
