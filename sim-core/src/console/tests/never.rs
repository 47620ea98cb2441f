//! never
