//! xoshiro256++, and exponential and normal numbers by the ziggurat: libm only on its rare slow path.

use std::sync::OnceLock;

#[derive(Clone)]
pub struct Rng {
    s: [u64; 4],
}

#[inline(always)]
fn splitmix(x: &mut u64) -> u64 {
    *x = x.wrapping_add(0x9E3779B97F4A7C15);
    let mut z = *x;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
    z ^ (z >> 31)
}

impl Rng {
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut x = seed ^ stream.wrapping_mul(0xD1342543DE82EF95);
        let mut s = [0; 4];
        for v in &mut s {
            *v = splitmix(&mut x);
        }
        Rng { s }
    }
    #[inline(always)]
    pub fn next(&mut self) -> u64 {
        let s = &mut self.s;
        let r = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        r
    }
    /// (0,1]
    #[inline(always)]
    pub fn open0(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 * (1.0 / 9007199254740992.0)
    }
    #[inline(always)]
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 * (1.0 / 9007199254740992.0)
    }
    #[inline(always)]
    pub fn below(&mut self, n: u32) -> u32 {
        (((self.next() >> 32) * n as u64) >> 32) as u32
    }
}

pub struct Zt {
    x: [f64; 257],
    f: [f64; 257],
    nx: [f64; 129],
    nf: [f64; 129],
}

static ZT: OnceLock<Zt> = OnceLock::new();

/// The ziggurat's tables, made once.
pub fn tables() -> &'static Zt {
    ZT.get_or_init(|| {
        // Exponential, 256 layers.
        const R: f64 = 7.697_117_470_131_05;
        const V: f64 = 0.003_949_659_822_581_557;
        let mut z = Zt { x: [0.0; 257], f: [0.0; 257], nx: [0.0; 129], nf: [0.0; 129] };
        z.x[0] = V * libm::exp(R);
        z.x[1] = R;
        for i in 2..256 {
            z.x[i] = -libm::log(V / z.x[i - 1] + libm::exp(-z.x[i - 1]));
        }
        for i in 0..257 {
            z.f[i] = libm::exp(-z.x[i]);
        }
        // Normal, 128 layers.
        const NR: f64 = 3.442_619_855_899;
        const NV: f64 = 9.912_563_035_262_17e-3;
        z.nx[0] = NV / libm::exp(-0.5 * NR * NR);
        z.nx[1] = NR;
        for i in 2..128 {
            let last = z.nx[i - 1];
            z.nx[i] = libm::sqrt(-2.0 * libm::log(NV / last + libm::exp(-0.5 * last * last)));
        }
        for i in 0..129 {
            z.nf[i] = libm::exp(-0.5 * z.nx[i] * z.nx[i]);
        }
        z
    })
}

impl Rng {
    #[inline(always)]
    pub fn exp1(&mut self, z: &Zt) -> f64 {
        let b = self.next();
        let i = (b & 255) as usize;
        let x = (b >> 11) as f64 * (1.0 / 9007199254740992.0) * z.x[i];
        if x < z.x[i + 1] {
            return x;
        }
        zig_slow(self, z, i, x)
    }
    #[inline(always)]
    pub fn norm(&mut self, z: &Zt) -> f64 {
        let b = self.next();
        let i = (b & 127) as usize;
        let u = (b >> 11) as f64 * (2.0 / 9007199254740992.0) - 1.0;
        let x = u * z.nx[i];
        if x.abs() < z.nx[i + 1] {
            return x;
        }
        nzig_slow(self, z, i, x)
    }
}
#[cold]
#[inline(never)]
fn zig_slow(r: &mut Rng, z: &Zt, i: usize, x: f64) -> f64 {
    let (mut i, mut x) = (i, x);
    loop {
        if i == 0 {
            return z.x[1] - libm::log(r.open0());
        }
        if z.f[i] + (z.f[i + 1] - z.f[i]) * r.unit() < libm::exp(-x) {
            return x;
        }
        let b = r.next();
        i = (b & 255) as usize;
        x = (b >> 11) as f64 * (1.0 / 9007199254740992.0) * z.x[i];
        if x < z.x[i + 1] {
            return x;
        }
    }
}
#[cold]
#[inline(never)]
fn nzig_slow(r: &mut Rng, z: &Zt, i: usize, x: f64) -> f64 {
    let (mut i, mut x) = (i, x);
    loop {
        if i == 0 {
            loop {
                let a = -libm::log(r.open0()) / z.nx[1];
                let b = -libm::log(r.open0());
                if b + b > a * a {
                    return if x < 0.0 { -(z.nx[1] + a) } else { z.nx[1] + a };
                }
            }
        }
        if z.nf[i] + (z.nf[i + 1] - z.nf[i]) * r.unit() < libm::exp(-0.5 * x * x) {
            return x;
        }
        let b = r.next();
        i = (b & 127) as usize;
        x = ((b >> 11) as f64 * (2.0 / 9007199254740992.0) - 1.0) * z.nx[i];
        if x.abs() < z.nx[i + 1] {
            return x;
        }
    }
}
