//! A real MariaDB, which judges the model of MySQL; MySQL itself is not among Debian's packages.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::{install, on_path};
use crate::steps::Step;

/// Where Debian puts the server.
const SERVER: &str = "/usr/sbin/mariadbd";

/// Makes sure that the server lies where the tests look for it; says in a word how.
pub(crate) fn ensure(step: &mut Step) -> Result<String> {
    if is_here() {
        return Ok("present".into());
    }
    step.interrupt();
    install(&["mariadb-server"])
        .context("MariaDB is missing; install the package `mariadb-server`")?;
    ensure!(is_here(), "the package brought no {SERVER}");
    Ok("installed".into())
}

fn is_here() -> bool {
    Path::new(SERVER).is_file() && on_path("mariadb-install-db").is_some()
}
