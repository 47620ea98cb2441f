//! The gateway and, within it, its replicas.

use sim_core::view::View;

use super::{Point, Rect};

/// Room of one replica, and how many stand beside each other.
const REPLICA: (f64, f64) = (29.0, 20.0);
const A_ROW: usize = 4;

/// Rows of replicas below the gateway's name.
fn rows(view: &View) -> usize {
    let count = view.gateway.replicas.len();
    if 1 < count { count.div_ceil(A_ROW) } else { 0 }
}

/// Room that the gateway takes.
pub(super) fn size(view: &View) -> Point {
    // The first row stands where the version is written otherwise.
    let more = rows(view).saturating_sub(1) as f64;
    (132.0, 76.0 + more * (REPLICA.1 + 4.0) + if 0 < rows(view) { 8.0 } else { 0.0 })
}

/// Where its replicas stand, if there is more than one.
pub(super) fn replicas(view: &View, gateway: Rect) -> Vec<Rect> {
    let count = if 0 < rows(view) { view.gateway.replicas.len() } else { 0 };
    let spot = |place: usize| {
        let (row, column) = (place / A_ROW, place % A_ROW);
        let in_row = (count - row * A_ROW).min(A_ROW) as f64;
        let width = in_row * (REPLICA.0 + 3.0) - 3.0;
        let x = gateway.centre().0 - width / 2.0 + column as f64 * (REPLICA.0 + 3.0);
        let y = gateway.y + 51.0 + row as f64 * (REPLICA.1 + 4.0);
        Rect { x, y, width: REPLICA.0, height: REPLICA.1 }
    };
    (0..count).map(spot).collect()
}
