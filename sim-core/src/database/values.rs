//! In which form rows hold the values that releases write, and who cannot read them (EC-6).
//!
//! Values are not modelled, only their form: a label that the scenario gives to what a release writes
//! into a column. Which row a request finds is left to chance, so a form is met as often as there are
//! rows in it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema::values::{Fill, Origin};
use schema::{ConstraintKind, Schema, SqlError, Statement};

use crate::application::release::{Release, ReleaseValues};
use crate::database::dialect::Dialect;
use crate::database::verdict::Touch;
use crate::random::{Random, Seed, Stream};
use crate::scenario::DatabaseShape;

/// Most forms and most columns with forms.
pub(crate) const MOST: usize = 100;
/// The form of a row that has no value.
pub const NULL: &str = "null";
/// The form of a value of which nothing is said.
pub const PLAIN: &str = "plain";

/// Names a column whose forms are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnId(pub u8);

/// Names a form of all columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormId(pub u8);

/// A column whose forms are followed.
#[derive(Clone, Debug, PartialEq)]
struct Column {
    table: String,
    name: String,
    /// The form of what an expression of a migration computes.
    computed: FormId,
    /// Rows by form.
    rows: Vec<u64>,
}

/// A row that a statement has met and that its release cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The column.
    pub column: ColumnId,
    /// Its form in the row.
    pub form: FormId,
    /// Who is not content with it.
    pub judge: Judge,
}

/// Who is not content with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The release, which cannot read the value (EC-6).
    Release,
    /// The server: the row was there before a check, which is applied when the row changes (PG-31).
    Check,
}

/// The forms of all columns that any release is particular about.
#[derive(Clone, Debug)]
pub struct Values {
    /// Names of forms; the first is [`NULL`], the second [`PLAIN`].
    forms: Arc<[String]>,
    columns: Vec<Column>,
    random: Random,
}

impl Values {
    /// The rows at the beginning.
    pub fn new<'r>(
        shape: &DatabaseShape,
        schema: &Schema,
        releases: impl Iterator<Item = &'r Release>,
        seed: Seed,
    ) -> Self {
        let (mut forms, mut names) = (vec![NULL.to_owned(), PLAIN.to_owned()], Vec::new());
        for release in releases {
            for (column, values) in &release.values {
                note(&mut names, column);
                note(&mut forms, &values.writes);
                values.reads.iter().flatten().for_each(|form| note(&mut forms, form));
            }
        }
        for (column, values) in &shape.values {
            note(&mut names, column);
            note(&mut forms, &values.holds);
            note(&mut forms, &values.computed);
        }
        let forms: Arc<[String]> = forms.into();
        let mut values = Self { forms, columns: Vec::new(), random: seed.stream(Stream::Rows, 0) };
        for name in names {
            let (table, column) = name.split_once('.').unwrap_or((&name, ""));
            let said = shape.values.get(&name).cloned().unwrap_or_default();
            let mut rows = vec![0; values.forms.len()];
            let own = schema.tables.get(table).filter(|own| has(own, column));
            rows[values.form(&said.holds).index()] = own.and_then(|own| own.rows).unwrap_or(0);
            let computed = values.form(&said.computed);
            values.columns.push(Column {
                table: table.to_owned(),
                name: column.to_owned(),
                computed,
                rows,
            });
        }
        values
    }

    fn form(&self, name: &str) -> FormId {
        let place = self.forms.iter().position(|form| form == name).unwrap_or(1);
        FormId(u8::try_from(place).unwrap_or(1))
    }

    /// What a statement of a release does with the columns, by what it reads and writes.
    pub fn touches(
        &self,
        release: &BTreeMap<String, ReleaseValues>,
        schema: &Schema,
        access: &schema::Access,
        added: u64,
    ) -> Vec<Touch> {
        let mut touches = Vec::new();
        for (id, column) in (0..).map(ColumnId).zip(&self.columns) {
            if !schema.tables.get(&column.table).is_some_and(|table| has(table, &column.name)) {
                continue;
            }
            let key = (column.table.clone(), column.name.clone());
            let said = release.get(&format!("{}.{}", column.table, column.name));
            let reads = said.and_then(|said| said.reads.as_ref());
            if let (true, Some(known)) = (access.reads.contains(&key), reads) {
                let known = self.forms.iter().map(|form| known.contains(form)).collect();
                touches.push(Touch::Reads { column: id, known });
            }
            let writes = access.writes.contains(&key);
            let written = || said.map_or(FormId(1), |said| self.form(&said.writes));
            if access.inserts.contains(&column.table) {
                let form = if writes { written() } else { column.unsaid(schema) };
                touches.push(Touch::Inserts { column: id, form, rows: added });
            } else if writes {
                touches.push(Touch::Updates { column: id, form: written() });
            } else if access.writes.iter().any(|(table, _)| *table == column.table)
                && column.demanded(schema).is_some()
            {
                touches.push(Touch::Demands { column: id });
            }
        }
        touches
    }

    /// A statement has been executed; the row for which its request fails, if it has met one.
    pub fn touch(&mut self, touches: &[Touch]) -> Option<Misfit> {
        for touch in touches {
            let Touch::Demands { column } = *touch else { continue };
            let form = self.any_row(column).filter(|form| form.index() == 0);
            if let Some(form) = form {
                // The row stays as it was, so nothing else happens either.
                return Some(Misfit { column, form, judge: Judge::Check });
            }
        }
        let mut unreadable = None;
        for touch in touches {
            match touch {
                Touch::Demands { .. } => {}
                Touch::Reads { column, known } => {
                    let Some(form) = self.any_row(*column) else { continue };
                    if !known[form.index()] {
                        let judge = Judge::Release;
                        unreadable = unreadable.or(Some(Misfit { column: *column, form, judge }));
                    }
                }
                Touch::Inserts { column, form, rows } => {
                    self.columns[column.index()].rows[form.index()] += rows;
                }
                Touch::Updates { column, form } => {
                    let Some(before) = self.any_row(*column) else { continue };
                    let rows = &mut self.columns[column.index()].rows;
                    rows[before.index()] -= 1;
                    rows[form.index()] += 1;
                }
            }
        }
        unreadable
    }

    /// The form of a row that is found by chance; none if there are no rows.
    fn any_row(&mut self, column: ColumnId) -> Option<FormId> {
        let rows = &self.columns[column.index()].rows;
        let all: u64 = rows.iter().sum();
        let mut place = (self.random.unit() * all as f64) as u64;
        for (form, count) in (0..).map(FormId).zip(rows) {
            if place < *count {
                return Some(form);
            }
            place -= count;
        }
        None
    }

    /// What people are told about a row that fits somebody not.
    pub fn complaint(&self, misfit: Misfit, schema: &Schema) -> String {
        let column = &self.columns[misfit.column.index()];
        let Column { table, name, .. } = column;
        let form = &self.forms[misfit.form.index()];
        match (misfit.judge, misfit.form) {
            (Judge::Check, _) => {
                let check = column.demanded(schema).unwrap_or_default();
                format!(
                    "new row for relation \"{table}\" violates check constraint \"{check}\" (SQLSTATE \
                     23514)"
                )
            }
            (Judge::Release, FormId(0)) => format!("{table}.{name} is null in a row that was read"),
            (Judge::Release, _) => format!("cannot read {table}.{name}: its form is {form}"),
        }
    }

    /// Rows of the same form, and all rows.
    pub fn like(&self, one: Misfit) -> (u64, u64) {
        let rows = &self.columns[one.column.index()].rows;
        (rows[one.form.index()], rows.iter().sum())
    }

    /// Rows of a column that hold no value, if that is known.
    pub fn nulls(&self, table: &str, column: &str) -> Option<u64> {
        let own = self.columns.iter().find(|own| own.is(table, column))?;
        own.rows.first().copied()
    }

    /// Rows that are there refuse what a statement demands of them (PG-28, 31, 32).
    pub fn refuses(&self, before: &Schema, after: &Schema) -> Option<SqlError> {
        let dialect = Dialect::of(before.engine);
        let nulls = self.columns.iter().filter(|column| 0 < column.rows[0]);
        nulls.into_iter().find_map(|Column { table, name, .. }| {
            let (old, new) = (before.tables.get(table)?, after.tables.get(table)?);
            let nullable = |own: &schema::Table| own.column(name).is_none_or(|own| own.nullable);
            if nullable(old) && !nullable(new) {
                return Some(dialect.contains_nulls(name, table));
            }
            let proves = |own: &schema::Table| {
                let mut checks = own.constraints.iter().filter(|one| one.validated);
                let check = checks.find(|one| match &one.kind {
                    ConstraintKind::Check(check) => check.not_null.as_ref() == Some(name),
                    _ => false,
                });
                check.map(|check| check.name.clone())
            };
            let check = proves(new).filter(|_| proves(old).is_none())?;
            Some(dialect.check_broken(&check, table))
        })
    }

    /// Whether as many rows have each form as in others.
    pub(super) fn are_as_in(&self, other: &Self) -> bool {
        self.columns == other.columns
    }

    /// A statement of a migration has changed the schema, or rows.
    pub fn follow(&mut self, before: &Schema, after: &Schema, statement: &Statement) {
        let renamed = schema::values::renamed(&statement.ast);
        for (table, from, to) in &renamed {
            let rows = after.tables.get(table).and_then(|own| own.rows).unwrap_or(0);
            self.rename(table, (from, to), rows);
        }
        for column in &mut self.columns {
            let rows = |schema: &Schema| {
                let table = schema.tables.get(&column.table)?;
                has(table, &column.name).then(|| table.rows.unwrap_or(0))
            };
            let is_new = !renamed.iter().any(|(table, _, to)| column.is(table, to));
            match (rows(before), rows(after)) {
                (_, None) => column.rows.fill(0),
                (None, Some(all)) if is_new => {
                    let form = column.unsaid(after);
                    column.rows[form.index()] = all;
                }
                (Some(less), Some(more)) if less < more => {
                    column.rows[column.computed.index()] += more - less;
                }
                _ => {}
            }
        }
        for fill in schema::values::fills(before, &statement.ast) {
            self.fill(&fill);
        }
    }

    /// The values of a column have another name; those of a column that nobody is particular about are plain.
    fn rename(&mut self, table: &str, (from, to): (&str, &str), all: u64) {
        let place = |values: &Self, name| values.columns.iter().position(|own| own.is(table, name));
        let (old, new) = (place(self, from), place(self, to));
        let mut rows = vec![0; self.forms.len()];
        match old {
            Some(old) => std::mem::swap(&mut rows, &mut self.columns[old].rows),
            None => rows[FormId(1).index()] = all,
        }
        if let Some(new) = new {
            self.columns[new].rows = rows;
        }
    }

    /// Rows get another form, as many as the statement changes. Ranges of keys are taken to be those that no
    /// batch has changed before.
    fn fill(&mut self, fill: &Fill) {
        let place = |name: &str| self.columns.iter().position(|own| own.is(&fill.table, name));
        let Some(target) = place(&fill.column) else { return };
        let source = match &fill.origin {
            Origin::Column(name) => place(name).map(|place| self.columns[place].rows.clone()),
            Origin::Null | Origin::Computed => None,
        };
        let form = match fill.origin {
            Origin::Null => FormId(0),
            Origin::Computed => self.columns[target].computed,
            Origin::Column(_) => FormId(1),
        };
        let shares = source.unwrap_or_else(|| {
            let mut rows = vec![0; self.forms.len()];
            rows[form.index()] = 1;
            rows
        });
        let only_null = fill.where_null.as_deref() == Some(&fill.column);
        let nulls = fill.where_null.as_deref().and_then(|name| self.nulls(&fill.table, name));
        let most = fill.rows.into_iter().chain(nulls).min();
        let rows = &mut self.columns[target].rows;
        let open = |form: usize| match only_null {
            true => form == 0,
            false => most.is_none() || shares[form] == 0,
        };
        let candidates: u64 =
            (0..rows.len()).filter(|form| open(*form)).map(|form| rows[form]).sum();
        let mut left = most.map_or(candidates, |most| most.min(candidates));
        let moved = left;
        for form in (0..rows.len()).filter(|form| open(*form)) {
            let taken = rows[form].min(left);
            rows[form] -= taken;
            left -= taken;
        }
        deal(rows, moved, &shares);
    }
}

/// Adds a number of rows by shares; what rounding leaves goes to the largest.
fn deal(rows: &mut [u64], count: u64, shares: &[u64]) {
    let all: u64 = shares.iter().sum();
    let mut left = count;
    for (own, share) in rows.iter_mut().zip(shares) {
        let part = u128::from(count) * u128::from(*share) / u128::from(all.max(1));
        let part = u64::try_from(part).unwrap_or(u64::MAX).min(left);
        *own += part;
        left -= part;
    }
    let largest = (0..shares.len()).max_by_key(|form| shares[*form]);
    if let Some(own) = largest.and_then(|form| rows.get_mut(form)) {
        *own += left;
    }
}

impl Column {
    fn is(&self, table: &str, name: &str) -> bool {
        self.table == table && self.name == name
    }

    /// The check that demands a value of every row that is written, and that old rows need not meet.
    fn demanded<'s>(&self, schema: &'s Schema) -> Option<&'s str> {
        let mut checks = schema.tables.get(&self.table)?.constraints.iter();
        let check = checks.find(|one| match &one.kind {
            ConstraintKind::Check(check) => {
                !one.validated && check.not_null.as_ref() == Some(&self.name)
            }
            _ => false,
        })?;
        Some(&check.name)
    }

    /// The form of a row in which nothing is said of the column.
    fn unsaid(&self, schema: &Schema) -> FormId {
        let own = schema.tables.get(&self.table);
        let own = own.and_then(|own| own.columns.iter().find(|own| own.name == self.name));
        let filled = own.is_some_and(|own| {
            own.generated.is_some() || own.default.as_ref().is_some_and(|default| !default.null)
        });
        if filled { self.computed } else { FormId(0) }
    }
}

impl ColumnId {
    fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl FormId {
    fn index(self) -> usize {
        usize::from(self.0)
    }
}

fn has(table: &schema::Table, column: &str) -> bool {
    table.columns.iter().any(|own| own.name == column)
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) && names.len() < MOST {
        names.push(name.to_owned());
    }
}
