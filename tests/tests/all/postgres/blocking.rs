//! Who waits for whom: real sessions beside the model's matrix of locks.

use std::sync::mpsc::{Receiver, channel};
use std::thread;

use anyhow::Result;
use postgres::{Client, NoTls};
use schema::{LockMode, apply, check};

use super::agreement::{model, statement};
use super::corpus::{ROWS, SCHEMA};
use super::judge::Judge;
use super::server::Server;

/// A session whose statement runs while others go on.
struct Session {
    pid: i32,
    ended: Receiver<Option<String>>,
}

impl Session {
    /// Runs a statement in a session of its own, in an open transaction.
    fn run(server: &Server, sql: &str) -> Result<Self> {
        let mut client: Client = server.config().connect(NoTls)?;
        let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
        let (send, ended) = channel();
        let sql = sql.to_owned();
        thread::spawn(move || {
            let result = client.batch_execute(&format!("BEGIN; {sql}"));
            let code = result.err().and_then(|e| e.code().map(|code| code.code().to_owned()));
            // The transaction stays open until somebody has heard.
            let _ = send.send(code);
        });
        Ok(Self { pid, ended })
    }

    /// Who is in its way, once it has begun to wait; nobody if it has ended.
    fn blockers(&self, judge: &mut Judge) -> Result<Vec<String>> {
        loop {
            if let Ok(code) = self.ended.try_recv() {
                assert_eq!(code, None, "the statement failed");
                return Ok(Vec::new());
            }
            let sql = format!("SELECT unnest(pg_blocking_pids({}))", self.pid);
            let blockers = judge.column(&sql)?;
            if !blockers.is_empty() {
                return Ok(blockers);
            }
            thread::yield_now();
        }
    }
}

/// A server with the corpus in it, and a session that watches.
fn stage() -> Result<(Server, Judge)> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run(SCHEMA)?;
    judge.run(ROWS)?;
    Ok((server, judge))
}

/// An open transaction that has run a statement.
fn open(server: &Server, sql: &str) -> Result<(Client, i32)> {
    let mut client = server.config().connect(NoTls)?;
    client.batch_execute(&format!("BEGIN; {sql}"))?;
    let pid = client.query_one("SELECT pg_backend_pid()", &[])?.get(0);
    Ok((client, pid))
}

#[test]
fn every_pair_of_lock_modes_waits_as_the_matrix_says_pg_01() -> Result<()> {
    let (server, mut judge) = stage()?;
    judge.run("CREATE TABLE door (id integer)")?;
    for held in LockMode::ALL {
        let (mut holder, _) = open(&server, &format!("LOCK TABLE door IN {held} MODE"))?;
        for wanted in LockMode::ALL {
            judge.run("BEGIN")?;
            let outcome = judge.attempt(&format!("LOCK TABLE door IN {wanted} MODE NOWAIT"))?;
            judge.run("ROLLBACK")?;
            let waits = outcome == Err("55P03".to_owned());
            assert_eq!(waits, held.conflicts(wanted), "{held} held, {wanted} wanted");
        }
        holder.batch_execute("ROLLBACK")?;
    }
    Ok(())
}

#[test]
fn a_read_waits_behind_an_alter_that_waits_behind_a_read_pg_04_opg_1() -> Result<()> {
    let (server, mut judge) = stage()?;
    let (mut report, report_pid) = open(&server, "SELECT count(*) FROM orders")?;
    let alter = Session::run(&server, "ALTER TABLE orders ADD COLUMN extra text")?;
    assert_eq!(alter.blockers(&mut judge)?, [report_pid.to_string()]);
    let read = Session::run(&server, "SELECT 1 FROM orders")?;
    assert_eq!(read.blockers(&mut judge)?, [alter.pid.to_string()]);
    // The two reads alone would not meet.
    assert!(!LockMode::AccessShare.conflicts(LockMode::AccessShare));
    report.batch_execute("COMMIT")?;
    assert_eq!(alter.ended.recv()?, None);
    assert_eq!(read.ended.recv()?, None);
    Ok(())
}

#[test]
fn a_lock_timeout_ends_the_wait_and_those_behind_go_on_pg_07_opg_2() -> Result<()> {
    let (server, mut judge) = stage()?;
    let (_report, _) = open(&server, "SELECT count(*) FROM orders")?;
    let alter = "SET LOCAL lock_timeout = '300ms'; ALTER TABLE orders ADD COLUMN extra text";
    let alter = Session::run(&server, alter)?;
    alter.blockers(&mut judge)?;
    let read = Session::run(&server, "SELECT 1 FROM orders")?;
    assert_eq!(alter.ended.recv()?.as_deref(), Some("55P03"));
    assert_eq!(read.ended.recv()?, None);
    Ok(())
}

#[test]
fn an_index_build_lets_readers_pass_and_no_writers_pg_37_opg_3() -> Result<()> {
    let insert = "INSERT INTO orders (customer_id, total) VALUES (1, 2)";
    let (index, read) = ("CREATE INDEX orders_due ON orders (due)", "SELECT id FROM orders");
    let (server, mut judge) = stage()?;
    let (mut writer, _) = open(&server, insert)?;
    let build = Session::run(&server, index)?;
    assert!(!build.blockers(&mut judge)?.is_empty());
    let second = Session::run(&server, insert)?;
    assert_eq!(second.blockers(&mut judge)?, [build.pid.to_string()]);
    let reader = Session::run(&server, read)?;
    assert_eq!(reader.ended.recv()?, None);
    writer.batch_execute("COMMIT")?;
    assert_eq!(build.ended.recv()?, None);
    assert_eq!(second.ended.recv()?, None);
    // The model says the same of who waits for whom.
    let (_, effect) = apply(&model(), &statement(index), true).unwrap();
    let waits = |sql: &str| {
        let access = check(&model(), &statement(sql)).unwrap();
        let conflicts = |held: &schema::Lock, wanted: &schema::Lock| {
            held.table == wanted.table && held.mode.conflicts(wanted.mode)
        };
        effect.locks.iter().any(|held| access.locks.iter().any(|wanted| conflicts(held, wanted)))
    };
    assert_eq!([waits(insert), waits(read)], [true, false]);
    Ok(())
}

#[test]
fn a_foreign_key_that_is_being_added_stops_writers_of_the_parent_pg_34_opg_4() -> Result<()> {
    let (server, mut judge) = stage()?;
    let key = "ALTER TABLE lines ADD CONSTRAINT to_customer FOREIGN KEY (order_id) \
               REFERENCES customers (id) NOT VALID";
    let (mut adder, pid) = open(&server, key)?;
    let reader = Session::run(&server, "SELECT id FROM customers")?;
    assert_eq!(reader.ended.recv()?, None);
    let writer = Session::run(&server, "INSERT INTO customers (email) VALUES ('z')")?;
    assert_eq!(writer.blockers(&mut judge)?, [pid.to_string()]);
    adder.batch_execute("COMMIT")?;
    assert_eq!(writer.ended.recv()?, None);
    Ok(())
}

#[test]
fn an_old_row_that_breaks_a_new_check_cannot_be_updated_pg_31_opg_7() -> Result<()> {
    let (_server, mut judge) = stage()?;
    judge.run("ALTER TABLE orders ADD CONSTRAINT big CHECK (total > 15) NOT VALID; BEGIN")?;
    let update = "UPDATE orders SET code = 'other' WHERE id = 1";
    assert_eq!(judge.attempt(update)?, Err("23514".to_owned()));
    assert_eq!(judge.attempt("UPDATE orders SET code = 'new' WHERE id = 2")?, Ok(()));
    judge.run("ROLLBACK")?;
    Ok(())
}

#[test]
fn a_statement_prepared_before_a_column_was_added_fails_if_it_reads_a_star_pg_42_opg_10()
-> Result<()> {
    let (server, mut judge) = stage()?;
    let mut client = server.config().connect(NoTls)?;
    client.batch_execute("PREPARE all_of AS SELECT * FROM orders")?;
    client.batch_execute("PREPARE some_of AS SELECT id FROM orders")?;
    let add = "ALTER TABLE orders ADD COLUMN extra text";
    judge.run(add)?;
    client.batch_execute("EXECUTE some_of")?;
    let error = client.batch_execute("EXECUTE all_of").unwrap_err();
    assert_eq!(error.code().map(|code| code.code()), Some("0A000"));
    let (after, _) = apply(&model(), &statement(add), true).expect("a column is added");
    let changes = |sql: &str| {
        let returns = |schema| check(schema, &statement(sql)).expect("it works").returns;
        returns(&model()) != returns(&after)
    };
    assert!(changes("SELECT * FROM orders") && !changes("SELECT id FROM orders"));
    Ok(())
}

#[test]
fn an_index_that_fails_to_be_built_concurrently_stays_and_is_invalid_pg_40_opg_9() -> Result<()> {
    let (_server, mut judge) = stage()?;
    judge.run("INSERT INTO spare VALUES (1, 'x'), (1, 'y')")?;
    let build = "CREATE UNIQUE INDEX CONCURRENTLY spare_id ON spare (id)";
    let error = judge.run(build).unwrap_err();
    let code = error.downcast_ref::<postgres::Error>().and_then(postgres::Error::code);
    assert_eq!(code.map(|code| code.code()), Some("23505"));
    let state = "SELECT indisvalid::text || indisready::text FROM pg_index \
                 WHERE indexrelid = 'spare_id'::regclass";
    assert_eq!(judge.column(state)?, ["falsefalse"]);
    Ok(())
}
