//! Consistent hashing (IST-43): the same endpoint for the same header, cookie or parameter.
//!
//! Ring, hash and search are Envoy's, so that equal addresses give equal choices. The ring's size is
//! about the same however many endpoints share it; so when one of a few goes, more users move than
//! its own.
//!
//! Simplified: users have no addresses and keep no cookies, so with `useSourceIp`, or a cookie that
//! Envoy would set, every request is hashed anew; and `maglev` is served by a ring.

use crate::workload::Class;

/// Least entries of a ring, if nothing else is asked for.
pub const MINIMUM_DEFAULT: u32 = 1024;

/// Most entries that can be asked for; Envoy's limit is 128 times as high.
pub const MINIMUM_MOST: u32 = 1 << 16;

/// Most entries that all rings of a proxy can ask for.
pub const ENTRIES_MOST: u32 = 1 << 18;

/// `loadBalancer.consistentHash`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistentHash {
    /// What of a request is hashed.
    pub key: HashKey,
    /// `minimumRingSize`.
    pub minimum: u32,
}

/// What of a request is hashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HashKey {
    /// A header, by lower-case name.
    Header(String),
    /// A cookie.
    Cookie(String),
    /// A parameter of the query.
    Query(String),
    /// The address of the client.
    SourceIp,
}

impl HashKey {
    /// The hash of a class of requests; `None` if they lack what is hashed: then chance decides.
    pub fn hash(&self, class: &Class) -> Option<u64> {
        let value = match self {
            Self::Header(name) => class.headers.get(name).map(String::as_str),
            Self::Cookie(name) => {
                let cookies = class.headers.get("cookie")?.split(';');
                let mut pairs = cookies.filter_map(|cookie| cookie.trim().split_once('='));
                pairs.find(|(key, _)| key == name).map(|(_, value)| value)
            }
            Self::Query(name) => {
                let query = class.path.split_once('?')?.1;
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find(|(key, _)| key == name).map(|(_, value)| value)
            }
            Self::SourceIp => None,
        };
        value.map(|value| xx_hash(value.as_bytes()))
    }
}

/// A ring of hashes, each of which belongs to somebody.
#[derive(Clone, Debug, Default)]
pub struct Ring<T> {
    entries: Vec<(u64, T)>,
}

impl<T: Copy> Ring<T> {
    /// Everybody has the same number of entries, together at least the minimum. Addresses are
    /// `10.244.0.7:8080`.
    pub fn new<'a>(members: impl ExactSizeIterator<Item = (&'a str, T)>, minimum: u32) -> Self {
        let each = (minimum as usize).div_ceil(members.len().max(1));
        let entries = members.flat_map(|(address, whose)| {
            (0..each).map(move |index| (xx_hash(format!("{address}_{index}").as_bytes()), whose))
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|(hash, _)| *hash);
        Self { entries }
    }

    /// Whose entry comes next, going round. `None` if the ring is empty.
    #[inline]
    pub fn at(&self, hash: u64) -> Option<T> {
        let next = self.entries.partition_point(|(entry, _)| *entry < hash);
        self.entries.get(next).or(self.entries.first()).map(|(_, whose)| *whose)
    }
}

const PRIMES: [u64; 5] = [
    0x9e37_79b1_85eb_ca87,
    0xc2b2_ae3d_27d4_eb4f,
    0x1656_67b1_9e37_79f9,
    0x85eb_ca77_c2b2_ae63,
    0x27d4_eb2f_1656_67c5,
];

fn round(lane: u64, input: u64) -> u64 {
    let mixed = lane.wrapping_add(input.wrapping_mul(PRIMES[1]));
    mixed.rotate_left(31).wrapping_mul(PRIMES[0])
}

/// xxHash, 64 bits, seed 0: the hash that Envoy uses for rings and keys.
pub fn xx_hash(bytes: &[u8]) -> u64 {
    let word =
        |bytes: &[u8]| bytes.iter().rev().fold(0u64, |sum, &byte| sum << 8 | u64::from(byte));
    let (stripes, mut rest) = bytes.split_at(bytes.len() / 32 * 32);
    let mut hash = if stripes.is_empty() {
        PRIMES[4]
    } else {
        let first = PRIMES[0].wrapping_add(PRIMES[1]);
        let mut lanes = [first, PRIMES[1], 0, PRIMES[0].wrapping_neg()];
        for stripe in stripes.chunks_exact(32) {
            for (lane, input) in lanes.iter_mut().zip(stripe.chunks_exact(8)) {
                *lane = round(*lane, word(input));
            }
        }
        let turned = lanes.iter().zip([1, 7, 12, 18]).map(|(lane, by)| lane.rotate_left(by));
        let sum = turned.fold(0u64, u64::wrapping_add);
        lanes.iter().fold(sum, |sum, &lane| {
            (sum ^ round(0, lane)).wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3])
        })
    };
    hash = hash.wrapping_add(bytes.len() as u64);
    while let Some((eight, more)) = rest.split_at_checked(8) {
        hash = (hash ^ round(0, word(eight))).rotate_left(27);
        hash = hash.wrapping_mul(PRIMES[0]).wrapping_add(PRIMES[3]);
        rest = more;
    }
    if let Some((four, more)) = rest.split_at_checked(4) {
        hash = (hash ^ word(four).wrapping_mul(PRIMES[0])).rotate_left(23);
        hash = hash.wrapping_mul(PRIMES[1]).wrapping_add(PRIMES[2]);
        rest = more;
    }
    for &byte in rest {
        hash = (hash ^ u64::from(byte).wrapping_mul(PRIMES[4])).rotate_left(11);
        hash = hash.wrapping_mul(PRIMES[0]);
    }
    hash = (hash ^ hash >> 33).wrapping_mul(PRIMES[1]);
    hash = (hash ^ hash >> 29).wrapping_mul(PRIMES[2]);
    hash ^ hash >> 32
}
