//! BG-900, model A: Poisson 900/s, 90/10 to blue/green, 3 pods x 4 workers each, FIFO per pod, exp(10 ms).
//! Round robin inside a group.

use crate::heap::DHeap;
use crate::rng::{Rng, tables};

pub const PODS: usize = 6;
pub const C: u32 = 4;
pub const HB: usize = 64 * 16; // log-linear histogram, 16 sub-buckets

#[derive(Clone)]
pub struct Out {
    pub n: u64,
    pub events: u64,
    pub end: u64,
    pub cnt: [u64; 2],
    pub wait: [u64; 2],
    pub soj: [u64; 2],
    pub hist: Vec<u32>,
}
impl Out {
    pub fn new(n: u64) -> Self {
        Out { n, events: 0, end: 0, cnt: [0; 2], wait: [0; 2], soj: [0; 2], hist: vec![0; 2 * HB] }
    }
}
#[inline(always)]
pub fn bucket(v: u64) -> usize {
    let v = v | 16;
    let e = 63 - v.leading_zeros() as usize;
    (e - 4) * 16 + ((v >> (e - 4)) & 15) as usize
}

struct Pod {
    busy: u32,
    qlen: u32,
    head: u32,
    tail: u32,
}
const NIL: u32 = u32::MAX;

pub fn draw_streams(seed: u64) -> (Rng, Rng, Rng) {
    (Rng::new(seed, 1), Rng::new(seed, 2), Rng::new(seed, 3))
}
pub const IA: f64 = 1e9 / 900.0;
pub const SV: f64 = 10e6;

/// Simulates `n` requests.
pub fn run(n: u64, seed: u64) -> Out {
    let z = tables();
    let mut o = Out::new(n);
    let (mut ra, mut rr, mut rs) = draw_streams(seed);
    let mut q = DHeap::<4>::new();
    let mut pods: [Pod; PODS] =
        std::array::from_fn(|_| Pod { busy: 0, qlen: 0, head: NIL, tail: NIL });
    let mut rrp = [0u32; 2];
    // request slab, SoA
    let mut arr: Vec<u64> = Vec::with_capacity(1024);
    let mut svc: Vec<u64> = Vec::with_capacity(1024);
    let mut pod_of: Vec<u8> = Vec::with_capacity(1024);
    let mut next: Vec<u32> = Vec::with_capacity(1024);
    let mut free: u32 = NIL;
    let mut seq: u64 = 0;
    let mut left = n;
    let mut t_arr = (ra.exp1(z) * IA) as u64;
    q.push(t_arr, (seq << 32) | NIL as u64);
    seq += 1;
    loop {
        let (now, id);
        match q.pop() {
            None => break,
            Some((t, tie)) => {
                now = t;
                id = tie as u32;
            }
        }
        o.events += 1;
        if id == NIL {
            if left == 0 {
                continue;
            }
            left -= 1;
            // route
            let cl = (rr.unit() < 0.1) as usize;
            let k = rrp[cl];
            rrp[cl] = if k == 2 { 0 } else { k + 1 };
            let p = k as usize + cl * 3;
            let s = (rs.exp1(z) * SV) as u64;
            let r = if free != NIL {
                let r = free;
                free = next[r as usize];
                r
            } else {
                arr.push(0);
                svc.push(0);
                pod_of.push(0);
                next.push(NIL);
                (arr.len() - 1) as u32
            };
            let ri = r as usize;
            arr[ri] = now;
            pod_of[ri] = p as u8;
            let pd = &mut pods[p];
            if pd.busy < C {
                pd.busy += 1;
                svc[ri] = s;
                q.push(now + s, (seq << 32) | r as u64);
                seq += 1;
            } else {
                svc[ri] = s;
                next[ri] = NIL;
                if pd.qlen == 0 {
                    pd.head = r
                } else {
                    next[pd.tail as usize] = r
                }
                pd.tail = r;
                pd.qlen += 1;
            }
            // next arrival
            t_arr = now + (ra.exp1(z) * IA) as u64;
            if left > 0 {
                q.push(t_arr, (seq << 32) | NIL as u64);
                seq += 1;
            }
        } else {
            let ri = id as usize;
            let p = pod_of[ri] as usize;
            let cl = (p >= 3) as usize;
            let so = now - arr[ri];
            o.soj[cl] += so;
            o.wait[cl] += so - svc[ri];
            o.cnt[cl] += 1;
            o.hist[cl * HB + bucket(so)] += 1;
            let pd = &mut pods[p];
            if pd.qlen > 0 {
                let r2 = pd.head;
                pd.head = next[r2 as usize];
                pd.qlen -= 1;
                q.push(now + svc[r2 as usize], (seq << 32) | r2 as u64);
                seq += 1;
            } else {
                pd.busy -= 1;
            }
            next[ri] = free;
            free = id;
        }
        o.end = now;
    }
    o
}
