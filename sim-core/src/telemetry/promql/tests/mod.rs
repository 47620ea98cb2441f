//! Behaviour of whole queries, a file a subject.

mod oracles;
