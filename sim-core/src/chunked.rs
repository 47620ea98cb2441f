//! A growing list whose clones share all but the newest items, so that a simulation with a long
//! history is cheap to clone.

use std::ops::Range;
use std::sync::Arc;

/// Items in one shared chunk.
const CHUNK: usize = 128;

/// An append-only list. Cloning costs one pointer per 128 items plus the open chunk.
#[derive(Clone, Debug)]
pub struct Chunked<T> {
    sealed: Vec<Arc<[T]>>,
    open: Vec<T>,
}

impl<T> Default for Chunked<T> {
    fn default() -> Self {
        Self { sealed: Vec::new(), open: Vec::new() }
    }
}

impl<T> Chunked<T> {
    /// Appends an item.
    #[inline]
    pub fn push(&mut self, item: T) {
        self.open.push(item);
        if self.open.len() == CHUNK {
            let full = std::mem::take(&mut self.open);
            self.sealed.push(full.into());
        }
    }

    /// Whether all chunks are full: the time to forget the oldest.
    #[inline]
    pub fn is_sealed(&self) -> bool {
        self.open.is_empty()
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.sealed.len() * CHUNK + self.open.len()
    }

    /// Whether there are no items.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<&T> {
        match self.sealed.get(index / CHUNK) {
            Some(chunk) => chunk.get(index % CHUNK),
            None => self.open.get(index.checked_sub(self.sealed.len() * CHUNK)?),
        }
    }

    /// The newest item.
    #[inline]
    pub fn last(&self) -> Option<&T> {
        self.open.last().or_else(|| self.sealed.last().and_then(|chunk| chunk.last()))
    }

    /// All items, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.sealed.iter().flat_map(|chunk| chunk.iter()).chain(&self.open)
    }

    /// The items of a range, as slices, oldest first; what lies beyond the end is left out.
    pub fn slices(&self, range: Range<usize>) -> impl Iterator<Item = &[T]> {
        let end = range.end.min(self.len());
        let chunks = range.start / CHUNK..end.div_ceil(CHUNK);
        chunks.map(move |index| {
            let first = index * CHUNK;
            let chunk = self.sealed.get(index).map_or(&self.open[..], |chunk| chunk);
            let to = (end - first).min(chunk.len());
            &chunk[range.start.saturating_sub(first).min(to)..to]
        })
    }

    /// Forgets leading full chunks of which every item is `old`; the list must be ordered by it. The
    /// rest moves to the front.
    pub fn discard_front(&mut self, old: impl Fn(&T) -> bool) {
        let chunks = self.sealed.partition_point(|chunk| chunk.last().is_some_and(&old));
        if 0 < chunks {
            self.sealed.drain(..chunks);
        }
    }

    /// Number of leading items for which `before` holds; the list must be ordered by it.
    pub fn partition_point(&self, before: impl Fn(&T) -> bool) -> usize {
        let chunks = self.sealed.partition_point(|chunk| chunk.last().is_some_and(&before));
        let rest = self.sealed.get(chunks).map_or(&self.open[..], |chunk| chunk);
        chunks * CHUNK + rest.partition_point(before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_places_across_chunks() {
        for count in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let mut list = Chunked::default();
            (0..count).for_each(|item| list.push(item));
            assert_eq!(list.len(), count);
            assert!(list.iter().copied().eq(0..count));
            assert!((0..count).all(|index| list.get(index) == Some(&index)));
            assert_eq!(list.get(count), None);
            assert_eq!(list.last().copied(), count.checked_sub(1));
            for split in 0..=count {
                assert_eq!(list.partition_point(|&item| item < split), split);
                assert!(list.slices(split..count + 1).flatten().copied().eq(split..count));
                assert!(list.slices(0..split).flatten().copied().eq(0..split));
            }
        }
    }

    #[test]
    fn only_full_chunks_of_old_items_are_discarded() {
        let mut list = Chunked::default();
        (0..3 * CHUNK + 5).for_each(|item| list.push(item));
        list.discard_front(|&item| item < 2 * CHUNK - 1);
        assert!(list.iter().copied().eq(CHUNK..3 * CHUNK + 5));
        list.discard_front(|_| true);
        assert!(list.iter().copied().eq(3 * CHUNK..3 * CHUNK + 5));
    }
}
