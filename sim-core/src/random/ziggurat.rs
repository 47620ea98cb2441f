//! Exponential and normal numbers by the ziggurat of Marsaglia and Tsang (2000).
//!
//! The area under the density is cut into layers of equal area. Almost every draw falls into the part
//! of its layer that lies wholly under the curve and costs one multiplication; the rest decides by
//! `libm`. Tables come from `libm` and the four operations, so they are the same on every target.

use std::sync::LazyLock;

use crate::random::Random;

/// Right ends of the layers, from the base up, and the density there.
struct Layers<const ENDS: usize> {
    x: [f64; ENDS],
    density: [f64; ENDS],
}

impl<const ENDS: usize> Layers<ENDS> {
    /// Layers of this `area` over a tail that begins at `tail`.
    fn new(tail: f64, area: f64, density: fn(f64) -> f64, inverse: fn(f64) -> f64) -> Self {
        let mut x = [0.0; ENDS];
        // The base is as wide as a layer of its height and of the area of base and tail would be.
        (x[0], x[1]) = (area / density(tail), tail);
        for layer in 2..ENDS - 1 {
            x[layer] = inverse(area / x[layer - 1] + density(x[layer - 1]));
        }
        Self { x, density: x.map(density) }
    }

    /// Whether a point of this layer, outside its sure part, lies under the curve.
    #[inline]
    fn accepts(&self, layer: usize, x: f64, random: &mut Random, density: fn(f64) -> f64) -> bool {
        let (low, high) = (self.density[layer], self.density[layer + 1]);
        low + (high - low) * random.unit() < density(x)
    }
}

/// Where the exponential's tail begins, and the area of one of 256 layers, from the paper.
const EXPONENTIAL_TAIL: f64 = 7.697_117_470_131_05;
const EXPONENTIAL_AREA: f64 = 0.003_949_659_822_581_557;

static EXPONENTIAL: LazyLock<Layers<257>> = LazyLock::new(|| {
    Layers::new(EXPONENTIAL_TAIL, EXPONENTIAL_AREA, |x| libm::exp(-x), |y| -libm::log(y))
});

/// Where the normal's tail begins, and the area of one of 128 layers, from the paper.
const NORMAL_TAIL: f64 = 3.442_619_855_899;
const NORMAL_AREA: f64 = 9.912_563_035_262_17e-3;

static NORMAL: LazyLock<Layers<129>> = LazyLock::new(|| {
    let inverse = |y| libm::sqrt(-2.0 * libm::log(y));
    Layers::new(NORMAL_TAIL, NORMAL_AREA, bell, inverse)
});

/// The normal density, 1 at its top.
fn bell(x: f64) -> f64 {
    libm::exp(-0.5 * x * x)
}

/// The 53 high bits as a number in [0, 1); the low bits choose the layer.
#[inline(always)]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// An exponentially distributed number with mean 1.
#[inline(always)]
pub(super) fn exponential(random: &mut Random) -> f64 {
    let layers = &*EXPONENTIAL;
    loop {
        let bits = random.bits();
        let layer = (bits & 255) as usize;
        let x = unit(bits) * layers.x[layer];
        if x < layers.x[layer + 1] {
            return x;
        }
        if layer == 0 {
            // What lies beyond the tail's beginning is exponential again.
            return EXPONENTIAL_TAIL - libm::log(1.0 - random.unit());
        }
        if layers.accepts(layer, x, random, |x| libm::exp(-x)) {
            return x;
        }
    }
}

/// A number from the standard normal distribution.
#[inline]
pub(super) fn normal(random: &mut Random) -> f64 {
    let layers = &*NORMAL;
    loop {
        let bits = random.bits();
        let layer = (bits & 127) as usize;
        let x = (2.0 * unit(bits) - 1.0) * layers.x[layer];
        if x.abs() < layers.x[layer + 1] {
            return x;
        }
        if layer == 0 {
            return if x < 0.0 { -normal_tail(random) } else { normal_tail(random) };
        }
        if layers.accepts(layer, x, random, bell) {
            return x;
        }
    }
}

/// A number beyond the tail's beginning (Marsaglia 1964).
#[cold]
fn normal_tail(random: &mut Random) -> f64 {
    loop {
        let over = -libm::log(1.0 - random.unit()) / NORMAL_TAIL;
        let height = -libm::log(1.0 - random.unit());
        if over * over < height + height {
            return NORMAL_TAIL + over;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::random::{Seed, Stream};

    const DRAWS: usize = 1_000_000;

    /// Largest distance between the share of draws below a value and the exact one. For a right
    /// sampler it exceeds 1.95 / sqrt(n) once in a thousand seeds (Kolmogorov-Smirnov).
    fn distance(mut draws: Vec<f64>, below: fn(f64) -> f64) -> f64 {
        draws.sort_by(f64::total_cmp);
        let share = |count: usize| count as f64 / DRAWS as f64;
        let gap = |(rank, &x): (usize, &f64)| {
            (below(x) - share(rank)).abs().max((below(x) - share(rank + 1)).abs())
        };
        draws.iter().enumerate().map(gap).fold(0.0, f64::max)
    }

    #[test]
    fn exponential_numbers_follow_their_distribution() {
        let mut random = Seed(7).stream(Stream::Swarm, 1);
        let draws: Vec<_> = (0..DRAWS).map(|_| random.exponential()).collect();
        assert!(draws.iter().any(|&x| 10.0 < x), "e^-10 of a million lie beyond 10");
        let worst = distance(draws, |x| 1.0 - libm::exp(-x));
        assert!(worst < 1.95e-3, "{worst}");
    }

    #[test]
    fn normal_numbers_follow_their_distribution() {
        let mut random = Seed(7).stream(Stream::Swarm, 2);
        let draws: Vec<_> = (0..DRAWS).map(|_| random.normal()).collect();
        let beyond = |end: f64| draws.iter().filter(move |&&x| end.abs() < x * end.signum());
        // P(3.6 < Z) = 1.59e-4: 159 of a million on each side, give or take 13.
        for end in [3.6, -3.6] {
            let count = beyond(end).count();
            assert!((100..220).contains(&count), "{count} beyond {end}");
        }
        let worst = distance(draws, |x| 0.5 * libm::erfc(-x / std::f64::consts::SQRT_2));
        assert!(worst < 1.95e-3, "{worst}");
    }
}
