//! The labels that name a series.

use std::fmt;
use std::sync::Arc;

use twox_hash::XxHash64;

use crate::digest::Digest;

/// The label that holds the metric's name.
pub const METRIC_NAME: &str = "__name__";

/// Longest value that a query or a rule may make, in bytes: what each evaluation doubles would have no end.
pub(super) const MADE_MAX: usize = 4_096;

/// One label: name and value.
pub type Label = (Arc<str>, Arc<str>);

/// A set of labels, sorted by name. A label with an empty value is the same as no label, as in
/// Prometheus. Clones share the set; sets made from it share its texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(Arc<[Label]>);

impl Labels {
    /// The set of these labels. Of two with one name the later counts.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(
        labels: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut all: Vec<Label> = labels.into_iter().map(|(n, v)| (n.into(), v.into())).collect();
        all.reverse();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all.dedup_by(|later, kept| later.0 == kept.0);
        all.retain(|(_, value)| !value.is_empty());
        Self(all.into())
    }

    /// The value of a label; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        match self.0.binary_search_by(|(own, _)| (**own).cmp(name)) {
            Ok(index) => &self.0[index].1,
            Err(_) => "",
        }
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The same labels with other copies of their texts.
    pub(super) fn with_texts(&self, mut copy: impl FnMut(&Arc<str>) -> Arc<str>) -> Self {
        Self(self.0.iter().map(|(name, value)| (copy(name), copy(value))).collect())
    }

    /// Whether these are clones of each other: a quick look, which may say no of equal sets.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether there is no label.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels whose name is wanted.
    pub fn filtered(&self, wanted: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| wanted(name)).cloned().collect())
    }

    /// The labels without the metric's name.
    pub fn without_name(&self) -> Self {
        self.filtered(|name| name != METRIC_NAME)
    }

    /// The labels with one of them set; an empty value removes it.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut labels = self.0.to_vec();
        match (labels.binary_search_by(|(own, _)| (**own).cmp(name)), value) {
            (Err(_), "") => {}
            (Ok(place), "") => drop(labels.remove(place)),
            (Ok(place), value) => labels[place].1 = value.into(),
            (Err(place), value) => labels.insert(place, (name.into(), value.into())),
        }
        Self(labels.into())
    }

    /// The hash that Prometheus 3 has of these labels: XXH64 of their texts, each after its length, in one byte
    /// or, from 255 bytes on, in that byte and three more (`model/labels/labels_stringlabels.go`).
    pub(super) fn prometheus_hash(&self) -> u64 {
        let mut bytes = Vec::new();
        for text in self.iter().flat_map(|(name, value)| [name, value]) {
            let length = text.len().to_le_bytes();
            match text.len() {
                0..255 => bytes.push(length[0]),
                _ => bytes.extend([255, length[0], length[1], length[2]]),
            }
            bytes.extend(text.as_bytes());
        }
        XxHash64::oneshot(0, &bytes)
    }

    /// A number that is equal for equal labels and seldom for others: sorts faster than the labels.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut digest = Digest::default();
        for (name, value) in self.iter() {
            digest.fold_text(name);
            digest.fold_text(value);
        }
        digest.value()
    }
}

/// `{__name__="up", job="node"}`, as Prometheus writes it in messages.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{name}={value:?}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_unique_and_not_empty() {
        let labels = Labels::new([("b", "1"), ("a", "x"), ("b", "2"), ("c", "")]);
        assert_eq!(labels.to_string(), r#"{a="x", b="2"}"#);
        assert_eq!(labels.get("c"), "");
        assert_eq!(labels.with("a", "").with("z", "é\"").to_string(), r#"{b="2", z="é\""}"#);
    }
    #[test]
    fn a_hash_is_of_all_texts_with_their_lengths() {
        // By another implementation of XXH64.
        let rows = [
            (Labels::default(), 0xef46_db37_51d8_e999),
            (Labels::new([("job", "node"), (METRIC_NAME, "up")]), 0x169f_7118_f893_6ba5),
            (Labels::new([("a", "b".repeat(300))]), 0x75a2_bcfc_cdae_d7a5),
        ];
        for (labels, expected) in rows {
            assert_eq!(labels.prometheus_hash(), expected, "{labels}");
        }
    }
}
