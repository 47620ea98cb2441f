//! A shuffle that depends on its seed alone, so that a learner who comes back finds the same order.

/// The numbers below `count` in an order drawn from `seed`.
pub(crate) fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = seed;
    for last in (1..count).rev() {
        let pick = next(&mut state) % (last as u64 + 1);
        order.swap(last, pick as usize);
    }
    order
}

/// `SplitMix64`: one multiplication-based step, the same on every platform. The bias of the modulo
/// above is below 2^-59 for twenty choices.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_generator_gives_the_published_first_values_for_seed_zero() {
        let mut state = 0;
        assert_eq!(next(&mut state), 0xE220_A839_7B1D_CDAF);
        assert_eq!(next(&mut state), 0x6E78_9E6A_A1B9_65F4);
    }

    #[test]
    fn different_seeds_give_different_orders() {
        let orders: std::collections::BTreeSet<_> = (0..50).map(|seed| shuffled(4, seed)).collect();
        assert!(15 < orders.len(), "only {} of 24 orders in 50 seeds", orders.len());
    }

    proptest! {
        #[test]
        fn a_shuffle_is_a_permutation_and_depends_on_the_seed_alone(count in 0..40usize, seed: u64) {
            let order = shuffled(count, seed);
            prop_assert_eq!(&order, &shuffled(count, seed));
            let mut sorted = order;
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
        }
    }
}
