//! Enumerations.

use sqlparser::ast::{
    AlterType, AlterTypeAddValuePosition, AlterTypeOperation, Ident, ObjectName,
    UserDefinedTypeRepresentation,
};

use crate::catalog::{Schema, object};
use crate::ddl::column;
use crate::fault::{self, Fault};
use crate::types::SqlType;
use crate::work::Effect;

pub(super) fn create(
    schema: &mut Schema,
    name: &ObjectName,
    representation: Option<&UserDefinedTypeRepresentation>,
) -> Result<Effect, Fault> {
    let name = object(name)?;
    let Some(UserDefinedTypeRepresentation::Enum { labels }) = representation else {
        return Fault::not_modelled(format!("the type {name}: only enumerations are"));
    };
    if schema.enums.contains_key(&name) {
        return Err(fault::duplicate_object("type", name));
    }
    schema.enums.insert(name, labels.iter().map(|label| label.value.clone()).collect());
    Ok(Effect::default())
}

pub(super) fn alter(
    schema: &mut Schema,
    alter: &AlterType,
    in_transaction: bool,
) -> Result<Effect, Fault> {
    let name = object(&alter.name)?;
    let Some(labels) = schema.enums.get_mut(&name) else {
        return Err(fault::undefined_object("type", name));
    };
    match &alter.operation {
        AlterTypeOperation::AddValue(add) => {
            let label = add.value.value.clone();
            if labels.contains(&label) {
                return Effect::default()
                    .skipping(add.if_not_exists, fault::duplicate_label(label));
            }
            let place = |beside: &sqlparser::ast::Ident| {
                let place = labels.iter().position(|label| *label == beside.value);
                place.ok_or_else(|| fault::undefined_label(&beside.value))
            };
            let place = match &add.position {
                None => labels.len(),
                Some(AlterTypeAddValuePosition::Before(beside)) => place(beside)?,
                Some(AlterTypeAddValuePosition::After(beside)) => place(beside)? + 1,
            };
            labels.insert(place, label.clone());
            if in_transaction {
                schema.unsafe_labels.entry(name).or_default().insert(label);
            }
        }
        AlterTypeOperation::RenameValue(rename) => {
            let place = labels.iter().position(|label| *label == rename.from.value);
            let place = place.ok_or_else(|| fault::undefined_label(&rename.from.value))?;
            if labels.contains(&rename.to.value) {
                return Err(fault::duplicate_label(&rename.to.value));
            }
            rename.to.value.clone_into(&mut labels[place]);
        }
        AlterTypeOperation::Rename(_) => return Fault::not_modelled("renaming a type"),
    }
    Ok(Effect::default())
}

pub(super) fn drop(schema: &mut Schema, name: &str, cascade: bool) -> Result<Effect, Fault> {
    let is_of = |ty: &SqlType| match ty {
        SqlType::Array(element) => **element == SqlType::Enum(name.to_owned()),
        other => *other == SqlType::Enum(name.to_owned()),
    };
    let columns = schema.tables.iter().flat_map(|(table, own)| {
        let columns = own.columns.iter().filter(|column| is_of(&column.ty));
        columns.map(|column| (table.clone(), Ident::with_quote('"', &column.name)))
    });
    let columns: Vec<(String, Ident)> = columns.collect();
    if !columns.is_empty() && !cascade {
        let depends = |(table, column): &(String, Ident)| {
            format!("column {} of table {table} depends on type {name}", column.value)
        };
        let which: Vec<String> = columns.iter().map(depends).collect();
        return Err(fault::dependent(format!("type {name}"), which.join("\n")));
    }
    let mut effect = Effect::default();
    for (table, column) in columns {
        effect.merge(column::drop(schema, &table, &column, false, true)?);
    }
    schema.enums.remove(name);
    Ok(effect)
}
