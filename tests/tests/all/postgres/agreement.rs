//! Outcomes, locks and work: the model beside the server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use schema::compat;
use schema::{Cost, Effect, Fault, Schema, apply, check, parse};

use super::corpus::{COUNTS, MIGRATIONS, ROWS, SCHEMA, STATEMENTS};
use super::judge::{self, Judge, Outcome};
use super::server::Server;

pub(super) fn model() -> Schema {
    let rows = COUNTS.map(|(table, rows)| (table.to_owned(), rows));
    let script = parse(SCHEMA).expect("the corpus parses");
    compat::schema(&script, &BTreeMap::from(rows)).expect("the corpus applies")
}

pub(super) fn statement(sql: &str) -> Arc<sqlparser::ast::Statement> {
    let script = parse(sql).unwrap_or_else(|problems| panic!("{sql}: {problems:?}"));
    script.statements.into_iter().next().expect("a statement").ast
}

/// The model's answer; none where it says that it has none.
fn said<T>(result: &Result<T, Fault>) -> Option<Outcome> {
    match result {
        Ok(_) => Some(Ok(())),
        Err(Fault::Fails(error)) => Some(Err(error.code.to_owned())),
        Err(Fault::NotModelled(_)) => None,
    }
}

/// A refusal that the server words otherwise: of two wrong operators in a sum it takes the other one.
const WORDED_OTHERWISE: &str = "operator does not exist: integer + text";

/// Cases counted by how they ended.
#[derive(Debug, Default)]
struct Tally {
    agree: usize,
    not_modelled: usize,
    /// Duplicates and missing parents, which only the rows decide.
    by_rows: usize,
    /// Refusals in the server's words.
    worded: usize,
    /// Those in other words: the model's and the server's.
    reworded: BTreeSet<(String, String)>,
    differ: Vec<String>,
}

impl Tally {
    fn compare<T>(&mut self, what: &str, model: &Result<T, Fault>, server: &Outcome, words: &str) {
        match said(model) {
            None => self.not_modelled += 1,
            // A parameter is given the newest label of an enumeration, which its own transaction cannot use.
            Some(Ok(())) if *server == Err("55P04".to_owned()) && what.contains('$') => {
                self.by_rows += 1;
            }
            Some(Ok(())) if matches!(server, Err(code) if ["23505", "23503"].contains(&&**code)) => {
                self.by_rows += 1;
            }
            // Values decide whether what a generated column makes of them fits its type.
            Some(Ok(())) if *server == Err("22003".to_owned()) && what.contains("GENERATED") => {
                self.by_rows += 1;
            }
            Some(said) if said == *server => {
                self.agree += 1;
                if let Err(Fault::Fails(error)) = model {
                    let own = judge::words(
                        &error.message,
                        error.detail.as_deref(),
                        error.hint.as_deref(),
                    );
                    if own == words {
                        self.worded += 1;
                    } else {
                        self.reworded.insert((own, words.to_owned()));
                    }
                }
            }
            Some(_) => {
                let model = model.as_ref().err().map_or_else(|| "ok".into(), ToString::to_string);
                self.differ.push(format!("{what}\n    model {model}, server {server:?}"));
            }
        }
    }

    #[track_caller]
    fn print(&self, title: &str) {
        println!(
            "{title}: {} agree, {} differ, {} not modelled, {} decided by rows",
            self.agree,
            self.differ.len(),
            self.not_modelled,
            self.by_rows
        );
        println!(
            "{title}: {} refusals in the server's words, {} in others",
            self.worded,
            self.reworded.len()
        );
        let unknown = |(own, _): &&(String, String)| !own.starts_with(WORDED_OTHERWISE);
        let unknown: Vec<_> = self.reworded.iter().filter(unknown).collect();
        assert!(unknown.is_empty(), "{title}: the model's words and the server's: {unknown:#?}");
        assert!(self.differ.is_empty(), "{title}:\n{}", self.differ.join("\n"));
    }
}

#[test]
fn statements_end_as_postgresql_ends_them_after_every_migration_pg_06_pg_42() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run(SCHEMA)?;
    judge.run(ROWS)?;
    let (mut migrations, mut statements) = (Tally::default(), Tally::default());
    for migration in std::iter::once(&"").chain(MIGRATIONS) {
        judge.run("BEGIN")?;
        let mut schema = model();
        if !migration.is_empty() {
            let applied = apply(&schema, &statement(migration), true);
            let outcome = judge.attempt(migration)?;
            migrations.compare(migration, &applied, &outcome, &judge.words);
            match (applied, outcome) {
                (Ok((next, _)), Ok(())) => schema = next,
                _ => {
                    judge.run("ROLLBACK")?;
                    continue;
                }
            }
        }
        for sql in STATEMENTS {
            let outcome = judge.try_statement(sql)?;
            let what = format!("{migration}; {sql}");
            let model = check(&schema, &statement(sql));
            statements.compare(&what, &model, &outcome, &judge.words);
        }
        judge.run("ROLLBACK")?;
    }
    migrations.print("migrations");
    statements.print("statements after migrations");
    Ok(())
}

/// Statements whose result the model types otherwise than the server after some migration: it keeps the length
/// and precision of a column inside an expression, and does not follow `date_trunc`.
const TYPED_OTHERWISE: [&str; 4] = [
    "SELECT coalesce(code, 'none'), upper(status), length(code) FROM orders",
    "SELECT coalesce(code, status, 'x'), nullif(code, '') FROM orders",
    "SELECT avg(price), min(code), max(due), sum(price) FROM orders",
    "SELECT extract(year FROM placed), date_trunc('day', placed), age(placed) FROM orders",
];

/// Of the precision of a time the model knows only that rows are written again.
fn is_known(sql: &str, migration: &str) -> bool {
    TYPED_OTHERWISE.contains(&sql) || migration.ends_with("timestamptz(3)")
}

#[test]
fn a_prepared_statement_fails_once_where_its_result_has_other_columns_pg_42_opg_10() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run(SCHEMA)?;
    judge.run(ROWS)?;
    let before = model();
    let (mut fails, mut works, mut differ) = (0, 0, Vec::new());
    for migration in MIGRATIONS {
        let Ok((after, _)) = apply(&before, &statement(migration), true) else { continue };
        judge.run("BEGIN")?;
        for sql in STATEMENTS {
            let ast = statement(sql);
            let (Ok(old), Ok(new)) = (check(&before, &ast), check(&after, &ast)) else { continue };
            let Some(outcome) = judge.try_prepared(sql, migration)? else { continue };
            let fails_once = outcome == Err("0A000".to_owned());
            if (old.returns == new.returns) == fails_once && !is_known(sql, migration) {
                differ.push(format!("{sql}; {migration}: server {outcome:?}"));
            }
            *if fails_once { &mut fails } else { &mut works } += 1;
        }
        judge.run("ROLLBACK")?;
    }
    println!("prepared statements: {fails} fail once, {works} do not, {} differ", differ.len());
    assert!(differ.is_empty() && 0 < fails, "{}", differ.join("\n"));
    Ok(())
}

// PG-02, 20..39: the corpus has a statement of each class.
#[test]
fn migrations_lock_read_and_write_what_postgresql_does_pg_01_pg_43() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run(SCHEMA)?;
    judge.run(ROWS)?;
    let (mut agree, mut differ) = (0, Vec::new());
    for migration in MIGRATIONS {
        let Ok((_, effect)) = apply(&model(), &statement(migration), true) else { continue };
        judge.run("BEGIN")?;
        let effects = judge.apply(migration)?;
        judge.run("ROLLBACK")?;
        if effects.outcome.is_err() {
            continue;
        }
        let mut same = true;
        let mut compare = |what: &str, model: String, server: String| {
            if model != server {
                same = false;
                differ.push(format!("{migration}: {what}: model {model}, server {server}"));
            }
        };
        compare("locks", locks(&effect, &effects.kept), format!("{:?}", effects.locks));
        compare("skips", format!("{:?}", effect.notices), format!("{:?}", effects.skipped));
        let schema_only = !["UPDATE", "DELETE", "INSERT", "TRUNCATE"]
            .iter()
            .any(|word| migration.starts_with(word));
        if schema_only {
            let rewritten = format!("{:?}", effects.rewritten);
            compare("rewrites", tables(&effect, Cost::Rewrite), rewritten);
            if !migration.contains("FOREIGN KEY") && !migration.contains("REFERENCES") {
                let verified = format!("{:?}", effects.verified);
                compare("reads", tables(&effect, Cost::Scan), verified);
            }
        }
        agree += usize::from(same);
    }
    println!("locks and work: {agree} agree, {} differ", differ.len());
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    Ok(())
}

/// The model's locks as the judge writes them.
fn locks(effect: &Effect, kept: &BTreeSet<String>) -> String {
    let locks = effect.locks.iter().filter(|lock| kept.contains(&lock.table));
    let locks = locks.map(|lock| (lock.table.clone(), lock.mode.pg_name()));
    format!("{:?}", locks.collect::<BTreeMap<_, _>>())
}

fn tables(effect: &Effect, cost: Cost) -> String {
    let work = effect.work.iter().filter(|work| work.cost == cost);
    format!("{:?}", work.map(|work| work.table.clone()).collect::<BTreeSet<_>>())
}

#[test]
fn a_dump_of_the_server_is_the_same_schema() -> Result<()> {
    let server = Server::start()?;
    Judge::new(&server)?.run(SCHEMA)?;
    let dump = parse(&server.dump()?).expect("a dump parses");
    let rows = BTreeMap::from(COUNTS.map(|(table, rows)| (table.to_owned(), rows)));
    let (dumped, ours) = (compat::schema(&dump, &rows).expect("a dump applies"), model());
    for sql in STATEMENTS {
        let said = |schema| check(schema, &statement(sql)).map_err(|fault| fault.to_string());
        assert_eq!(said(&dumped), said(&ours), "{sql}");
    }
    for sql in MIGRATIONS {
        let locks = |schema| apply(schema, &statement(sql), true).map(|(_, effect)| effect.locks);
        assert_eq!(locks(&dumped), locks(&ours), "{sql}");
    }
    Ok(())
}

// PG-06, PG-24, PG-25, PG-41.
#[test]
fn statements_end_alike_after_generated_chains_of_migrations() -> Result<()> {
    let server = Server::start()?;
    let mut judge = Judge::new(&server)?;
    judge.run(SCHEMA)?;
    judge.run(ROWS)?;
    let chains = proptest::collection::vec(0..MIGRATIONS.len(), 2..6);
    // The same chains every time: what they find is mended once.
    let config = Config { cases: 150, failure_persistence: None, ..Config::default() };
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
    judge.run("BEGIN")?;
    let (mut schema, mut so_far) = (model(), String::new());
    for &index in chain {
        let migration = MIGRATIONS[index];
        let applied = apply(&schema, &statement(migration), true);
        if said(&applied).is_none() {
            break;
        }
        so_far.push_str(migration);
        so_far.push_str("; ");
        let outcome = judge.attempt(migration)?;
        tally.compare(&so_far, &applied, &outcome, &judge.words);
        match (applied, outcome) {
            (Ok((next, _)), Ok(())) => schema = next,
            (Err(_), Err(_)) => {}
            // Rows have decided, or the two differ.
            _ => return judge.run("ROLLBACK"),
        }
    }
    for sql in STATEMENTS {
        let outcome = judge.try_statement(sql)?;
        let model = check(&schema, &statement(sql));
        tally.compare(&format!("{so_far}{sql}"), &model, &outcome, &judge.words);
    }
    judge.run("ROLLBACK")
}
