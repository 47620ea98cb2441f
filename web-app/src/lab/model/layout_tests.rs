use proptest::prelude::*;
use sim_core::view::{PodStage, UsersView};

use super::super::fixture::{canary, failure, group, pod, replica, users};
use super::*;

fn stage_of(view: &View, width: f64) -> Stage {
    stage(view, &Palette::of(&view.groups), width, 420.0)
}

fn inside(stage: &Stage, rect: Rect) -> bool {
    0.0 <= rect.x && 0.0 <= rect.y && rect.right() <= stage.width && rect.bottom() <= stage.height
}

fn apart(a: Rect, b: Rect) -> bool {
    a.right() <= b.x || b.right() <= a.x || a.bottom() <= b.y || b.bottom() <= a.y
}

/// The frames of everything but pills.
fn frames(stage: &Stage) -> Vec<Rect> {
    let mut frames = vec![stage.users, stage.gateway];
    frames.extend(stage.database);
    frames.extend(stage.groups.iter().map(|group| group.frame));
    frames
}

#[test]
fn requests_travel_left_to_right_on_a_wide_stage_and_downwards_on_a_narrow_one() {
    let wide = stage_of(&canary(), 820.0);
    assert!(!wide.vertical && wide.users.right() < wide.gateway.x);
    assert!(wide.groups[0].frame.right() < wide.database.expect("one").x);
    let narrow = stage_of(&canary(), 358.0);
    assert!(narrow.vertical && narrow.users.bottom() < narrow.gateway.y);
    assert!(narrow.groups[0].frame.bottom() < narrow.database.expect("one").y);
}

#[test]
fn without_a_database_none_is_drawn_and_no_line_leads_to_it() {
    let mut view = canary();
    view.database = None;
    for width in [820.0, 358.0] {
        let stage = stage_of(&view, width);
        assert_eq!((stage.database, stage.links.len()), (None, 1 + stage.groups.len()));
        assert!(frames(&stage).iter().all(|frame| frame.bottom() <= stage.height), "{width}");
        assert!(stage.height < stage_of(&canary(), width).height + 1.0);
    }
}

#[test]
fn a_lines_thickness_is_its_share_of_the_traffic() {
    let stage = stage_of(&canary(), 820.0);
    let (blue, green) = (&stage.links[1], &stage.links[2]);
    assert_eq!((blue.colour, green.colour), (Some(Colour::Blue), Some(Colour::Green)));
    assert!((blue.thickness - 14.6).abs() < 1e-9 && (green.thickness - 3.4).abs() < 1e-9);
}

#[test]
fn who_calls_without_the_gateway_is_not_drawn_through_it() {
    let mut view = canary();
    let calls = Some("my-app-service".into());
    view.users.push(UsersView { calls, ..users("checkout", 50.0) });
    view.groups[0].direct = 50.0;
    let stage = stage_of(&view, 820.0);
    assert_eq!((stage.links[0].rate, stage.links[1].rate), (120.0, 108.0));
    assert_eq!((stage.links[1].direct, stage.links[2].direct), (50.0, 0.0));
    assert_eq!(stage.links[3].rate, 158.0, "the database sees all that blue does");
}

#[test]
fn without_subsets_the_share_is_what_is_measured() {
    let mut view = canary();
    view.routes.truncate(1);
    view.routes[0].subset.clear();
    let stage = stage_of(&view, 820.0);
    assert!((stage.links[2].share - 0.1).abs() < 1e-9, "12 of 120 requests");
}

#[test]
fn a_failure_stands_where_the_request_died() {
    let at = |code, flag, version| {
        let mut view = canary();
        view.failures = vec![failure(code, flag, version)];
        let stage = stage_of(&view, 820.0);
        (place(&view.failures[0], &stage, &view), stage.pills[0].text.clone())
    };
    assert_eq!(at(503, "UH", "green"), (Place::Gateway, "503 UH ×4".into()));
    assert_eq!(at(404, "NR", "unknown"), (Place::Gateway, "404 NR ×4".into()));
    assert_eq!(at(503, "UF", "green"), (Place::Before(1), "503 UF ×4".into()));
    assert_eq!(at(500, "-", "blue"), (Place::Inside(0), "500 ×4".into()));
    assert_eq!(at(0, "DC", "blue"), (Place::Users, "no answer ×4".into()));
    assert_eq!(at(0, "reset", "blue"), (Place::Users, "reset ×4".into()));
}

#[test]
fn failures_that_are_over_leave_the_stage() {
    let mut view = canary();
    view.failures[0].count = 0;
    assert!(stage_of(&view, 820.0).pills.is_empty());
}

#[test]
fn one_replica_of_the_gateway_is_the_gateway_and_several_stand_in_it() {
    let mut view = canary();
    assert_eq!(stage_of(&view, 820.0).replicas, []);
    for count in 2..=8 {
        view.gateway.replicas = (0..count).map(|_| replica("x2k4w", 7)).collect();
        for width in [358.0, 820.0] {
            let stage = stage_of(&view, width);
            assert_eq!(stage.replicas.len(), count);
            for (place, &spot) in stage.replicas.iter().enumerate() {
                let Rect { x, y, .. } = stage.gateway;
                assert!(x < spot.x && spot.right() < stage.gateway.right(), "{count}: {spot:?}");
                assert!(y < spot.y && spot.bottom() < stage.gateway.bottom(), "{count}: {spot:?}");
                assert!(stage.replicas[..place].iter().all(|&other| apart(spot, other)));
            }
        }
    }
}

#[test]
fn the_lowest_line_of_a_label_stays_above_the_pods() {
    let mut view = canary();
    view.groups[0].direct = 50.0;
    let stage = stage_of(&view, 358.0);
    let top = stage.groups[0].frame.y;
    let (_, first) = stage.links[1].label.expect("a label").0;
    // Three lines of 16 pixels each; letters reach a few pixels below the last.
    assert!(first + 32.0 + 4.0 < top, "{first} and {top}");
    let pill = stage_of(&View { failures: vec![failure(503, "UF", "blue")], ..view }, 358.0).pills;
    assert!(pill[0].frame.bottom() <= first - 14.0);
}

proptest! {
    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_stage(
        width in 280.0..1500.0f64,
        counts in prop::collection::vec(0usize..20, 0..4),
    ) {
        let mut view = canary();
        view.groups = counts
            .iter()
            .enumerate()
            .map(|(index, &count)| {
                let pods = vec![pod("p", PodStage::Ready, ""); count];
                group(&format!("v{index}"), 10.0, pods)
            })
            .collect();
        let stage = stage_of(&view, width);
        let frames = frames(&stage);
        for (index, &frame) in frames.iter().enumerate() {
            prop_assert!(inside(&stage, frame), "{frame:?} in {}x{}", stage.width, stage.height);
            for &other in &frames[..index] {
                prop_assert!(apart(frame, other), "{frame:?} {other:?}");
            }
        }
        for (spot, &count) in stage.groups.iter().zip(&counts) {
            prop_assert_eq!(spot.pods.len() + spot.hidden, count);
            for &(x, y) in &spot.pods {
                let cell = Rect { x, y, width: CELL.0, height: CELL.1 };
                prop_assert!(spot.frame.x <= cell.x && cell.right() <= spot.frame.right());
                prop_assert!(cell.bottom() <= spot.frame.bottom());
            }
        }
    }
}
