//! Both do the same with the same files.

use anyhow::Result;

use super::corpus::{FILES, SCHEMA, STEPS, Step};
use super::model::Model;
use super::program::{Answer, Program};

const HISTORY: &str = "SELECT id, author, filename, orderexecuted, exectype, md5sum, description, comments, tag, \
                       liquibase, contexts, labels FROM databasechangelog ORDER BY orderexecuted";

const LOCK: &str = "SELECT id, locked, lockedby FROM databasechangeloglock";

/// Lines that tell of the machine, of the time, or of the server's build.
const PASSING: [&str; 7] = [
    "Starting Liquibase at",
    "WARNING: License service",
    "ERROR: Exception Primary Source:",
    "-- Ran at:",
    "SET SEARCH_PATH",
    "UPDATE public.databasechangeloglock SET LOCKED = TRUE",
    "  Position:",
];

/// What an answer says beside that. A path of the machine, and when a lock was taken, are cut off.
fn comparable(answer: Answer) -> Answer {
    let line = |line: String| {
        let cut = line.split(" since ").next().unwrap_or_default().trim_end();
        let cut = without_deployments(cut);
        let passing = PASSING.iter().any(|passing| line.starts_with(passing));
        (!passing && !cut.is_empty()).then_some(cut)
    };
    let lines = |lines: Vec<String>| lines.into_iter().filter_map(line).collect();
    Answer { stdout: lines(answer.stdout), stderr: lines(answer.stderr), status: answer.status }
}

/// Ids of deployments are made of the time: ten digits.
fn without_deployments(line: &str) -> String {
    let mut words = line.split('\'').map(|word| {
        let is_id = word.len() == 10 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_id { "ID" } else { word }
    });
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |line, word| line + "'" + word)
}

/// LQ-01, LQ-02, LQ-03, LQ-04, LQ-05, LQ-06.
#[test]
fn liquibase_and_the_model_do_the_same_with_a_changelog() -> Result<()> {
    let (mut program, mut model) = (Program::start(SCHEMA)?, Model::start(SCHEMA)?);
    let mut files: Vec<(&str, String)> =
        FILES.iter().map(|(path, text)| (*path, (*text).to_owned())).collect();
    for (path, text) in &files {
        program.write(path, text)?;
        model.write(path, text)?;
    }
    for step in STEPS {
        match step {
            Step::Run(arguments) => {
                let real = comparable(program.run(arguments)?);
                assert_eq!(comparable(model.run(arguments)), real, "liquibase {arguments}");
            }
            Step::Sql(sql) => {
                program.execute(sql)?;
                model.rows(sql);
            }
            Step::Replace(path, from, to) => {
                let file = files.iter_mut().find(|(other, _)| *other == path);
                let (_, text) = file.expect("a file of the corpus");
                assert!(text.contains(from), "{path} has no {from}");
                *text = text.replace(from, to);
                program.write(path, text)?;
                model.write(path, text)?;
            }
        }
        let real = program.rows(HISTORY)?;
        assert_eq!(model.rows(HISTORY), real, "the history after {step:?}");
        assert_eq!(model.rows(LOCK), program.rows(LOCK)?, "the lock after {step:?}");
    }
    Ok(())
}

/// LQ-01, LQ-02, LQ-03.
#[test]
fn the_changelogs_of_the_scenarios_leave_the_same_rows() -> Result<()> {
    for name in tests::scenario_names()? {
        let scenario = tests::scenario(&name)?;
        if !scenario.workspace.contains_key("liquibase.properties") {
            continue;
        }
        let schema = &scenario.workspace["schema.sql"];
        let (mut program, mut model) = (Program::start(schema)?, Model::start(schema)?);
        for (path, text) in &scenario.workspace {
            // Where the database lies is each one's own business.
            let kept = text.lines().filter(|line| !line.starts_with("url"));
            let text: String = kept.map(|line| format!("{line}\n")).collect();
            program.write(path, &text)?;
            model.write(path, &text)?;
        }
        let real = comparable(program.run("update")?);
        assert_eq!(comparable(model.run("update")), real, "{name}");
        assert_eq!(real.status, 0, "{name}: {:?}", real.stderr);
        assert_eq!(model.rows(HISTORY), program.rows(HISTORY)?, "{name}");
    }
    Ok(())
}
