//! kube stays out of the charms: only `explain` depends on it, and no package depends on `explain`. Velero's manifests have the
//! types of Kubernetes' objects, without a client.

use std::process::Command;

/// The packages that the workspace needs without `explain`, tests and build scripts included.
fn packages_without_explain() -> String {
    tree(&["explain"])
}

/// The packages that the workspace needs without some members.
fn tree(excluded: &[&str]) -> String {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--locked", "--workspace"]).args(excluded.iter().flat_map(|name| ["--exclude", *name]));
    tree.args(["--edges", "normal,build,dev", "--prefix", "none", "--no-dedupe"]);
    let output = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_other_package_links_kube() {
    let packages = packages_without_explain();
    assert!(packages.lines().any(|line| line.starts_with("webcharm v")), "the charm is missing from:\n{packages}");
    let found = |packages: &str, name| packages.lines().any(|line| line.split(' ').next() == Some(name));
    for name in ["kube", "kube-client", "kube-core", "rustls", "explain"] {
        assert!(!found(&packages, name), "only explain may depend on {name}");
    }
    let others = tree(&["explain", "velero-integrator", "velero-manifest"]);
    assert!(!found(&others, "k8s-openapi"), "only explain and Velero's manifests may depend on k8s-openapi");
}
