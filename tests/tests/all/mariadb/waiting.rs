//! Metadata locks: who holds which, and who waits for whom (MY-04, MY-05).

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use schema::{Fault, check};

use super::agreement::{model, statement};
use super::corpus::STATEMENTS;
use super::judge::{Judge, Outcome, outcome};
use super::server::Server;

/// The server renews its list of transactions only when nobody has read it for a tenth of a second.
const FRESH: Duration = Duration::from_millis(120);

/// A session whose statement runs while others go on.
pub(super) struct Session {
    id: u32,
    pub(super) ended: Receiver<Outcome>,
}

impl Session {
    pub(super) fn run(server: &Server, sql: &'static str) -> Result<Self> {
        let mut client = server.connect()?;
        client.query("USE judged")?.expect("the database is there");
        let id = client.id;
        let (send, ended) = channel();
        thread::spawn(move || {
            if let Ok(answer) = client.query(sql) {
                let _ = send.send(outcome(answer));
            }
        });
        Ok(Self { id, ended })
    }

    /// Whether it waits for a metadata lock, or for a row, rather than end.
    pub(super) fn waits(&self, judge: &mut Judge) -> Result<bool> {
        loop {
            if let Ok(outcome) = self.ended.recv_timeout(FRESH) {
                assert_eq!(outcome, Ok(()), "the statement failed");
                return Ok(false);
            }
            let sql = format!(
                "SELECT state FROM information_schema.processlist WHERE id = {0} AND state IS NOT NULL \
                 UNION SELECT trx_state FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = {0}",
                self.id
            );
            let waits = ["Waiting for table metadata lock", "LOCK WAIT"];
            if judge.column(&sql)?.iter().any(|state| waits.contains(&state.as_str())) {
                return Ok(true);
            }
        }
    }
}

#[test]
fn a_read_waits_behind_an_alter_that_waits_behind_a_read_my_04() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    let mut report = server.connect()?;
    for sql in ["USE judged", "START TRANSACTION", "SELECT count(*) FROM orders"] {
        report.query(sql)?.expect(sql);
    }
    let alter = Session::run(&server, "ALTER TABLE orders ADD COLUMN extra int")?;
    assert!(alter.waits(&mut judge)?);
    let read = Session::run(&server, "SELECT id FROM orders WHERE id = 1")?;
    assert!(read.waits(&mut judge)?);
    // Other tables are not touched.
    let other = Session::run(&server, "SELECT id FROM spare")?;
    assert!(!other.waits(&mut judge)?);
    report.query("COMMIT")?.expect("a commit");
    assert_eq!(alter.ended.recv()?, Ok(()));
    assert_eq!(read.ended.recv()?, Ok(()));
    Ok(())
}

#[test]
fn statements_hold_the_metadata_locks_that_the_model_says_my_04() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run("INSTALL SONAME 'metadata_lock_info'")?;
    let (mut agree, mut differ) = (0, Vec::new());
    for sql in STATEMENTS {
        let access = match check(&model(), &statement(sql)) {
            Ok(access) => access,
            Err(Fault::Fails(_) | Fault::NotModelled(_)) => continue,
        };
        judge.run("START TRANSACTION")?;
        if judge.attempt(&sql.replace('?', "1"))?.is_ok() {
            let model: BTreeMap<String, String> = access
                .locks
                .iter()
                .map(|lock| (lock.table.clone(), lock.mode.mysql_name().unwrap_or("?").to_owned()))
                .collect();
            let mut server = held(&mut judge)?;
            // MariaDB also opens tables whose foreign keys lead to one that changes.
            server.retain(|table, _| model.contains_key(table));
            match model == server {
                true => agree += 1,
                false => differ.push(format!("{sql}: model {model:?}, server {server:?}")),
            }
        }
        judge.run("ROLLBACK")?;
    }
    println!("metadata locks: {agree} agree, {} differ", differ.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    Ok(())
}

/// The strongest metadata lock on each table.
fn held(judge: &mut Judge) -> Result<BTreeMap<String, String>> {
    let locks = judge.column(
        "SELECT concat(table_name, ' ', lock_mode) FROM information_schema.metadata_lock_info \
         WHERE lock_type = 'Table metadata lock' AND table_schema = 'judged'",
    )?;
    let mut held = BTreeMap::new();
    for lock in locks {
        let Some((table, mode)) = lock.split_once(" MDL_") else { continue };
        let strongest = held.entry(table.to_owned()).or_insert_with(|| mode.to_owned());
        // SHARED_READ comes before SHARED_WRITE.
        if strongest.as_str() < mode {
            *strongest = mode.to_owned();
        }
    }
    Ok(held)
}

#[test]
fn a_change_of_the_schema_commits_what_was_before_it_my_05() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run("START TRANSACTION")?;
    judge.run("INSERT INTO spare VALUES (1, 'x', NULL)")?;
    judge.run("ALTER TABLE orders ADD COLUMN extra int")?;
    judge.run("ROLLBACK")?;
    assert_eq!(judge.column("SELECT count(*) FROM spare")?, ["1"]);
    assert_eq!(judge.column("SELECT count(extra) FROM orders")?, ["0"]);
    Ok(())
}
