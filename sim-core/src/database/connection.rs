//! Connections of the server: pods and sessions share them, and both colours count (PG-09).

use schema::{Engine, SqlError};

use crate::database::dialect::Dialect;

/// How many connections there are, and how many are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connections {
    /// Most that anybody may have together: `max_connections` less the reserved ones.
    pub limit: u32,
    /// Those beyond, for superusers only (PG-05).
    pub reserved: u32,
    /// Those that are open.
    pub open: u32,
    /// How many were refused so far.
    pub refused: u64,
    engine: Engine,
}

impl Connections {
    /// None is open.
    pub(super) fn new(engine: Engine, limit: u32, reserved: u32) -> Self {
        Self { limit, reserved, open: 0, refused: 0, engine }
    }

    /// Opens as many of the wanted ones as there is room for; the others are refused.
    pub fn open(&mut self, wanted: u32, superuser: bool) -> u32 {
        let most = if superuser { self.limit.saturating_add(self.reserved) } else { self.limit };
        let granted = wanted.min(most.saturating_sub(self.open));
        self.open += granted;
        self.refused += u64::from(wanted - granted);
        granted
    }

    /// Closes some.
    pub fn close(&mut self, count: u32) {
        self.open -= count;
    }

    /// What a client is told that is refused (PG-06, 09; MY-06).
    pub fn refusal(&self, superuser: bool) -> SqlError {
        let [anybody, others] = &Dialect::of(self.engine).too_many;
        if superuser { anybody.error() } else { others.error() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OPG-8, PG-09.
    #[test]
    fn the_98th_client_is_refused_unless_it_is_a_superuser() {
        let mut connections = Connections::new(Engine::Postgresql, 97, 3);
        assert_eq!(connections.open(97, false), 97);
        assert_eq!(connections.open(1, false), 0);
        assert_eq!(connections.open(1, true), 1);
        assert_eq!(connections.open(3, true), 2);
        assert_eq!(connections.open(1, true), 0);
        connections.close(4);
        assert_eq!(connections.open(1, false), 1);
    }

    /// OPOOL-1, PG-09.
    #[test]
    fn twelve_pools_of_ten_get_ninety_seven_connections() {
        let mut connections = Connections::new(Engine::Postgresql, 97, 3);
        let granted: u32 = (0..12).map(|_| connections.open(10, false)).sum();
        assert_eq!((granted, connections.refused), (97, 23));
    }
}
