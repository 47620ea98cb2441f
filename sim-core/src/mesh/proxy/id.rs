//! Names of proxies, and of what each of them keeps. All three are as small as an event and a request
//! want them: the proxy stands in the upper bits of what is its own.

/// Names one proxy of the mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProxyId(pub u8);

/// Bits of a place in a proxy's table.
const PLACE_BITS: u32 = 24;
const PLACE: u32 = (1 << PLACE_BITS) - 1;

/// Names one endpoint of one cluster in the table of one proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostId(u32);

impl HostId {
    pub(super) fn new(proxy: ProxyId, place: usize) -> Self {
        let place = u32::try_from(place).ok().filter(|&place| place <= PLACE);
        Self(u32::from(proxy.0) << PLACE_BITS | place.expect("far fewer endpoints than 2^24"))
    }

    /// A proxy's name for no endpoint: none has been chosen yet.
    #[inline]
    pub fn none_of(proxy: ProxyId) -> Self {
        Self(u32::from(proxy.0) << PLACE_BITS)
    }

    /// The proxy.
    #[inline]
    pub fn proxy(self) -> ProxyId {
        ProxyId((self.0 >> PLACE_BITS) as u8)
    }

    /// The place in its table.
    #[inline]
    pub(super) fn place(self) -> usize {
        (self.0 & PLACE) as usize
    }
}

/// Names one outlier detector among all that ever were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DetectorId(u32);

impl DetectorId {
    pub(super) fn first(proxy: ProxyId) -> Self {
        Self(u32::from(proxy.0) << PLACE_BITS)
    }

    /// The name for the next one of the same proxy.
    pub(in crate::mesh) fn next(self) -> Self {
        Self(self.0 & !PLACE | (self.0 + 1) & PLACE)
    }

    /// The proxy whose detector it is.
    pub fn proxy(self) -> ProxyId {
        ProxyId((self.0 >> PLACE_BITS) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_s_name_tells_its_proxy() {
        let host = HostId::new(ProxyId(255), 70_000);
        assert_eq!((host.proxy(), host.place()), (ProxyId(255), 70_000));
        assert_eq!(HostId::none_of(ProxyId(3)).proxy(), ProxyId(3));
        assert_eq!(HostId::none_of(ProxyId(0)), HostId::default());
    }

    #[test]
    fn a_detector_s_name_never_becomes_that_of_another_proxy() {
        let last = DetectorId(u32::from(7_u8) << PLACE_BITS | PLACE);
        assert_eq!(last.next(), DetectorId::first(ProxyId(7)));
        assert_eq!(DetectorId::first(ProxyId(7)).next().proxy(), ProxyId(7));
    }
}
