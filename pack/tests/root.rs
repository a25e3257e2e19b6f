//! The repository's own `charmcraft.yaml`: the Flask sample's charm, written out and built from this source.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::path::{Path, PathBuf};

use pack::Charm;
use serde_yaml::{Mapping, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document(charm: &Charm, file: &str) -> Value {
    serde_yaml::from_slice(&charm.files[file].content).unwrap()
}

#[test]
fn the_root_s_charm_is_the_flask_sample_s_written_out() {
    let ours = Charm::with_dispatch(&root(), b"binary".to_vec()).unwrap();
    let sample = Charm::with_dispatch(&root().join("rock/flask/charm"), b"binary".to_vec()).unwrap();
    assert_eq!((&ours.name, ours.framework, &ours.platforms), (&sample.name, sample.framework, &sample.platforms));
    for file in ["metadata.yaml", "config.yaml", "actions.yaml", "manifest.yaml"] {
        assert_eq!(document(&ours, file), document(&sample, file), "{file}");
    }
    let texts = ["LICENSE", "README.md"];
    let own: Vec<&String> = ours.files.keys().filter(|name| !texts.contains(&name.as_str())).collect();
    assert_eq!(own, sample.files.keys().collect::<Vec<_>>());
    for file in ["paas-config.yaml", "webcharm.yaml", "dispatch"] {
        assert_eq!(ours.files[file], sample.files[file], "{file}");
    }
}

#[test]
fn the_root_s_charm_has_no_extension_and_builds_dispatch_by_a_rust_part() {
    let text = std::fs::read_to_string(root().join("charmcraft.yaml")).unwrap();
    let project: Mapping = serde_yaml::from_str(&text).unwrap();
    assert_eq!(project.get("extensions"), None);
    let part = &project["parts"]["dispatch"];
    assert_eq!((part["plugin"].as_str(), part["source"].as_str()), (Some("rust"), Some(".")));
    assert_eq!(part["organize"]["bin/dispatch"], "dispatch");
    assert_eq!(pack::lint(&root()).unwrap(), []);
}
