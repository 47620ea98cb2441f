//! Columns: what a definition says, ADD, DROP, RENAME, CHANGE and MODIFY.

use sqlparser::ast::{
    ColumnDef, ColumnOption, ColumnOptionDef, DataType, Expr, GeneratedExpressionMode, Ident,
    MySQLColumnPosition, Value, ValueWithSpan,
};

use crate::catalog::{Column, ConstraintKind, Default, Schema, Table, ident};
use crate::ddl::{column as shared, expression};
use crate::fault::Fault;
use crate::mysql::ddl::key;
use crate::mysql::fault;
use crate::mysql::function::is_constant;
use crate::mysql::online::Means;
use crate::mysql::types::{Charset, Extension, MySqlType};
use crate::types::SqlType;

/// A definition in the form that CREATE TABLE has.
pub(super) fn definition(
    name: &Ident,
    data_type: &DataType,
    options: &[ColumnOption],
) -> ColumnDef {
    let option = |option: &ColumnOption| ColumnOptionDef { name: None, option: option.clone() };
    ColumnDef {
        name: name.clone(),
        data_type: data_type.clone(),
        options: options.iter().map(option).collect(),
    }
}

/// Reads a definition. `compare` looks at its name beside those of other columns. Its keys and checks are
/// added later.
pub(super) fn read(
    definition: &ColumnDef,
    charset: &Charset,
    compare: impl FnOnce(&str) -> Result<(), Fault>,
) -> Result<Column, Fault> {
    let name = ident(&definition.name);
    let own_charset = definition.options.iter().find_map(|option| match &option.option {
        ColumnOption::CharacterSet(name) => Some(name.to_string().to_lowercase()),
        ColumnOption::Collation(name) => name.to_string().split('_').next().map(str::to_lowercase),
        _ => None,
    });
    let charset = own_charset.map_or_else(|| charset.clone(), |name| Charset(Some(name)));
    let ty = MySqlType::read(&definition.data_type, &name, &charset)?;
    let mut column = Column {
        name: name.clone(),
        ty: SqlType::Mysql(ty),
        nullable: true,
        default: None,
        generated: None,
        computed_by: None,
        stored: false,
        sequence: None,
        identity: None,
        auto_increment: false,
    };
    for option in &definition.options {
        match &option.option {
            ColumnOption::NotNull | ColumnOption::PrimaryKey(_) => column.nullable = false,
            ColumnOption::Generated { generation_expr: Some(value), generation_expr_mode, .. } => {
                column.generated = Some(expression::columns(value)?);
                column.stored = *generation_expr_mode == Some(GeneratedExpressionMode::Stored);
            }
            ColumnOption::DialectSpecific(tokens) => match tokens.as_slice() {
                [word] if word.to_string().eq_ignore_ascii_case("AUTO_INCREMENT") => {
                    if !matches!(column.ty, SqlType::Mysql(MySqlType::Integer { .. })) {
                        return Err(fault::wrong_column(name));
                    }
                    column.auto_increment = true;
                    column.nullable = false;
                }
                _ => return Fault::not_modelled(format!("{} of a column", option.option)),
            },
            ColumnOption::Null
            | ColumnOption::Default(_)
            | ColumnOption::Comment(_)
            | ColumnOption::CharacterSet(_)
            | ColumnOption::Collation(_)
            | ColumnOption::OnUpdate(_)
            | ColumnOption::Unique(_)
            | ColumnOption::Check(_)
            // Inside a column's definition MySQL reads a foreign key and makes none.
            | ColumnOption::ForeignKey(_) => {}
            other => return Fault::not_modelled(format!("the option {other} of a column")),
        }
    }
    let default = definition.options.iter().find_map(|option| match &option.option {
        ColumnOption::Default(value) => Some(value),
        _ => None,
    });
    // The server looks at labels before it compares names, and at other values after that.
    let has_labels = matches!(column.ty, SqlType::Mysql(MySqlType::Enum(_) | MySqlType::Set(_)));
    if let Some(value) = default {
        column.default = Some(self::default(&column, value)?);
        if has_labels {
            takes_default(&column, value)?;
        }
    }
    compare(&name)?;
    if let Some(value) = default {
        takes_default(&column, value)?;
    }
    Ok(column)
}

/// Reads a default of a kind that the column can have.
pub(super) fn default(column: &Column, value: &Expr) -> Result<Default, Fault> {
    let SqlType::Mysql(ty) = &column.ty else { return Fault::not_modelled("this default") };
    let text = value.to_string();
    if let Expr::Nested(_) = value {
        return Ok(Default { text, volatile: true, null: false });
    }
    if !is_constant(value) {
        return Err(fault::syntax(text));
    }
    let null = matches!(value, Expr::Value(value) if value.value == Value::Null);
    let now = matches!(value, Expr::Function(_));
    let has_moment = matches!(ty, MySqlType::Datetime(_) | MySqlType::Timestamp(_));
    if null && !column.nullable || !null && column.auto_increment || now && !has_moment {
        return Err(fault::invalid_default(&column.name));
    }
    if !null && ty.is_long() {
        return Err(fault::text_default(&column.name));
    }
    Ok(Default { text, volatile: false, null })
}

/// Whether a column takes the value that is its default.
pub(super) fn takes_default(column: &Column, value: &Expr) -> Result<(), Fault> {
    let SqlType::Mysql(ty) = &column.ty else { return Ok(()) };
    let refused = match value {
        Expr::Value(ValueWithSpan {
            value: Value::SingleQuotedString(text) | Value::DoubleQuotedString(text),
            ..
        }) => ty.refuses_text(text, &column.name, 1),
        other => {
            let number: Option<f64> = other.to_string().parse().ok();
            number.and_then(|number| ty.refuses_number(number, &column.name, 1))
        }
    };
    refused.map_or(Ok(()), |_| Err(fault::invalid_default(&column.name)))
}

pub(super) fn add(
    schema: &mut Schema,
    table: &str,
    definition: &ColumnDef,
    position: Option<&MySQLColumnPosition>,
) -> Result<(Means, Option<String>), Fault> {
    let own = schema.table(table)?;
    let column = read(definition, &own.charset, |name| {
        place(own, position, table)?;
        is_new(own, name)
    })?;
    let computed = column.default.as_ref().is_some_and(|default| default.volatile);
    let mut means = match &column {
        Column { auto_increment: true, .. } => Means::REBUILD_ALONE,
        Column { stored: true, .. } => {
            Means::copy("INPLACE ADD or DROP of virtual columns cannot be combined with it")
        }
        Column { generated: Some(_), .. } => Means::INSTANT,
        _ if computed => Means::copy("Cannot add a column whose default is an expression"),
        _ => Means::COLUMN,
    };
    let empty_date = !column.nullable && column.default.is_none() && own.rows != Some(0);
    let empty_date = empty_date && matches!(&column.ty, SqlType::Mysql(ty) if ty.is_moment());
    let note = empty_date.then(|| {
        format!("fails with 1292 if {table} has rows: {} would be no date in them", column.name)
    });
    if empty_date && own.rows.is_some() {
        let SqlType::Mysql(ty) = &column.ty else { return Ok((means, note)) };
        let zero = if *ty == MySqlType::Date { "0000-00-00" } else { "0000-00-00 00:00:00" };
        return Err(fault::incorrect_time(ty.moment(), zero, &column.name, 1));
    }
    let at = place(own, position, table)?;
    schema.table_mut(table)?.columns.insert(at, column);
    means = means.and(key::of_column(schema, table, definition)?);
    Ok((means, note))
}

/// Whether no column has the name.
pub(super) fn is_new(own: &Table, name: &str) -> Result<(), Fault> {
    own.column(name).map_or(Ok(()), |_| Err(fault::duplicate_column(name)))
}

/// Where a column goes.
fn place(own: &Table, position: Option<&MySQLColumnPosition>, table: &str) -> Result<usize, Fault> {
    match position {
        None => Ok(own.columns.len()),
        Some(MySQLColumnPosition::First) => Ok(0),
        Some(MySQLColumnPosition::After(name)) => {
            let name = ident(name);
            let found = own.columns.iter().position(|column| column.name == name);
            Ok(found.ok_or_else(|| fault::unknown_column(name, table))? + 1)
        }
    }
}

pub(super) fn drop(schema: &mut Schema, table: &str, name: &str) -> Result<Means, Fault> {
    let own = schema.table(table)?;
    let Some(column) = own.column(name) else { return Err(fault::cannot_drop(name)) };
    if own.columns.len() == 1 {
        return Err(fault::last_column());
    }
    if own.columns.iter().any(|c| c.generated.iter().flatten().any(|of| of == name)) {
        return Err(fault::in_generated(name));
    }
    for constraint in own.constraints.iter().filter(|c| c.columns().iter().any(|c| c == name)) {
        match &constraint.kind {
            ConstraintKind::Foreign { .. } => {
                return Err(fault::in_foreign_key(name, &constraint.name));
            }
            ConstraintKind::Check(check) if check.columns.len() > 1 => {
                return Err(fault::in_check(&constraint.name, name));
            }
            _ => {}
        }
    }
    let referring = schema.references(table).find(|(_, constraint)| {
        matches!(&constraint.kind,
            ConstraintKind::Foreign { referred, .. } if referred.iter().any(|of| of == name))
    });
    if let Some((owner, constraint)) = referring {
        return Err(fault::in_others_foreign_key(name, &constraint.name, owner));
    }
    let virtual_ = column.generated.is_some() && !column.stored;
    let stored = column.stored;
    let indexed = own.indexes.iter().any(|index| index.columns.iter().any(|c| c == name));
    let primary = own.primary_key().is_some_and(|key| key.iter().any(|c| c == name));
    let own = schema.table_mut(table)?;
    own.columns.retain(|column| column.name != name);
    for index in &mut own.indexes {
        index.columns.retain(|column| column != name);
    }
    own.indexes.retain(|index| !index.columns.is_empty());
    for constraint in &mut own.constraints {
        if let ConstraintKind::Primary(columns) = &mut constraint.kind {
            columns.retain(|column| column != name);
        }
    }
    own.constraints.retain(|constraint| match &constraint.kind {
        ConstraintKind::Check(check) => !check.columns.iter().any(|column| column == name),
        ConstraintKind::Primary(columns) => !columns.is_empty(),
        _ => true,
    });
    Ok(match (primary || stored, indexed, virtual_) {
        (true, ..) | (_, true, _) => Means::REBUILD,
        (_, _, true) => Means::INSTANT,
        _ => Means::COLUMN,
    })
}

pub(super) fn rename(
    schema: &mut Schema,
    table: &str,
    from: &str,
    to: &str,
) -> Result<Means, Fault> {
    let own = schema.table(table)?;
    if own.column(from).is_none() {
        return Err(fault::unknown_column(from, table));
    }
    if from != to && own.column(to).is_some() {
        return Err(fault::duplicate_column(to));
    }
    let check = own.constraints.iter().find(|constraint| {
        matches!(&constraint.kind, ConstraintKind::Check(check) if check.columns.iter().any(|c| c == from))
    });
    if let Some(check) = check.filter(|_| from != to) {
        return Err(fault::in_check(&check.name, from));
    }
    if own.columns.iter().any(|c| c.generated.iter().flatten().any(|of| of == from)) {
        return Err(fault::in_generated(from));
    }
    let referred = schema.references(table).any(|(_, constraint)| {
        matches!(&constraint.kind,
            ConstraintKind::Foreign { referred, .. } if referred.iter().any(|of| of == from))
    });
    shared::rename_everywhere(schema, table, from, to)?;
    Ok(if referred { Means::CATALOG } else { Means::INSTANT })
}

/// CHANGE and MODIFY: the column becomes what the definition says, and nothing of the old one stays.
pub(super) fn modify(
    schema: &mut Schema,
    table: &str,
    from: &str,
    definition: &ColumnDef,
    position: Option<&MySQLColumnPosition>,
) -> Result<(Means, Option<String>), Fault> {
    let own = schema.table(table)?;
    let Some(old) = own.column(from).cloned() else {
        return Err(fault::unknown_column(from, table));
    };
    let mut new = read(definition, &own.charset, |_| Ok(()))?;
    // What is part of the primary key stays filled.
    if own.primary_key().is_some_and(|key| key.iter().any(|column| column == from)) {
        let says_null = |o: &ColumnOptionDef| matches!(o.option, ColumnOption::Null);
        if definition.options.iter().any(says_null) {
            return Err(fault::null_in_primary_key());
        }
        new.nullable = false;
    }
    let rows = own.rows;
    let mut means = changed(&old, &new);
    if old.ty != new.ty {
        fits_foreign_keys(schema, table, from, &new)?;
    }
    if new.name != from {
        means = means.and(rename(schema, table, from, &new.name)?);
    }
    let moved = {
        let own = schema.table_mut(table)?;
        let at = own.columns.iter().position(|column| column.name == new.name).unwrap_or_default();
        own.columns.remove(at);
        let to = match position {
            None => at,
            some => place(own, some, table)?,
        };
        own.columns.insert(to, new.clone());
        to != at
    };
    if moved {
        means = means.and(Means::REBUILD);
    }
    means = means.and(key::of_column(schema, table, definition)?);
    let fills = old.nullable && !new.nullable;
    let converts = old.ty != new.ty && !is_wider(&old, &new);
    let note = (rows != Some(0)).then(|| match (fills, converts) {
        (true, _) => Some(format!("fails if {table}.{from} is null in some row")),
        (_, true) => Some(format!("fails if a value of {table}.{from} does not fit {}", new.ty)),
        _ => None,
    });
    Ok((means, note.flatten()))
}

/// By what means a column becomes another.
fn changed(old: &Column, new: &Column) -> Means {
    let copy = Means::copy("Cannot change column type INPLACE");
    let (SqlType::Mysql(from), SqlType::Mysql(to)) = (&old.ty, &new.ty) else { return copy };
    let mut means = match from.is_extended_by(to) {
        Some(Extension::Same | Extension::Labels) => Means::INSTANT,
        Some(Extension::Length) => Means::CATALOG,
        None => return copy.not_instant("Need to rebuild the table to change column type"),
    };
    if old.generated != new.generated
        || old.stored != new.stored
        || (new.auto_increment && !old.auto_increment)
    {
        return copy;
    }
    if old.nullable != new.nullable {
        means = means.and(Means::REBUILD);
    }
    means
}

/// Whether every value of the old column is one of the new.
fn is_wider(old: &Column, new: &Column) -> bool {
    match (&old.ty, &new.ty) {
        (
            SqlType::Mysql(MySqlType::Integer { bytes, unsigned }),
            SqlType::Mysql(MySqlType::Integer { bytes: b, unsigned: u }),
        ) => bytes <= b && unsigned == u,
        (SqlType::Mysql(from), SqlType::Mysql(to)) => {
            from.is_extended_by(to).is_some()
                || matches!((from, to), (MySqlType::Varchar(a), MySqlType::Varchar(b))
                    if a.length <= b.length && a.charset == b.charset)
        }
        _ => false,
    }
}

/// A foreign key on either side forbids another type.
fn fits_foreign_keys(schema: &Schema, table: &str, name: &str, new: &Column) -> Result<(), Fault> {
    let fits = |other: Option<&Column>| match (other.map(|other| &other.ty), &new.ty) {
        (Some(SqlType::Mysql(a)), SqlType::Mysql(b)) => a.is_referable(b),
        _ => true,
    };
    for (owner, own) in &schema.tables {
        for constraint in &own.constraints {
            let ConstraintKind::Foreign { columns, table: target, referred, .. } = &constraint.kind
            else {
                continue;
            };
            for (column, of) in columns.iter().zip(referred) {
                let parent = schema.tables.get(target).and_then(|target| target.column(of));
                if owner == table && column == name && !fits(parent) {
                    return Err(fault::changed_foreign_key(name, &constraint.name));
                }
                if target == table && of == name && !fits(own.column(column)) {
                    return Err(fault::changed_others_foreign_key(name, &constraint.name, owner));
                }
            }
        }
    }
    Ok(())
}
