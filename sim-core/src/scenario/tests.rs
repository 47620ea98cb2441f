//! What loading says about good and bad scenarios.

use std::path::Path;

use super::*;

/// A shipped scenario's files.
fn shipped(name: &str) -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios").join(name);
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.insert(inside, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    Bundle { name: name.to_owned(), files }
}

#[test]
fn the_first_scenario_loads_without_findings() {
    let (scenario, notes) = Scenario::load(&shipped("first-cutover")).unwrap();
    assert_eq!(notes, []);
    assert_eq!(scenario.traffic[0].rate, 120.0);
    assert_eq!(scenario.releases["myorg/myapp:v2"].startup.0, SimDuration::from_secs(6));
    assert_eq!(scenario.solutions["reference"].len(), 7);
    assert_eq!(scenario.naive["switch-before-ready"].misses, "no-lost-requests");
}
