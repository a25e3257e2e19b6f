//! Programs that run in a pod don't link reqwest: the charm, the hook tools' double and the supervisor.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that runs cargo")]

use std::process::Command;

/// Packages that `package` links or builds with; those of its tests are left out.
fn packages(package: &str) -> String {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let mut tree = Command::new(cargo);
    tree.args(["tree", "--locked", "--package", package, "--edges", "normal,build", "--prefix", "none", "--no-dedupe"]);
    let output = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn has(packages: &str, name: &str) -> bool {
    packages.lines().any(|line| line.split(' ').next() == Some(name))
}

#[test]
fn neither_the_charm_nor_the_supervisor_links_the_client() {
    for package in
        ["webcharm", "supervisor", "webcharm-pebble", "webcharm-juju", "webcharm-juju-testing", "pack", "rock"]
    {
        let packages = packages(package);
        assert!(has(&packages, package), "{package} is missing from:\n{packages}");
        for name in ["reqwest", "http-client", "url"] {
            assert!(!has(&packages, name), "{package} may not depend on {name}");
        }
    }
}

#[test]
fn the_client_has_no_tls_and_no_second_version_of_http() {
    let packages = packages("http-client");
    assert!(has(&packages, "reqwest"), "reqwest is missing from:\n{packages}");
    assert!(!has(&packages, "h2"), "the client may not depend on h2");
}

#[test]
fn the_playground_has_no_tls() {
    let packages = packages("playground");
    for name in ["rustls", "native-tls", "openssl-sys", "aws-lc-rs"] {
        assert!(!has(&packages, name), "the playground may not depend on {name}");
    }
}
