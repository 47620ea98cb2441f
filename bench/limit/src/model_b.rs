//! BG-full, model B: what the product has to do per request.
//! arrival -> gateway (weighted 90/10 + P2C) -> 0.5 ms net -> pod queue (cap 64, 4 workers) -> CPU lognormal mean 4 ms
//! -> shared DB pool (10 connections, FIFO) -> DB exp 6 ms -> 0.5 ms net -> response.
//! client timeout 250 ms, 1 retry with 50..100 ms backoff, probe of each pod every 1 s (takes a 1 ms CPU slot-free check).
//! per-second series + latency histogram per cluster.

use crate::heap::DHeap;
use crate::model_a::{HB, bucket};
use crate::rng::{Rng, tables};
use std::collections::VecDeque;

#[derive(Clone)]
pub struct OutB {
    pub n: u64,
    pub events: u64,
    pub dead_pops: u64,
    pub end: u64,
    pub ok: [u64; 2],
    pub timeouts: u64,
    pub retries: u64,
    pub rejects: u64,
    pub failed: u64,
    pub probes: u64,
    pub lat: [u64; 2],
    pub hist: Vec<u32>,
    pub series: Vec<[u32; 4]>,
}
const NIL: u32 = u32::MAX;
const NET: u64 = 500_000;
const TMO: u64 = 250_000_000;
const DBC: u32 = 10;

// event kinds in the 3 top bits of the 32-bit payload
const ARR: u32 = 0;
const ENQ: u32 = 1;
const CPU: u32 = 2;
const DB: u32 = 3;
const RSP: u32 = 4;
const TMOE: u32 = 5;
const RTY: u32 = 6;
const PRB: u32 = 7;
#[inline(always)]
fn pl(k: u32, i: u32) -> u64 {
    ((k << 29) | i) as u64
}

#[derive(Clone, Copy)]
struct Req {
    first: u64,
    pod: u8,
    att: u8,
    live: bool,
    done_srv: bool,
    next: u32,
    parent_t: u64,
}

/// Simulates `n` requests. Constant delays wait in lanes, all else in the heap.
pub fn run(n: u64, rate: f64, seed: u64) -> OutB {
    let z = tables();
    let mut o = OutB {
        n,
        events: 0,
        dead_pops: 0,
        end: 0,
        ok: [0; 2],
        timeouts: 0,
        retries: 0,
        rejects: 0,
        failed: 0,
        probes: 0,
        lat: [0; 2],
        hist: vec![0; 2 * HB],
        series: Vec::new(),
    };
    let ia = 1e9 / rate;
    let (mut ra, mut rr, mut rc, mut rd, mut rb) = (
        Rng::new(seed, 1),
        Rng::new(seed, 2),
        Rng::new(seed, 3),
        Rng::new(seed, 4),
        Rng::new(seed, 5),
    );
    // lognormal mean 4 ms, sigma 0.5: mu = ln 4e6 - 0.125
    let ln_scale = libm::exp(15.201804919084164 - 0.125);
    let mut q = DHeap::<4>::new();
    let mut lane_tmo: VecDeque<(u64, u64)> = VecDeque::with_capacity(1024);
    let mut lane_net: VecDeque<(u64, u64)> = VecDeque::with_capacity(64);
    let mut rq: Vec<Req> = Vec::with_capacity(4096);
    let mut free = NIL;
    let mut busy = [0u32; 6];
    let mut ql = [0u32; 6];
    let mut qh = [NIL; 6];
    let mut qt = [NIL; 6];
    let mut dbfree = DBC;
    let mut dh = NIL;
    let mut dt = NIL;
    let mut dl = 0u32;
    let mut seq = 0u64;
    let mut left = n;
    let mut outstanding = 0u64;
    macro_rules! push {
        ($t:expr, $k:expr, $i:expr) => {{
            q.push($t, (seq << 32) | pl($k, $i));
            seq += 1;
        }};
    }
    macro_rules! push_net {
        ($t:expr, $k:expr, $i:expr) => {{
            lane_net.push_back(($t, (seq << 32) | pl($k, $i)));
            seq += 1;
        }};
    }
    macro_rules! push_tmo {
        ($t:expr, $i:expr) => {{
            lane_tmo.push_back(($t, (seq << 32) | pl(TMOE, $i)));
            seq += 1;
        }};
    }
    for p in 0..6u32 {
        push!(1_000_000_000 / 6 * (p as u64 + 1), PRB, p);
    }
    push!((ra.exp1(z) * ia) as u64, ARR, 0);
    let mut sec = 0usize;
    o.series.push([0; 4]);
    macro_rules! alloc {
        ($first:expr, $att:expr, $cl:expr) => {{
            // P2C in cluster
            let a = rr.below(3);
            let b = {
                let x = rr.below(2);
                if x >= a { x + 1 } else { x }
            };
            let (pa, pb) = (($cl * 3 + a) as usize, ($cl * 3 + b) as usize);
            let p = if busy[pb] + ql[pb] < busy[pa] + ql[pa] { pb } else { pa };
            let r = if free != NIL {
                let r = free;
                free = rq[r as usize].next;
                r
            } else {
                rq.push(Req {
                    first: 0,
                    pod: 0,
                    att: 0,
                    live: false,
                    done_srv: false,
                    next: NIL,
                    parent_t: 0,
                });
                (rq.len() - 1) as u32
            };
            let e = &mut rq[r as usize];
            e.first = $first;
            e.pod = p as u8;
            e.att = $att;
            e.live = true;
            e.done_srv = false;
            r
        }};
    }
    loop {
        // pop the smallest of event list + lanes
        let (now, tie);
        {
            let a = q.peek_t();
            let (b, bt) = lane_tmo.front().copied().unwrap_or((u64::MAX, u64::MAX));
            let (c, ct) = lane_net.front().copied().unwrap_or((u64::MAX, u64::MAX));
            let l = if (b, bt) < (c, ct) { (b, bt, 0) } else { (c, ct, 1) };
            // ties between list and lane: sequence order decides; list pops first only if earlier
            if a < l.0 {
                let x = q.pop().unwrap();
                now = x.0;
                tie = x.1;
            } else if l.0 == u64::MAX {
                break;
            } else if a == l.0 {
                let x = q.pop().unwrap();
                if x.1 < l.1 {
                    now = x.0;
                    tie = x.1;
                } else {
                    q.push(x.0, x.1);
                    now = l.0;
                    tie = l.1;
                    if l.2 == 0 {
                        lane_tmo.pop_front();
                    } else {
                        lane_net.pop_front();
                    }
                }
            } else {
                now = l.0;
                tie = l.1;
                if l.2 == 0 {
                    lane_tmo.pop_front();
                } else {
                    lane_net.pop_front();
                }
            }
        }
        let kind = (tie as u32) >> 29;
        let id = (tie as u32) & 0x1fff_ffff;
        o.events += 1;
        match kind {
            ARR => {
                let s = (now / 1_000_000_000) as usize;
                while s > sec {
                    o.series.push([0; 4]);
                    sec += 1;
                }
                o.series[sec][0] += 1;
                left -= 1;
                outstanding += 1;
                let cl = (rr.unit() < 0.1) as u32;
                let r = alloc!(now, 0, cl);
                push_net!(now + NET, ENQ, r);
                push_tmo!(now + TMO, r);
                if left > 0 {
                    push!(now + (ra.exp1(z) * ia) as u64, ARR, 0);
                }
            }
            ENQ => {
                let p = rq[id as usize].pod as usize;
                if busy[p] < 4 {
                    busy[p] += 1;
                    let s = (ln_scale * libm::exp(0.5 * rc.norm(z))) as u64;
                    push!(now + s, CPU, id);
                } else if ql[p] < 64 {
                    rq[id as usize].next = NIL;
                    if ql[p] == 0 {
                        qh[p] = id
                    } else {
                        rq[qt[p] as usize].next = id
                    }
                    qt[p] = id;
                    ql[p] += 1;
                } else {
                    o.rejects += 1;
                    rq[id as usize].done_srv = true;
                }
            }
            CPU => {
                if dbfree > 0 {
                    dbfree -= 1;
                    push!(now + (rd.exp1(z) * 6e6) as u64, DB, id);
                } else {
                    rq[id as usize].next = NIL;
                    if dl == 0 {
                        dh = id
                    } else {
                        rq[dt as usize].next = id
                    }
                    dt = id;
                    dl += 1;
                }
            }
            DB => {
                if dl > 0 {
                    let r = dh;
                    dh = rq[r as usize].next;
                    dl -= 1;
                    push!(now + (rd.exp1(z) * 6e6) as u64, DB, r);
                } else {
                    dbfree += 1;
                }
                let p = rq[id as usize].pod as usize;
                // worker free: next queued request
                if ql[p] > 0 {
                    let r = qh[p];
                    qh[p] = rq[r as usize].next;
                    ql[p] -= 1;
                    let s = (ln_scale * libm::exp(0.5 * rc.norm(z))) as u64;
                    push!(now + s, CPU, r);
                } else {
                    busy[p] -= 1;
                }
                push_net!(now + NET, RSP, id);
            }
            RSP => {
                let e = &mut rq[id as usize];
                e.done_srv = true;
                if e.live {
                    e.live = false;
                    outstanding -= 1;
                    let cl = (e.pod >= 3) as usize;
                    let l = now - e.first;
                    o.ok[cl] += 1;
                    o.lat[cl] += l;
                    o.hist[cl * HB + bucket(l)] += 1;
                    o.series[sec][1] += 1;
                }
            }
            TMOE => {
                // one timer per request slot; the slot is only recycled here, so a timer never sees a new owner
                let e = rq[id as usize];
                if e.live {
                    o.timeouts += 1;
                    o.series[sec][2] += 1;
                    rq[id as usize].live = false;
                    if e.att == 0 {
                        o.retries += 1;
                        let bo = 50_000_000 + rb.below(50_000_000) as u64;
                        rq[id as usize].parent_t = e.first;
                        push!(now + bo, RTY, id);
                        continue;
                    } else {
                        o.failed += 1;
                        outstanding -= 1;
                    }
                } else {
                    o.dead_pops += 1;
                }
                if rq[id as usize].done_srv {
                    rq[id as usize].next = free;
                    free = id;
                } else {
                    push_tmo!(now + TMO, id);
                } // still on a server: look again later
            }
            RTY => {
                let (first, pod) = (rq[id as usize].parent_t, rq[id as usize].pod);
                let cl = (pod >= 3) as u32;
                let r = alloc!(first, 1, cl);
                push_net!(now + NET, ENQ, r);
                push_tmo!(now + TMO, r);
                push_tmo!(now + TMO, id);
            }
            _ => {
                o.probes += 1;
                o.series[sec][3] += busy[id as usize];
                if left > 0 || outstanding > 0 {
                    push!(now + 1_000_000_000, PRB, id);
                }
            }
        }
        o.end = now;
    }
    o
}
