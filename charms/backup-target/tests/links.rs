//! The crates that the charms' binaries link.

use std::process::Command;

/// Names of all crates that a package links, in every depth.
#[allow(clippy::disallowed_methods, reason = "the build is asked for its crates")]
fn crates(package: &str) -> Vec<String> {
    let args = ["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--package", package];
    let here = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(env!("CARGO")).args(args).current_dir(here).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn backup_charms_link_no_kubernetes_client() {
    for package in ["interfaces", "backup-target", "velero-integrator"] {
        let crates = crates(package);
        assert!(crates.iter().any(|name| name == "webcharm-juju"), "{crates:?}");
        assert!(!crates.iter().any(|name| name.starts_with("kube")), "{package}: {crates:?}");
        // Kubernetes' types come with the manifests alone.
        let has_types = crates.iter().any(|name| name == "k8s-openapi");
        assert_eq!(has_types, package == "velero-integrator", "{package}: {crates:?}");
    }
}
