//! `SHOW`, `DESCRIBE`, `USE` and `KILL`.

use schema::{Engine, Fault, Show, SqlError, Statement};

use crate::database::history::CREATE_HISTORY;
use crate::database::mysql::{Ctx, affected, describe, not_modelled, variable};
use crate::database::run::refusal;
use crate::database::session::{Reply, SessionId, Table};
use crate::database::system::Signal;
use crate::world::World;

fn table(columns: &[&str], rows: Vec<Vec<Option<String>>>) -> Reply {
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    Reply::Rows(Table { columns, rows, ..Table::default() })
}

fn one(text: &str) -> Vec<Option<String>> {
    vec![Some(text.to_owned())]
}

impl World {
    /// The answer to a question of this kind; `None` if the statement is none.
    pub(in crate::database) fn show_mysql(
        &mut self,
        id: SessionId,
        statement: &Statement,
        ctx: &mut Ctx<'_>,
    ) -> Option<Result<Reply, SqlError>> {
        let show = Show::of(Engine::Mysql, &statement.ast)?;
        Some(show.map_err(refusal).and_then(|show| self.answer_show(id, show, ctx)))
    }

    fn answer_show(
        &mut self,
        id: SessionId,
        show: Show,
        ctx: &mut Ctx<'_>,
    ) -> Result<Reply, SqlError> {
        let name = self.database.shape.name.clone();
        Ok(match show {
            Show::Tables => {
                let mut rows: Vec<_> =
                    self.instance().schema.tables.keys().map(|t| one(t)).collect();
                rows.extend(self.instance().history.iter().map(|_| one("flyway_schema_history")));
                rows.sort();
                table(&[&format!("Tables_in_{name}")], rows)
            }
            Show::Databases => {
                let all = ["information_schema", "mysql", "performance_schema", "sys", &name];
                let mut rows: Vec<_> = all.into_iter().map(one).collect();
                rows.sort();
                table(&["Database"], rows)
            }
            Show::Columns(of) => Reply::Rows(describe::columns(&self.described(&of)?)),
            Show::Create(of) => {
                let text = describe::create(&of, &self.described(&of)?);
                table(&["Table", "Create Table"], vec![vec![Some(of), Some(text)]])
            }
            Show::Indexes(of) => Reply::Rows(describe::indexes(&of, &self.described(&of)?)),
            Show::Processes { full } => {
                let columns = ["Id", "User", "Host", "db", "Command", "Time", "State", "Info"];
                table(&columns, self.processes(id, full, ctx.now))
            }
            Show::Variables(pattern) => {
                let shape = self.database.shape.clone();
                Reply::Rows(variable::show(self.session(id), &shape, &pattern))
            }
            Show::Use(other) if other == name => affected(0),
            Show::Use(other) => {
                let message = format!("Unknown database '{other}'");
                return Err(SqlError::mysql("42000", 1049, message));
            }
            Show::Kill { id: connection, query } => return self.kill(connection, query, ctx),
        })
    }

    /// A table, or that of Flyway.
    fn described(&mut self, name: &str) -> Result<schema::Table, SqlError> {
        let instance = self.database.instance.as_deref();
        let instance = instance.ok_or_else(|| not_modelled("a database without a schema"))?;
        if let Some(own) = instance.schema.tables.get(name) {
            return Ok(own.clone());
        }
        if name == "flyway_schema_history" && instance.history.is_some() {
            let parsed = Engine::Mysql.parse(CREATE_HISTORY).unwrap_or_default();
            let made = schema::compat::schema(&parsed, &std::collections::BTreeMap::new());
            if let Some(own) = made.ok().and_then(|mut made| made.tables.remove(name)) {
                return Ok(own);
            }
        }
        if let Some(what) = instance.schema.opaque.get(name) {
            return Err(refusal(Fault::NotModelled(what.clone())));
        }
        let message = format!("Table '{name}' doesn't exist");
        Err(SqlError::mysql("42S02", 1146, message))
    }

    fn kill(&mut self, number: u64, query: bool, ctx: &mut Ctx<'_>) -> Result<Reply, SqlError> {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let Some(id) = self.session_of(number).map_err(refusal)? else {
            let message = format!("Unknown thread id: {number}");
            return Err(SqlError::mysql("HY000", 1094, message));
        };
        self.signal(if query { Signal::Cancel(id) } else { Signal::Terminate(id) }, ctx);
        Ok(affected(0))
    }
}
