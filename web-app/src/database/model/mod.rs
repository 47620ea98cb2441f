//! What the Database lab knows, without page and server.

mod agreement;
mod draft;
mod observed;

pub(crate) use agreement::{Agreement, agreement};
pub(crate) use draft::{Draft, Part};
pub(crate) use observed::{Observed, Refused, depends_on_rows};
