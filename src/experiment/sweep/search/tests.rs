//! Searches that make sense, and those that do not.

use super::*;
use crate::presets;

fn search(axes: &[(&str, Values)], random: Option<usize>) -> Search {
    Search {
        params: presets::paper(),
        axes: axes
            .iter()
            .map(|(key, values)| Axis {
                key: (*key).into(),
                values: values.clone(),
            })
            .collect(),
        random,
        seeds: 2,
        shard: None,
    }
}

fn listed(values: &[&str]) -> Values {
    Values::Listed(values.iter().map(ToString::to_string).collect())
}

#[test]
fn a_grid_has_all_combinations() {
    let axes = [
        ("learning.a_pre", listed(&["0.01", "0.02"])),
        ("pruning.mode", listed(&["none", "final", "continuous"])),
    ];
    let search = search(&axes, None);
    let trials = search.trials().unwrap();
    assert_eq!(trials.len(), 2 * 3 * 2);
    assert_eq!((trials[5].point, trials[5].replica), (2, 1));
    assert_eq!(trials[4].values, ["0.01", "continuous"]);
    assert_eq!(
        search.params_of(&trials[11]).unwrap().model.learning.a_pre,
        0.02
    );
}

#[test]
fn more_random_points_begin_with_the_fewer() {
    let axes = [
        ("learning.a_pre", Values::LogUniform(1e-4, 1e-1)),
        ("pruning.tau_ms", Values::Uniform(1e5, 3e5)),
    ];
    let few = search(&axes, Some(5)).trials().unwrap();
    let many = search(&axes, Some(50)).trials().unwrap();
    assert_eq!(few[..], many[..10]);
    let a_pre = |trial: &Trial| -> f64 { trial.values[0].parse().unwrap() };
    let below = many.iter().filter(|&trial| a_pre(trial) < 3.2e-3).count();
    assert!(
        (30..70).contains(&below),
        "{below} of 100 below the geometric mean"
    );
    assert!(
        many.iter()
            .all(|trial| (1e-4..=1e-1).contains(&a_pre(trial)))
    );
}

#[test]
fn points_drawn_from_lists_differ() {
    let axes = [
        ("learning.a_pre", listed(&["0.01", "0.02", "0.03"])),
        ("pruning.mode", listed(&["none", "final", "continuous"])),
    ];
    let points = |count| search(&axes, Some(count)).points().unwrap();
    let eight = points(8);
    let values: BTreeSet<_> = eight.iter().map(|point| &point.values).collect();
    assert_eq!(values.len(), 8);
    assert_eq!(points(3)[..], eight[..3]);
    let all = search(&axes, Some(9)).points();
    assert_eq!(
        all,
        Err(SearchError::Few {
            count: 9,
            points: 9
        })
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let refused = |axes: &[(&str, Values)], random| search(axes, random).points().unwrap_err();
    let range = ("learning.a_pre", Values::Uniform(0.0, 1.0));
    assert!(matches!(refused(&[range], None), SearchError::Range { .. }));
    for bounds in [
        Values::Uniform(1.0, 1.0),
        Values::LogUniform(0.0, 1.0),
        Values::Uniform(0.0, f64::NAN),
    ] {
        let error = refused(&[("learning.a_pre", bounds)], Some(3));
        assert!(matches!(error, SearchError::Bounds { .. }));
    }
    let error = refused(&[("learning.nothing", listed(&["1"]))], None);
    assert!(matches!(error, SearchError::Config(_)));
    let error = refused(&[("learning.a_pre", listed(&["0.01", "7"]))], None);
    assert!(
        error.to_string().contains("point 1 (learning.a_pre=7)"),
        "{error}"
    );
    let long: Vec<String> = (1..400).map(|i| format!("0.{i:03}")).collect();
    let axis = |key| (key, Values::Listed(long.clone()));
    assert!(matches!(
        refused(&[axis("learning.a_pre"), axis("learning.dropout")], None),
        SearchError::TooMany { .. }
    ));
}
