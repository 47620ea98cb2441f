//! Names and UIDs that the control plane makes up.

use crate::cluster::spec::PodTemplate;
use crate::random::{Random, Seed, Stream};

/// Letters and digits that spell no words and are not mistaken for one another.
const SAFE: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// Makes up names, from a stream of its own.
#[derive(Clone, Debug)]
pub(super) struct Names(Random);

impl Names {
    pub(super) fn new(seed: Seed) -> Self {
        Self(seed.stream(Stream::Names, 0))
    }

    /// A UID: version 4, variant 1.
    pub(super) fn uid(&mut self) -> String {
        let high = self.0.bits() & !0xf000 | 0x4000;
        let low = self.0.bits() & !(0b11 << 62) | 0b10 << 62;
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    /// The five characters at the end of a pod's name.
    pub(super) fn suffix(&mut self) -> String {
        (0..5).map(|_| char::from(SAFE[self.0.below(27) as usize])).collect()
    }
}

/// `pod-template-hash`: 8 to 10 safe characters. `collisions` counts the names already taken by
/// other templates.
pub(crate) fn template_hash(template: &PodTemplate, collisions: u32) -> String {
    // FNV-1a, 32 bits, over the debug form: all fields in a fixed order, maps sorted.
    let canonical = format!("{template:?}{collisions}");
    let hash = canonical
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let digits = format!("{hash:08}");
    digits.bytes().map(|digit| char::from(SAFE[usize::from(digit % 27)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_have_the_form_of_version_4() {
        let mut names = Names::new(Seed(1));
        for _ in 0..100 {
            let uid = names.uid();
            assert_eq!(uid.len(), 36);
            assert_eq!(&uid[14..15], "4");
            assert!("89ab".contains(&uid[19..20]), "{uid}");
        }
    }

    #[test]
    fn the_hash_depends_on_the_template_and_on_nothing_else() {
        let mut other = PodTemplate::default();
        other.annotations.insert("restartedAt".into(), "now".into());
        let hash = template_hash(&PodTemplate::default(), 0);
        assert_eq!(hash, template_hash(&PodTemplate::default(), 0));
        assert_ne!(hash, template_hash(&other, 0));
        assert_ne!(hash, template_hash(&PodTemplate::default(), 1));
        assert!((8..=10).contains(&hash.len()));
        assert!(hash.bytes().all(|byte| SAFE.contains(&byte)));
    }
}
