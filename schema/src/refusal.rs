//! What both databases refuse, each in its own words.

use crate::engine::Engine::{self, Mysql, Postgresql};
use crate::fault::{self, Fault};
use crate::mysql::fault as my;

impl Engine {
    pub(crate) fn no_table(self, name: &str) -> Fault {
        match self {
            Postgresql => fault::undefined_table(name),
            Mysql => my::no_table(name),
        }
    }

    /// A column that nothing in sight has, in a clause of the statement.
    pub(crate) fn no_column(self, name: &str, clause: &str) -> Fault {
        match self {
            Postgresql => fault::undefined_column(format!("\"{name}\"")),
            Mysql => my::unknown_column(name, clause),
        }
    }

    /// A column that the named relation has not.
    pub(crate) fn no_column_of(self, relation: &str, name: &str, clause: &str) -> Fault {
        match self {
            Postgresql => fault::undefined_column(format!("{relation}.{name}")),
            Mysql => my::unknown_column(format!("{relation}.{name}"), clause),
        }
    }

    /// A column that an `INSERT` or `UPDATE` gives a value to and the table has not.
    pub(crate) fn no_target(self, name: &str, table: &str) -> Fault {
        match self {
            Postgresql => fault::undefined_column_of(name, table),
            Mysql => my::unknown_column(name, "field list"),
        }
    }

    /// A relation that is not in sight, before the name of a column.
    pub(crate) fn no_relation(self, relation: &str, column: &str, clause: &str) -> Fault {
        match self {
            Postgresql => fault::missing_from(relation),
            Mysql => my::unknown_column(format!("{relation}.{column}"), clause),
        }
    }

    /// A relation that is not in sight, before a star.
    pub(crate) fn no_star(self, relation: &str) -> Fault {
        match self {
            Postgresql => fault::missing_from(relation),
            Mysql => my::unknown_table(relation),
        }
    }

    pub(crate) fn ambiguous(self, column: &str, clause: &str) -> Fault {
        match self {
            Postgresql => fault::ambiguous_column(column),
            Mysql => my::ambiguous(column, clause),
        }
    }

    pub(crate) fn same_alias(self, name: &str) -> Fault {
        match self {
            Postgresql => fault::duplicate_alias(name),
            Mysql => my::same_alias(name),
        }
    }

    pub(crate) fn column_twice(self, name: &str) -> Fault {
        match self {
            Postgresql => fault::column_twice(name),
            Mysql => my::column_twice(name),
        }
    }

    pub(crate) fn union_width(self) -> Fault {
        match self {
            Postgresql => fault::union_width(),
            Mysql => my::union_width(),
        }
    }

    /// A subquery after `IN` that gives more than is compared.
    pub(crate) fn too_many_columns(self) -> Fault {
        match self {
            Postgresql => fault::too_many_columns(),
            Mysql => my::one_column(),
        }
    }

    /// A column of a join with USING that a side of it has not.
    pub(crate) fn no_joined_column(self, name: &str, side: &str) -> Fault {
        match self {
            Postgresql => fault::no_joined_column(name, side),
            Mysql => my::unknown_column(name, "from clause"),
        }
    }

    pub(crate) fn one_column(self) -> Fault {
        match self {
            Postgresql => fault::sub_columns(),
            Mysql => my::one_column(),
        }
    }
}
