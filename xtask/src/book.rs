//! The guide: mdBook in process, with our directives.

use std::path::Path;

use anyhow::{Context, Result};
use book_preprocessor::{Cutover, Inputs};
use mdbook_driver::MDBook;

use crate::repository;

/// Renders the book into the folder `into`.
pub(crate) fn build(inputs: Inputs, into: &Path) -> Result<()> {
    let source = repository::root().join("book");
    let mut book = MDBook::load(&source).context("cannot load the book")?;
    book.config.build.build_dir = into.to_owned();
    book.config.build.create_missing = false;
    book.with_preprocessor(Cutover::new(inputs));
    book.build().context("cannot build the book")
}
