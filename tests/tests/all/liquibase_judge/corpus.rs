//! Changelogs, and what is done with them.

/// One thing that is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// `liquibase` is run.
    Run(&'static str),
    /// Somebody changes a file.
    Replace(&'static str, &'static str, &'static str),
    /// Somebody writes into the database.
    Sql(&'static str),
}

pub(super) const SCHEMA: &str =
    "CREATE TABLE orders (id bigint PRIMARY KEY, total integer NOT NULL);";

pub(super) const FILES: [(&str, &str); 7] = [
    ("liquibase.properties", "# settings\nchangelogFile: changelog.yaml\n"),
    ("changelog.yaml", ROOT),
    ("c/a.sql", FORMATTED),
    (
        "c/x.sql",
        "ALTER TABLE orders ADD COLUMN x1 integer;\n\n-- c\nCREATE INDEX x2 ON orders (x1);\n",
    ),
    (
        "c/all/01-l.sql",
        "--liquibase formatted sql logicalFilePath:logical/path.sql\n--changeset ann:9\nSELECT 3;\n",
    ),
    ("c/all/02-raw.sql", "SELECT 3;\n"),
    ("c/all/03.txt", "no changelog\n"),
];

const ROOT: &str = "\
databaseChangeLog:
  - include: {file: c/a.sql}
  - includeAll: {path: c/all, relativeToChangelogFile: true}
  - changeSet:
      id: 7
      author: ann
      labels: \"one, two\"
      context: \"a and b\"
      comment: \"  spaced  \"
      changes:
        - sqlFile: {path: c/x.sql, relativeToChangelogFile: true}
        - sql: \"SELECT 7\"
        - empty: {}
      rollback:
        - sql: DROP INDEX x2
        - sql: ALTER TABLE orders DROP COLUMN x1
  - changeSet: {id: tag, author: ann, changes: [{tagDatabase: {tag: v9}}]}
  - changeSet:
      id: yr
      author: ann
      preConditions:
        - onFail: MARK_RAN
        - tableExists: {tableName: nope}
      changes: [{sql: {sql: \"SELECT 1\", comment: hello}}]
      rollback: SELECT 2
  - changeSet: {id: nothing, author: ann}
  - changeSet: {id: 8, author: ann, runOnChange: true, changes: [{sql: {sql: SELECT 8}}], rollback: [{empty: {}}]}
";

const FORMATTED: &str = "\
--  Liquibase  Formatted SQL

-- changeset ann:1 context:\"a or b\" labels:\"x,y\"
-- comment: The first column
ALTER TABLE orders ADD COLUMN c1 text DEFAULT 'é';
-- rollback ALTER TABLE orders DROP COLUMN c1;

--changeset \"ann b\":\"two words\" context:!z
--comment second
-- a plain comment
ALTER TABLE orders
\tADD COLUMN c2 text;

CREATE INDEX c2 ON orders (c2);
--rollback DROP INDEX c2;
--rollback ALTER TABLE orders DROP COLUMN c2;
--changeset ann:3 dbms:oracle
SELECT 1 FROM dual;
--changeset ann:4 dbms:postgresql,oracle endDelimiter:/ context:a,b
ALTER TABLE orders ADD COLUMN c3 text
/
ALTER TABLE orders ADD COLUMN c4 text
/
--changeset ann:5 ignore:true
SELECT 5;
--changeset ann:6 context:zz
SELECT 6;
--changeset ann:6b labels:nolabel
SELECT 6;
--changeset ann:7 stripComments:false
-- keep\tthis
SELECT   7   ;
--ignoreLines:1
SELECT 8;
--ignoreLines:start
SELECT 9;
--ignoreLines:end
/* liquibase rollback
SELECT 1;
*/
--changeset ann:concurrent runInTransaction:false
CREATE INDEX CONCURRENTLY t ON orders (total);
--rollback DROP INDEX t;
--changeset ann:soft failOnError:false
ALTER TABLE nothing ADD COLUMN a int;
--changeset ann:check
--preconditions onFail:CONTINUE
--precondition-sql-check expectedResult:0 SELECT count(*) FROM pg_tables WHERE tablename = 'orders'
CREATE TABLE orders (id int);
";

pub(super) const STEPS: [Step; 16] = [
    Step::Run("update --contexts=a,b --label-filter=!nolabel"),
    Step::Replace("c/a.sql", "ADD COLUMN c2 text;", "ADD COLUMN c2 varchar(9);"),
    Step::Run("validate"),
    Step::Replace("c/a.sql", "\tADD COLUMN c2 varchar(9);", "    ADD  COLUMN c2 text  ;"),
    Step::Replace("changelog.yaml", "SELECT 8", "SELECT 88"),
    Step::Run("update-count 3"),
    Step::Run("tag v10"),
    Step::Replace("c/a.sql", "--changeset ann:soft failOnError:false", "--changeset ann:soft"),
    Step::Run("update"),
    Step::Run("status"),
    Step::Run("update-sql --contexts=zz"),
    Step::Run("rollback v9"),
    Step::Run("rollback-count 4"),
    Step::Sql(
        "UPDATE databasechangeloglock SET locked = true, lockedby = 'pod (10.0.0.1)', lockgranted = now()",
    ),
    // Not `update`: when 4.28 gives up waiting it frees the row, whoever has it. Later versions do not.
    Step::Run(
        "--changelog-lock-wait-time-in-minutes=0 --changelog-lock-poll-rate=1 update-count 1",
    ),
    Step::Run("release-locks"),
];
