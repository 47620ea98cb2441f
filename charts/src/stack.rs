//! Areas that stand on each other.

use crate::panel::{Area, Style};

/// One unbroken piece of an area: its lower and upper edge by time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Band {
    pub(crate) style: Style,
    /// Time, lower edge, upper edge.
    pub(crate) edges: Vec<(f64, f64, f64)>,
}

/// The bands of each area, bottom first. An area is not drawn where it has no value or is zero
/// on both sides.
pub(crate) fn bands(areas: &[Area]) -> Vec<Vec<Band>> {
    let mut times: Vec<f64> =
        areas.iter().flat_map(|area| &area.points).map(|point| point.0).collect();
    times.retain(|time| time.is_finite());
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut ground = vec![0.0; times.len()];
    areas.iter().map(|area| stack(area, &times, &mut ground)).collect()
}

fn stack(area: &Area, times: &[f64], ground: &mut [f64]) -> Vec<Band> {
    let mut points = area.points.iter().filter(|point| point.0.is_finite()).peekable();
    let mut bands = Vec::new();
    let mut edges: Vec<(f64, f64, f64)> = Vec::new();
    let mut close = |edges: &mut Vec<(f64, f64, f64)>| {
        let edges = std::mem::take(edges);
        if edges.iter().any(|(_, low, high)| low < high) {
            bands.push(Band { style: area.style, edges });
        }
    };
    for (&time, ground) in times.iter().zip(ground) {
        let mut value = None;
        while let Some(point) = points.next_if(|point| point.0 <= time) {
            value = if point.0 == time { point.1 } else { None };
        }
        let Some(value) = value.filter(|value| value.is_finite() && 0.0 <= *value) else {
            close(&mut edges);
            continue;
        };
        let low = *ground;
        *ground += value;
        let flat = |edge: &(f64, f64, f64)| edge.1 == edge.2;
        if value == 0.0 && edges.last().is_some_and(flat) {
            // Two zeros in a row end the band at the first of them.
            close(&mut edges);
        }
        edges.push((time, low, *ground));
    }
    close(&mut edges);
    bands
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(values: &[Option<f64>]) -> Area {
        let points = values.iter().enumerate().map(|(index, value)| (index as f64, *value));
        Area::new("", Style::Blue, points.collect())
    }

    #[test]
    fn each_area_stands_on_the_one_before() {
        let stacked = bands(&[area(&[Some(1.0), Some(2.0)]), area(&[Some(3.0), Some(4.0)])]);
        assert_eq!(stacked[1][0].edges, [(0.0, 1.0, 4.0), (1.0, 2.0, 6.0)]);
    }

    #[test]
    fn a_gap_breaks_an_area_and_holds_nothing_up() {
        let broken = [Some(1.0), None, Some(1.0)];
        let stacked = bands(&[area(&broken), area(&[Some(5.0); 3])]);
        assert_eq!(stacked[0].len(), 2);
        assert_eq!(stacked[1][0].edges[1], (1.0, 0.0, 5.0));
    }

    #[test]
    fn zeros_are_not_drawn() {
        assert!(bands(&[area(&[Some(0.0); 5])])[0].is_empty());
        let late =
            bands(&[area(&[Some(0.0), Some(0.0), Some(0.0), Some(2.0), Some(0.0), Some(0.0)])]);
        assert_eq!(late[0].len(), 1);
        assert_eq!(late[0][0].edges, [(2.0, 0.0, 0.0), (3.0, 0.0, 2.0), (4.0, 0.0, 0.0)]);
    }

    #[test]
    fn nonsense_values_are_gaps() {
        assert!(bands(&[area(&[Some(f64::NAN), Some(-1.0), Some(f64::INFINITY)])])[0].is_empty());
    }
}
