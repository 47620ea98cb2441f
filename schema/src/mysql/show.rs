//! Questions of MySQL's own: SHOW, DESCRIBE, and what is said to the server alone.

use sqlparser::ast::{
    KillType, ObjectName, Set, ShowCreateObject, ShowStatementFilter, ShowStatementOptions,
    Statement, Use,
};

use crate::engine::Engine;
use crate::fault::Fault;
use crate::sql::IS_READ;

/// What is asked or told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// `SHOW TABLES`.
    Tables,
    /// `SHOW DATABASES`.
    Databases,
    /// `DESCRIBE t`, `SHOW COLUMNS FROM t`.
    Columns(String),
    /// `SHOW CREATE TABLE t`.
    Create(String),
    /// `SHOW INDEX FROM t`.
    Indexes(String),
    /// `SHOW PROCESSLIST`, `SHOW FULL PROCESSLIST`.
    Processes {
        /// Whether statements are shown to their end.
        full: bool,
    },
    /// `SHOW VARIABLES LIKE '...'`.
    Variables(String),
    /// `USE name`.
    Use(String),
    /// `KILL 7`, `KILL QUERY 7`.
    Kill {
        /// The connection.
        id: u64,
        /// Whether only its statement ends.
        query: bool,
    },
}

impl Show {
    /// What a statement asks; `None` if it is about rows or changes something.
    pub fn of(engine: Engine, statement: &Statement) -> Option<Result<Self, Fault>> {
        if !IS_READ || engine != Engine::Mysql {
            return None;
        }
        let table = |name: &ObjectName| engine.table(name);
        let unknown = || Fault::statement(statement);
        let plain = |options: &ShowStatementOptions| options.filter_position.is_none();
        Some(match statement {
            Statement::ShowTables { full: false, show_options, .. } if plain(show_options) => {
                Ok(Self::Tables)
            }
            Statement::ShowDatabases { show_options, .. }
            | Statement::ShowSchemas { show_options, .. }
                if plain(show_options) =>
            {
                Ok(Self::Databases)
            }
            Statement::ExplainTable { table_name, .. } => table(table_name).map(Self::Columns),
            Statement::ShowColumns { full: false, show_options, .. } if plain(show_options) => {
                let from = show_options.show_in.as_ref().and_then(|from| from.parent_name.as_ref());
                from.map_or_else(unknown, |name| table(name).map(Self::Columns))
            }
            Statement::ShowCreate { obj_type: ShowCreateObject::Table, obj_name } => {
                table(obj_name).map(Self::Create)
            }
            Statement::ShowProcessList { full } => Ok(Self::Processes { full: *full }),
            Statement::ShowVariables { filter: Some(ShowStatementFilter::Like(text)), .. } => {
                Ok(Self::Variables(text.clone()))
            }
            Statement::ShowVariable { variable } => {
                let words: Vec<&str> = variable.iter().map(|word| &*word.value).collect();
                match words.as_slice() {
                    [index, from, name]
                        if ["index", "indexes", "keys"]
                            .iter()
                            .any(|w| index.eq_ignore_ascii_case(w))
                            && from.eq_ignore_ascii_case("from") =>
                    {
                        Ok(Self::Indexes((*name).to_owned()))
                    }
                    _ => unknown(),
                }
            }
            Statement::Use(Use::Object(name) | Use::Database(name)) => table(name).map(Self::Use),
            Statement::Kill { modifier, id } => {
                let query = matches!(modifier, Some(KillType::Query));
                Ok(Self::Kill { id: *id, query })
            }
            Statement::ShowTables { .. }
            | Statement::ShowDatabases { .. }
            | Statement::ShowSchemas { .. }
            | Statement::ShowColumns { .. }
            | Statement::ShowVariables { .. }
            | Statement::ShowCreate { .. }
            | Statement::ShowStatus { .. }
            | Statement::ShowViews { .. }
            | Statement::Explain { .. }
            | Statement::Use(_)
            | Statement::Set(
                Set::MultipleAssignments { .. } | Set::ParenthesizedAssignments { .. },
            ) => unknown(),
            _ => return None,
        })
    }
}
