//! `mysql` before a database. What is printed has been compared with a real client (that of `MariaDB`), but for what
//! MySQL 8.0 says in other words.

use expect_test::expect;

use super::bench::Bench;

const SHOP: &str = "CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(200) NOT NULL);
CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer_id bigint, total decimal(10,2) NOT NULL DEFAULT 0,
  state varchar(20) DEFAULT 'new', made datetime DEFAULT CURRENT_TIMESTAMP, UNIQUE KEY by_state (state, id),
  KEY by_customer (customer_id), CONSTRAINT of_customer FOREIGN KEY (customer_id) REFERENCES customers (id));";

fn bench(files: &[(&str, &str)]) -> Bench {
    Bench::mysql(SHOP, "[]", files)
}

/// Somebody has a transaction open since second 1, an ALTER waits for it, and a reader for the ALTER.
fn stalled() -> Bench {
    let desk = "[{name: desk, at: 1s, sql: SELECT total FROM orders WHERE id = 7, idle: 60s}]";
    let mut bench = Bench::mysql(SHOP, desk, &[]);
    bench.wait(2);
    bench.run("mysql -e 'ALTER TABLE orders ADD note text'");
    bench.wait(1);
    bench.run("mysql -e 'SELECT count(*) FROM orders'");
    bench.wait(1);
    bench
}

#[test]
fn statements_are_answered_as_the_client_does() {
    let mut bench = bench(&[]);
    for (line, expected) in [
        (
            "mysql -e 'SELECT count(*) FROM orders'",
            expect![[r#"
            +----------+
            | count(*) |
            +----------+
            |     1000 |
            +----------+
        "#]],
        ),
        (
            "mysql -e 'SELECT count(*) FROM orders' | cat",
            expect![[r#"
            count(*)
            1000
        "#]],
        ),
        (
            "mysql -Ne 'SELECT count(*) FROM orders'",
            expect![[r#"
            +------+
            | 1000 |
            +------+
        "#]],
        ),
        ("mysql -e 'ALTER TABLE orders ADD COLUMN note text'", expect![[r#""#]]),
        (
            "mysql -e 'SELECT total FROM orders'",
            expect![[r#"
            ! note: which rows there are is not modelled; only count(*) of a table is
        "#]],
        ),
        (
            "mysql -e 'SELECT amount FROM orders'",
            expect![[r#"
            ! ERROR 1054 (42S22) at line 1: Unknown column 'amount' in 'field list'
            status 1
        "#]],
        ),
        (
            "mysql -e 'SELEC 1'",
            expect![[r#"
            ! ERROR 1064 (42000) at line 1: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near 'SELEC 1' at line 1
            ! note: Expected: an SQL statement, found: SELEC; nothing has been executed, and a real mysql executes what comes before
            status 1
        "#]],
        ),
        (
            "mysql -e 'SELECT 1 FROM nothing; SELECT count(*) FROM orders'",
            expect![[r#"
                ! ERROR 1146 (42S02) at line 1: Table 'shop.nothing' doesn't exist
                status 1
            "#]],
        ),
        (
            "mysql -e 'SELECT 1 FROM nothing; SELECT count(*) FROM orders' -f",
            expect![[r#"
                +----------+
                | count(*) |
                +----------+
                |     1000 |
                +----------+
                ! ERROR 1146 (42S02) at line 1: Table 'shop.nothing' doesn't exist
            "#]],
        ),
        (
            "mysql",
            expect![[r#"
            ! mysql: an interactive session is not modelled; write mysql -e 'SQL', mysql < FILE, or mysql <<EOF
            status 1
        "#]],
        ),
        (
            "mysql nothing -e 'SELECT 1'",
            expect![[r#"
            ! ERROR 1049 (42000): Unknown database 'nothing'
            status 1
        "#]],
        ),
        (
            "mysql --unheard-of",
            expect![[r#"
            ! mysql: [ERROR] unknown option '--unheard-of'.
            status 1
        "#]],
        ),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

#[test]
fn verbose_tells_statements_rows_and_times() {
    let mut bench =
        bench(&[("V2.sql", "ALTER TABLE orders\n  ADD COLUMN a int;\nSELECT nope FROM orders;\n")]);
    let sql = "SELECT count(*) FROM orders; INSERT INTO customers VALUES (1, \"a\"), (2, \"b\"); \
               ALTER TABLE orders MODIFY total decimal(12,2); SHOW VARIABLES LIKE \"nothing\"";
    bench.check_to_end(
        &format!("mysql -vvv -e '{sql}'"),
        5,
        &expect![[r#"
        --------------
        SELECT count(*) FROM orders
        --------------

        +----------+
        | count(*) |
        +----------+
        |     1000 |
        +----------+
        1 row in set (0.01 sec)

        --------------
        INSERT INTO customers VALUES (1, "a"), (2, "b")
        --------------

        Query OK, 2 rows affected (0.00 sec)
        Records: 2  Duplicates: 0  Warnings: 0

        --------------
        ALTER TABLE orders MODIFY total decimal(12,2)
        --------------

        Query OK, 1000 rows affected (0.01 sec)
        Records: 1000  Duplicates: 0  Warnings: 0

        --------------
        SHOW VARIABLES LIKE "nothing"
        --------------

        Empty set (0.00 sec)

        Bye
    "#]],
    );
    bench.check_to_end(
        "mysql < V2.sql",
        5,
        &expect![[r#"
        ! ERROR 1054 (42S22) at line 3: Unknown column 'nope' in 'field list'
        status 1
    "#]],
    );
}

#[test]
fn tables_are_described() {
    let mut bench = bench(&[]);
    for (line, expected) in [
        (
            "mysql -e 'SHOW TABLES'",
            expect![[r#"
            +----------------+
            | Tables_in_shop |
            +----------------+
            | customers      |
            | orders         |
            +----------------+
        "#]],
        ),
        (
            "mysql -e 'DESCRIBE orders'",
            expect![[r#"
                +-------------+---------------+------+-----+-------------------+-------------------+
                | Field       | Type          | Null | Key | Default           | Extra             |
                +-------------+---------------+------+-----+-------------------+-------------------+
                | id          | bigint        | NO   | PRI | NULL              | auto_increment    |
                | customer_id | bigint        | YES  | MUL | NULL              |                   |
                | total       | decimal(10,2) | NO   |     | 0.00              |                   |
                | state       | varchar(20)   | YES  | MUL | new               |                   |
                | made        | datetime      | YES  |     | CURRENT_TIMESTAMP | DEFAULT_GENERATED |
                +-------------+---------------+------+-----+-------------------+-------------------+
            "#]],
        ),
        (
            "mysql -e 'SHOW CREATE TABLE orders\\G'",
            expect![[r#"
                *************************** 1. row ***************************
                       Table: orders
                Create Table: CREATE TABLE `orders` (
                  `id` bigint NOT NULL AUTO_INCREMENT,
                  `customer_id` bigint DEFAULT NULL,
                  `total` decimal(10,2) NOT NULL DEFAULT '0.00',
                  `state` varchar(20) DEFAULT 'new',
                  `made` datetime DEFAULT CURRENT_TIMESTAMP,
                  PRIMARY KEY (`id`),
                  UNIQUE KEY `by_state` (`state`,`id`),
                  KEY `by_customer` (`customer_id`),
                  CONSTRAINT `of_customer` FOREIGN KEY (`customer_id`) REFERENCES `customers` (`id`)
                ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci
            "#]],
        ),
        (
            "mysql -e 'SHOW INDEX FROM orders'",
            expect![[r#"
                +--------+------------+-------------+--------------+-------------+------+------------+
                | Table  | Non_unique | Key_name    | Seq_in_index | Column_name | Null | Index_type |
                +--------+------------+-------------+--------------+-------------+------+------------+
                | orders |          0 | PRIMARY     |            1 | id          |      | BTREE      |
                | orders |          0 | by_state    |            1 | state       | YES  | BTREE      |
                | orders |          0 | by_state    |            2 | id          |      | BTREE      |
                | orders |          1 | by_customer |            1 | customer_id | YES  | BTREE      |
                +--------+------------+-------------+--------------+-------------+------+------------+
            "#]],
        ),
        (
            "mysql -e 'DESC nothing'",
            expect![[r#"
            ! ERROR 1146 (42S02) at line 1: Table 'shop.nothing' doesn't exist
            status 1
        "#]],
        ),
        (
            "mysql -e 'SHOW DATABASES; USE shop; USE other'",
            expect![[r#"
                +--------------------+
                | Database           |
                +--------------------+
                | information_schema |
                | mysql              |
                | performance_schema |
                | shop               |
                | sys                |
                +--------------------+
                ! ERROR 1049 (42000) at line 1: Unknown database 'other'
                status 1
            "#]],
        ),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

/// MY-04, MY-06.
#[test]
fn variables_are_set_and_shown() {
    let mut bench = bench(&[]);
    let sql = "SHOW VARIABLES LIKE \"%lock_wait%\"; SET lock_wait_timeout = 2; SET @@session.wait_timeout = 0; \
               SHOW VARIABLES LIKE \"%wait_timeout\"; SET nothing = 1";
    bench.check_to_end(
        &format!("mysql -e '{sql}'"),
        5,
        &expect![[r#"
        +--------------------------+----------+
        | Variable_name            | Value    |
        +--------------------------+----------+
        | innodb_lock_wait_timeout | 50       |
        | lock_wait_timeout        | 31536000 |
        +--------------------------+----------+
        +--------------------------+-------+
        | Variable_name            | Value |
        +--------------------------+-------+
        | innodb_lock_wait_timeout | 50    |
        | lock_wait_timeout        | 2     |
        | wait_timeout             | 1     |
        +--------------------------+-------+
        ! ERROR 1193 (HY000) at line 1: Unknown system variable 'nothing'
        status 1
    "#]],
    );
}

/// MY-06.
#[test]
fn variables_are_selected() {
    let mut bench = bench(&[]);
    for (sql, expected) in [
        (
            "SET lock_wait_timeout = 2; SELECT @@lock_wait_timeout, @@global.lock_wait_timeout",
            expect![[r#"
                +---------------------+----------------------------+
                | @@lock_wait_timeout | @@global.lock_wait_timeout |
                +---------------------+----------------------------+
                |                   2 |                   31536000 |
                +---------------------+----------------------------+
            "#]],
        ),
        (
            "SET autocommit = 0; SELECT @@session.autocommit, @@Version AS v",
            expect![[r#"
                +----------------------+--------+
                | @@session.autocommit | v      |
                +----------------------+--------+
                |                    0 | 8.0.36 |
                +----------------------+--------+
            "#]],
        ),
        (
            "SELECT @@session.max_connections",
            expect![[r#"
                ! ERROR 1238 (HY000) at line 1: Variable 'max_connections' is a GLOBAL variable
                status 1
            "#]],
        ),
        (
            "SELECT @@Nothing",
            expect![[r#"
                ! ERROR 1193 (HY000) at line 1: Unknown system variable 'Nothing'
                status 1
            "#]],
        ),
        (
            "SELECT @@sql_mode",
            expect![[r#"
                ! ERROR at line 1: not modelled: @@sql_mode
                status 1
            "#]],
        ),
    ] {
        bench.check_to_end(&format!("mysql -e '{sql}'"), 5, &expected);
    }
}

/// MY-04.
#[test]
fn who_waits_for_whom_is_told() {
    let mut bench = stalled();
    for (line, expected) in [
        (
            "mysql -e 'SHOW PROCESSLIST'",
            expect![[r#"
            +------+------+------------------+------+---------+------+---------------------------------+----------------------------------+
            | Id   | User | Host             | db   | Command | Time | State                           | Info                             |
            +------+------+------------------+------+---------+------+---------------------------------+----------------------------------+
            | 4711 | root | 192.0.2.10:44711 | shop | Sleep   |    2 |                                 | NULL                             |
            | 4714 | root | 192.0.2.10:44714 | shop | Query   |    2 | Waiting for table metadata lock | ALTER TABLE orders ADD note text |
            | 4717 | root | 192.0.2.10:44717 | shop | Query   |    1 | Waiting for table metadata lock | SELECT count(*) FROM orders      |
            | 4720 | root | 192.0.2.10:44720 | shop | Query   |    0 | init                            | SHOW PROCESSLIST                 |
            +------+------+------------------+------+---------+------+---------------------------------+----------------------------------+
        "#]],
        ),
        (
            "mysql -e 'SELECT OBJECT_NAME, lock_type, lock_status, owner_thread_id FROM performance_schema.metadata_locks'",
            expect![[r#"
                +-------------+-------------------+-------------+-----------------+
                | OBJECT_NAME | lock_type         | lock_status | owner_thread_id |
                +-------------+-------------------+-------------+-----------------+
                | orders      | SHARED_READ       | GRANTED     |            4752 |
                | orders      | SHARED_UPGRADABLE | GRANTED     |            4755 |
                | orders      | EXCLUSIVE         | PENDING     |            4755 |
                | orders      | SHARED_READ       | PENDING     |            4758 |
                +-------------+-------------------+-------------+-----------------+
            "#]],
        ),
        (
            "mysql -e 'SELECT waiting_query, blocking_pid, blocking_lock_type, sql_kill_blocking_connection \
             FROM sys.schema_table_lock_waits WHERE waiting_pid = 4714'",
            expect![[r#"
                +----------------------------------+--------------+--------------------+------------------------------+
                | waiting_query                    | blocking_pid | blocking_lock_type | sql_kill_blocking_connection |
                +----------------------------------+--------------+--------------------+------------------------------+
                | ALTER TABLE orders ADD note text |         4711 | SHARED_READ        | KILL 4711                    |
                | ALTER TABLE orders ADD note text |         4714 | SHARED_UPGRADABLE  | KILL 4714                    |
                +----------------------------------+--------------+--------------------+------------------------------+
            "#]],
        ),
        (
            "mysql -e 'SELECT * FROM information_schema.innodb_trx\\G'",
            expect![[r#"
            *************************** 1. row ***************************
                         trx_id: 425711
                      trx_state: RUNNING
                    trx_started: 2026-01-05 09:00:01
            trx_mysql_thread_id: 4711
                      trx_query: NULL
        "#]],
        ),
        (
            "mysql -e 'SELECT t.processlist_id FROM performance_schema.metadata_locks m JOIN \
             performance_schema.threads t ON t.thread_id = m.owner_thread_id WHERE m.lock_status = \"GRANTED\" \
             ORDER BY 1 LIMIT 1'",
            expect![[r#"
                +----------------+
                | processlist_id |
                +----------------+
                |           4711 |
                +----------------+
            "#]],
        ),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

/// MY-04.
#[test]
fn a_killed_transaction_lets_everybody_go_on() {
    let mut bench = stalled();
    for (line, expected) in [
        ("mysql -e 'KILL 4711'", expect![[r#""#]]),
        (
            "mysql -e 'KILL 4711'",
            expect![[r#"
            ! ERROR 1094 (HY000) at line 1: Unknown thread id: 4711
            status 1
        "#]],
        ),
        (
            "mysql -Ne 'SELECT count(*) FROM information_schema.processlist'",
            expect![[r#"
            +---+
            | 1 |
            +---+
        "#]],
        ),
        (
            "mysql -e 'SHOW COLUMNS FROM orders' | grep note",
            expect![[r#"
            note	text	YES		NULL	
        "#]],
        ),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

#[test]
fn a_killed_statement_is_told_so() {
    let desk = "[{name: desk, at: 1s, sql: SELECT total FROM orders WHERE id = 7, idle: 60s}]";
    let kills = "[{name: desk, at: 1s, sql: SELECT total FROM orders WHERE id = 7, idle: 60s}, \
                 {name: boss, at: 5s, sql: KILL QUERY 4714}]";
    let alter = "mysql -e 'ALTER TABLE orders ADD note text'";
    for (sessions, expected) in [
        (
            kills.to_owned(),
            expect![[r#"
            ! ERROR 1317 (70100) at line 1: Query execution was interrupted
            status 1
        "#]],
        ),
        (
            kills.replace("QUERY ", ""),
            expect![[r#"
            ! ERROR 2013 (HY000) at line 1: Lost connection to MySQL server during query
            status 1
        "#]],
        ),
        (desk.replace("idle: 60s", "idle: 3s"), expect![[r#""#]]),
    ] {
        let mut bench = Bench::mysql(SHOP, &sessions, &[]);
        bench.wait(2);
        bench.check_to_end(alter, 10, &expected);
    }
}

/// FW-02, FW-08, MY-05.
#[test]
fn a_migration_that_fails_half_way_leaves_half_of_it_and_flyway_says_so() {
    let two = "ALTER TABLE orders ADD COLUMN a int;\nALTER TABLE nothing ADD COLUMN b int;";
    let mut bench = bench(&[
        ("sql/V2__note.sql", "ALTER TABLE orders ADD note text;"),
        ("sql/V3__two.sql", two),
    ])
    .baselined();
    for (line, expected) in [
        (
            "flyway migrate",
            expect![[r#"
                Flyway Teams Edition 10.20.1 by Redgate

                See release notes here: https://rd.gt/416ObMi
                Database: jdbc:mysql://database:3306/shop (MySQL 8.0)
                Successfully validated 2 migrations (execution time 00:00.012s)
                Current version of schema `shop`: 0
                Migrating schema `shop` to version "2 - note"
                Migrating schema `shop` to version "3 - two"
                ! ERROR: Migration of schema `shop` to version "3 - two" failed! Please restore backups and roll back database and code!
                ! ERROR: Script V3__two.sql failed
                ! -------------------------
                ! SQL State  : 42S02
                ! Error Code : 1146
                ! Message    : Table 'shop.nothing' doesn't exist
                ! Location   : sql/V3__two.sql (/workspace/sql/V3__two.sql)
                ! Line       : 2
                ! Statement  : ALTER TABLE nothing ADD COLUMN b int
                status 1
            "#]],
        ),
        (
            "mysql -e 'SELECT installed_rank, version, script, installed_by, success FROM flyway_schema_history'",
            expect![[r#"
                +----------------+---------+-----------------------+--------------+---------+
                | installed_rank | version | script                | installed_by | success |
                +----------------+---------+-----------------------+--------------+---------+
                |              1 | 0       | << Flyway Baseline >> | root         |       1 |
                |              2 | 2       | V2__note.sql          | root         |       1 |
                |              3 | 3       | V3__two.sql           | root         |       0 |
                +----------------+---------+-----------------------+--------------+---------+
            "#]],
        ),
        (
            "mysql -e 'DESCRIBE flyway_schema_history'",
            expect![[r#"
                +----------------+---------------+------+-----+-------------------+-------------------+
                | Field          | Type          | Null | Key | Default           | Extra             |
                +----------------+---------------+------+-----+-------------------+-------------------+
                | installed_rank | int           | NO   | PRI | NULL              |                   |
                | version        | varchar(50)   | YES  |     | NULL              |                   |
                | description    | varchar(200)  | NO   |     | NULL              |                   |
                | type           | varchar(20)   | NO   |     | NULL              |                   |
                | script         | varchar(1000) | NO   |     | NULL              |                   |
                | checksum       | int           | YES  |     | NULL              |                   |
                | installed_by   | varchar(100)  | NO   |     | NULL              |                   |
                | installed_on   | timestamp     | NO   |     | CURRENT_TIMESTAMP | DEFAULT_GENERATED |
                | execution_time | int           | NO   |     | NULL              |                   |
                | success        | tinyint(1)    | NO   | MUL | NULL              |                   |
                +----------------+---------------+------+-----+-------------------+-------------------+
            "#]],
        ),
        (
            "flyway migrate",
            expect![[r#"
                Flyway Teams Edition 10.20.1 by Redgate

                See release notes here: https://rd.gt/416ObMi
                Database: jdbc:mysql://database:3306/shop (MySQL 8.0)
                ! ERROR: Validate failed: Migrations have failed validation
                ! Detected failed migration to version 3 (two).
                ! Please remove any half-completed changes then run repair to fix the schema history.
                ! Need more flexibility with validation rules? Learn more: https://rd.gt/3AbJUZE
                status 1
            "#]],
        ),
        (
            "flyway repair",
            expect![[r#"
                Flyway Teams Edition 10.20.1 by Redgate

                See release notes here: https://rd.gt/416ObMi
                Database: jdbc:mysql://database:3306/shop (MySQL 8.0)
                Successfully repaired schema history table `shop`.`flyway_schema_history` (execution time 00:00.015s).
                Manual cleanup of the remaining effects of the failed migration may still be required.
            "#]],
        ),
        (
            "mysql -e 'SHOW COLUMNS FROM orders' | grep ^a",
            expect![[r#"
                a	int	YES		NULL	
            "#]],
        ),
    ] {
        bench.check_to_end(line, 5, &expected);
    }
}

#[test]
fn each_client_finds_only_its_own_server() {
    let mut bench = bench(&[]);
    bench.check(
        "psql -c 'SELECT 1'",
        &expect![[r#"
        ! psql: error: connection to server at "database", port 5432 failed: Connection refused
        ! 	Is the server running on that host and accepting TCP/IP connections?
        status 2
    "#]],
    );
    bench.check("liquibase --changelog-file=a.yaml update", &expect![[r#"
        ! ERROR: Exception Details
        ! ERROR: Exception Primary Class:  PSQLException
        ! ERROR: Exception Primary Reason:  not modelled: Liquibase with MySQL; flyway is
        ! ERROR: Exception Primary Source:  4.28.0
        ! 
        ! Unexpected error running Liquibase: Connection could not be created to jdbc:postgresql://database:5432/shop with driver org.postgresql.Driver.  not modelled: Liquibase with MySQL; flyway is
        ! 
        ! For more information, please use the --log-level flag
        status 1
    "#]]);
    let mut bench = Bench::holding("CREATE TABLE orders (id bigint);", "[]", &[]);
    bench.check(
        "mysql -e 'SELECT 1'",
        &expect![[r#"
        ! ERROR 2003 (HY000): Can't connect to MySQL server on 'database:3306' (111)
        status 1
    "#]],
    );
}
