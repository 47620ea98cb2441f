//! One number that names a run: equal digests mean that every event happened alike.

use std::fmt;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};

/// A running 64-bit mix of everything that happened. Not cryptographic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Folds a number in.
    #[inline(always)]
    pub fn fold(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
    }

    /// Folds a text in, byte by byte, with its length.
    pub fn fold_text(&mut self, text: &str) {
        self.fold(text.len() as u64);
        for chunk in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..chunk.len()].copy_from_slice(chunk);
            self.fold(u64::from_le_bytes(bytes));
        }
    }

    /// The digest as a number.
    pub fn value(self) -> u64 {
        self.0
    }
}

/// Folds whatever derives `Hash`. Numbers are folded as 64 bits whatever their width, so that a wasm
/// program with 32-bit `usize` folds the same.
impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.fold(byte.into()));
    }

    #[inline(always)]
    fn write_u8(&mut self, value: u8) {
        self.fold(value.into());
    }

    #[inline(always)]
    fn write_u16(&mut self, value: u16) {
        self.fold(value.into());
    }

    #[inline(always)]
    fn write_u32(&mut self, value: u32) {
        self.fold(value.into());
    }

    #[inline(always)]
    fn write_u64(&mut self, value: u64) {
        self.fold(value);
    }

    #[inline(always)]
    fn write_usize(&mut self, value: usize) {
        self.fold(value as u64);
    }

    #[inline(always)]
    fn write_isize(&mut self, value: isize) {
        self.fold(value as u64);
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_depends_on_the_order() {
        let (mut one, mut other) = (Digest::default(), Digest::default());
        one.fold(1);
        one.fold(2);
        other.fold(2);
        other.fold(1);
        assert_ne!(one, other);
    }

    #[test]
    fn texts_that_join_to_the_same_bytes_differ() {
        let (mut one, mut other) = (Digest::default(), Digest::default());
        one.fold_text("ab");
        one.fold_text("c");
        other.fold_text("a");
        other.fold_text("bc");
        assert_ne!(one, other);
    }
}
