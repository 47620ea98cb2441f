//! The event list: a four-way heap. Key = (time in ns, tie); tie = sequence << 32 | payload.

#[inline(always)]
fn key(t: u64, tie: u64) -> u128 {
    ((t as u128) << 64) | tie as u128
}
#[inline(always)]
fn unkey(k: u128) -> (u64, u64) {
    ((k >> 64) as u64, k as u64)
}

/// Heap on wide keys with a hole at the root after pop: pop and push are one pass.
pub struct DHeap<const D: usize> {
    v: Vec<u128>,
    hole: bool,
}
impl<const D: usize> DHeap<D> {
    #[inline(always)]
    fn sift_down(&mut self, mut i: usize, k: u128) {
        let n = self.v.len();
        let v = self.v.as_mut_ptr();
        unsafe {
            loop {
                let c0 = i * D + 1;
                if c0 >= n {
                    break;
                }
                let mut c = c0;
                let mut ck = *v.add(c0);
                if c0 + D <= n {
                    for j in 1..D {
                        let x = *v.add(c0 + j);
                        let lt = x < ck;
                        ck = if lt { x } else { ck };
                        c = if lt { c0 + j } else { c };
                    }
                } else {
                    for j in c0 + 1..n {
                        let x = *v.add(j);
                        if x < ck {
                            ck = x;
                            c = j;
                        }
                    }
                }
                if ck >= k {
                    break;
                }
                *v.add(i) = ck;
                i = c;
            }
            *v.add(i) = k;
        }
    }
    #[inline(always)]
    fn fill(&mut self) {
        if self.hole {
            self.hole = false;
            let last = self.v.pop().unwrap();
            if !self.v.is_empty() {
                self.sift_down(0, last);
            }
        }
    }
}
impl<const D: usize> DHeap<D> {
    pub fn new() -> Self {
        DHeap { v: Vec::with_capacity(4096), hole: false }
    }
    #[inline]
    pub fn push(&mut self, t: u64, tie: u64) {
        let k = key(t, tie);
        if self.hole {
            self.hole = false;
            self.sift_down(0, k);
            return;
        }
        let mut i = self.v.len();
        self.v.push(k);
        let v = self.v.as_mut_ptr();
        unsafe {
            while i > 0 {
                let p = (i - 1) / D;
                let pk = *v.add(p);
                if pk <= k {
                    break;
                }
                *v.add(i) = pk;
                i = p;
            }
            *v.add(i) = k;
        }
    }
    #[inline]
    pub fn pop(&mut self) -> Option<(u64, u64)> {
        self.fill();
        let k = *self.v.first()?;
        self.hole = true;
        Some(unkey(k))
    }
    #[inline]
    pub fn peek_t(&mut self) -> u64 {
        self.fill();
        self.v.first().map_or(u64::MAX, |k| (k >> 64) as u64)
    }
}
