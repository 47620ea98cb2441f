//! Outcomes: the model beside the server.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use schema::{Engine, Fault, Schema, apply, check, compat};

use super::corpus::{COUNTS, MIGRATIONS, SCHEMA, STATEMENTS};
use super::differences::Met;
use super::judge::{Judge, Outcome};
use super::server::Server;

pub(super) fn model() -> Schema {
    let rows = COUNTS.map(|(table, rows)| (table.to_owned(), rows));
    let script = Engine::Mysql.parse(SCHEMA).expect("the corpus parses");
    compat::schema(&script, &BTreeMap::from(rows)).expect("the corpus applies")
}

pub(super) fn statement(sql: &str) -> Arc<sqlparser::ast::Statement> {
    let script = Engine::Mysql.parse(sql).unwrap_or_else(|problems| panic!("{sql}: {problems:?}"));
    script.statements.into_iter().next().expect("a statement").ast
}

/// The model's answer; none where it says that it has none.
pub(super) fn said<T>(result: &Result<T, Fault>) -> Option<Outcome> {
    match result {
        Ok(_) => Some(Ok(())),
        Err(Fault::Fails(error)) => {
            Some(Err((error.number.expect("MySQL has numbers"), error.code.to_owned())))
        }
        Err(Fault::NotModelled(_)) => None,
    }
}

/// What only the rows decide: duplicates, missing parents, rows that are referred to, old values that
/// do not fit a new type.
const BY_ROWS: [u16; 10] = [1062, 1452, 1451, 1138, 1264, 1265, 1366, 1292, 1406, 4025];

/// Cases counted by how they ended.
#[derive(Debug, Default)]
struct Tally {
    agree: usize,
    not_modelled: usize,
    by_rows: usize,
    known: usize,
    /// A table and a column are missing, and the server tells of the table.
    two_mistakes: usize,
    differ: Vec<String>,
}

impl Tally {
    fn compare<T>(
        &mut self,
        what: &str,
        met: &Met,
        model: &Result<T, Fault>,
        server: &Outcome,
    ) -> bool {
        let before = self.differ.len();
        match said(model) {
            None => self.not_modelled += 1,
            Some(said) if said == *server => self.agree += 1,
            Some(said) if met.explains(what, &said, server) => self.known += 1,
            Some(Err((1054, _))) if matches!(server, Err((1146, _))) => self.two_mistakes += 1,
            Some(Ok(())) if matches!(server, Err((code, _)) if BY_ROWS.contains(code)) => {
                self.by_rows += 1;
            }
            Some(_) => {
                let model = model.as_ref().err().map_or_else(|| "ok".into(), ToString::to_string);
                self.differ.push(format!("{what}\n    model {model}, server {server:?}"));
            }
        }
        before == self.differ.len()
    }

    #[track_caller]
    fn print(&self, title: &str) {
        println!(
            "{title}: {} agree, {} differ, {} differ as MariaDB does from MySQL, {} not modelled, {} \
             decided by rows, {} have two mistakes",
            self.agree,
            self.differ.len(),
            self.known,
            self.not_modelled,
            self.by_rows,
            self.two_mistakes
        );
        assert!(self.differ.is_empty(), "{title}:\n{}", self.differ.join("\n"));
    }
}

#[test]
fn statements_end_as_the_server_ends_them_after_every_migration_my_01_my_05() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    let met = Met::default();
    let (mut migrations, mut statements) = (Tally::default(), Tally::default());
    for migration in std::iter::once(&"").chain(MIGRATIONS) {
        let mut schema = model();
        judge.reset()?;
        if !migration.is_empty() {
            let applied = apply(&schema, &statement(migration), false);
            let outcome = judge.attempt(migration)?;
            migrations.compare(migration, &met, &applied, &outcome);
            match (applied, outcome) {
                (Ok((next, _)), Ok(())) => schema = next,
                _ => continue,
            }
        }
        for sql in STATEMENTS {
            let outcome = judge.try_statement(sql)?;
            let what = format!("{migration}; {sql}");
            statements.compare(&what, &met, &check(&schema, &statement(sql)), &outcome);
        }
    }
    migrations.print("migrations");
    statements.print("statements after migrations");
    met.print();
    Ok(())
}

#[test]
fn a_dump_of_the_server_is_the_same_schema() -> Result<()> {
    let server = Server::start()?;
    Judge::new(&server)?;
    // JSON is a text with a check to MariaDB, and a type to MySQL.
    let dump = server.dump("judged")?.replace(" CHECK (json_valid(`data`))", "");
    let script = Engine::Mysql.parse(&dump).expect("a dump parses");
    let rows = BTreeMap::from(COUNTS.map(|(table, rows)| (table.to_owned(), rows)));
    let (dumped, ours) = (compat::schema(&script, &rows).expect("a dump applies"), model());
    for sql in STATEMENTS {
        let said = |schema| match check(schema, &statement(sql)) {
            // What is given back has MariaDB's type for JSON.
            Ok(access) => Ok(schema::Access { returns: Vec::new(), ..access }),
            Err(fault) => Err(fault.to_string()),
        };
        assert_eq!(said(&dumped), said(&ours), "{sql}");
    }
    for sql in MIGRATIONS {
        let said = |schema| {
            let applied = apply(schema, &statement(sql), false);
            applied.map(|(_, effect)| effect.algorithm).map_err(|fault| fault.to_string())
        };
        assert_eq!(said(&dumped), said(&ours), "{sql}");
    }
    Ok(())
}

#[test]
fn statements_end_alike_after_generated_chains_of_migrations_my_05() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    let chains = proptest::collection::vec(0..MIGRATIONS.len(), 2..6);
    // The same chains every time: what they find is mended once.
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let judge = std::cell::RefCell::new(&mut judge);
    let agreed = std::cell::Cell::new(0);
    runner.run(&chains, |chain| {
        let mut tally = Tally::default();
        follow(&mut judge.borrow_mut(), &chain, &mut tally)
            .map_err(|error| TestCaseError::fail(error.to_string()))?;
        agreed.set(agreed.get() + tally.agree);
        match tally.differ.is_empty() {
            true => Ok(()),
            false => Err(TestCaseError::fail(tally.differ.join("\n"))),
        }
    })?;
    println!("generated chains: {} outcomes agree", agreed.get());
    Ok(())
}

/// Applies migrations one after another, as far as the model knows them, and tries all statements.
fn follow(judge: &mut Judge, chain: &[usize], tally: &mut Tally) -> Result<()> {
    judge.reset()?;
    let met = Met::default();
    let (mut schema, mut so_far) = (model(), String::new());
    for &index in chain {
        let migration = MIGRATIONS[index];
        let applied = apply(&schema, &statement(migration), false);
        if said(&applied).is_none() {
            return Ok(());
        }
        so_far.push_str(migration);
        so_far.push_str("; ");
        let outcome = judge.attempt(migration)?;
        tally.compare(&so_far, &met, &applied, &outcome);
        match (applied, outcome) {
            (Ok((next, _)), Ok(())) => schema = next,
            (Err(_), Err(_)) => {}
            // Rows have decided, or the two differ.
            _ => return Ok(()),
        }
    }
    for sql in STATEMENTS {
        let outcome = judge.try_statement(sql)?;
        let what = format!("{so_far}{sql}");
        tally.compare(&what, &met, &check(&schema, &statement(sql)), &outcome);
    }
    Ok(())
}
