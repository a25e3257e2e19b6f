//! kube stays out of the charms: only `explain` depends on it, and no package depends on `explain`. Velero's manifests have the
//! types of Kubernetes' objects, without a client. TLS stays out of what runs in a charm, too: only `explain` and the supervisor
//! have it.

use std::process::Command;

/// The packages that the workspace needs without `explain`, tests and build scripts included.
fn packages_without_explain() -> String {
    tree(&["explain"])
}

/// The packages that the workspace needs without some members.
fn tree(excluded: &[&str]) -> String {
    of(["--workspace"].into_iter().chain(excluded.iter().flat_map(|name| ["--exclude", *name])), "normal,build,dev")
}

/// The packages that those which `selected` names need by these edges.
fn of<'a>(selected: impl IntoIterator<Item = &'a str>, edges: &str) -> String {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--locked"]).args(selected).args(["--edges", edges, "--prefix", "none", "--no-dedupe"]);
    let output = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn found(packages: &str, name: &str) -> bool {
    packages.lines().any(|line| line.split(' ').next() == Some(name))
}

#[test]
fn no_charm_links_tls() {
    for charm in ["webcharm", "pgbouncer", "backup-target", "backup-integrator", "velero-integrator", "example-pooler"]
    {
        let packages = of(["-p", charm], "normal,build");
        assert!(found(&packages, charm), "{charm} is missing from:\n{packages}");
        assert!(!found(&packages, "rustls"), "{charm} links rustls");
    }
}

#[test]
fn no_other_package_links_kube() {
    let packages = packages_without_explain();
    assert!(packages.lines().any(|line| line.starts_with("webcharm v")), "the charm is missing from:\n{packages}");
    for name in ["kube", "kube-client", "kube-core", "explain"] {
        assert!(!found(&packages, name), "only explain may depend on {name}");
    }
    let others = tree(&["explain", "velero-integrator", "velero-manifest"]);
    assert!(!found(&others, "k8s-openapi"), "only explain and Velero's manifests may depend on k8s-openapi");
}
