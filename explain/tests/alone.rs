//! kube stays out of the charm: only `explain` depends on it, and no package depends on `explain`.

use std::process::Command;

/// The packages that the workspace needs without `explain`, tests and build scripts included.
fn packages_without_explain() -> String {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--locked", "--workspace", "--exclude", "explain"]);
    tree.args(["--edges", "normal,build,dev", "--prefix", "none", "--no-dedupe"]);
    let output = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_other_package_links_kube() {
    let packages = packages_without_explain();
    assert!(packages.lines().any(|line| line.starts_with("webcharm v")), "the charm is missing from:\n{packages}");
    for name in ["kube", "kube-client", "kube-core", "k8s-openapi", "rustls", "explain"] {
        let found = packages.lines().find(|line| line.split(' ').next() == Some(name));
        assert_eq!(found, None, "only explain may depend on {name}");
    }
}
