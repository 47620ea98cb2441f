//! The guide: mdBook in process, with our directives.

use std::path::Path;

use anyhow::{Context, Result};
use mdbook_driver::MDBook;

use crate::repository;

/// Renders the book into the folder `into`.
pub(crate) fn build(into: &Path) -> Result<()> {
    let source = repository::root().join("book");
    if !source.join("book.toml").is_file() {
        return Ok(std::fs::create_dir_all(into)?);
    }
    let mut book = MDBook::load(&source).context("cannot load the book")?;
    book.config.build.build_dir = into.to_owned();
    book.config.build.create_missing = false;
    book.build().context("cannot build the book")
}
