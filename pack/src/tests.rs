//! The packer against the sample of this repository and against projects that lack something.

use std::fs;

use serde_yaml::Value;

use super::*;

fn sample() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn project(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("charmcraft.yaml"), text).unwrap();
    dir
}

fn packed(text: &str) -> Result<Charm, Error> {
    Charm::with_dispatch(project(text).path(), b"binary".to_vec())
}

fn document(charm: &Charm, name: &str) -> Value {
    serde_yaml::from_slice(&charm.files[name].content).unwrap()
}

#[test]
fn the_sample_has_what_juju_reads() {
    let charm = Charm::with_dispatch(sample(), b"binary".to_vec()).unwrap();
    assert_eq!((charm.name.as_str(), charm.framework), ("flask-k8s", Framework::Flask));
    for name in ["metadata.yaml", "config.yaml", "actions.yaml", "manifest.yaml", "webcharm.yaml", "dispatch"] {
        assert!(charm.files.contains_key(name), "{name}");
        assert_eq!(charm.files[name].executable, name == "dispatch", "{name}");
    }
    let metadata = document(&charm, "metadata.yaml");
    assert_eq!(metadata["containers"]["flask-app"]["resource"], "flask-app-image");
    assert_eq!(metadata["display-name"], "Flask sample");
    assert!(metadata.get("parts").is_none() && metadata.get("config").is_none());
    assert_eq!(document(&charm, "config.yaml")["options"]["webserver-workers"]["type"], "int");
    assert_eq!(document(&charm, "webcharm.yaml")["framework"], "flask");
    let base = &document(&charm, "manifest.yaml")["bases"][0];
    assert_eq!((&base["name"], &base["channel"]), (&Value::from("ubuntu"), &Value::from("24.04")));
}

#[test]
fn every_predefined_option_of_flask_is_declared() {
    let charm = Charm::with_dispatch(sample(), Vec::new()).unwrap();
    let options = document(&charm, "config.yaml");
    for (name, kind) in [
        ("webserver-workers", "int"),
        ("webserver-threads", "int"),
        ("webserver-keepalive", "int"),
        ("webserver-timeout", "int"),
        ("webserver-worker-class", "string"),
        ("flask-application-root", "string"),
        ("flask-debug", "boolean"),
        ("flask-env", "string"),
        ("flask-permanent-session-lifetime", "int"),
        ("flask-preferred-url-scheme", "string"),
        ("flask-secret-key", "string"),
        ("flask-secret-key-id", "secret"),
        ("flask-session-cookie-secure", "boolean"),
        ("greeting", "string"),
        ("page-size", "int"),
    ] {
        assert_eq!(options["options"][name]["type"], kind, "{name}");
    }
}

#[test]
fn the_same_project_gives_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("dispatch");
    fs::write(&binary, "binary").unwrap();
    let (first, second) = (dir.path().join("a/1.charm"), dir.path().join("2.charm"));
    charm(sample(), &binary, &first).unwrap();
    charm(sample(), &binary, &second).unwrap();
    assert_eq!(fs::read(&first).unwrap(), fs::read(&second).unwrap());
    assert_eq!(entry(&first, "dispatch").unwrap(), b"binary");
    assert!(matches!(entry(&first, "nothing"), Err(Error::Archive { .. })));
    assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn unpacked_files_have_their_modes() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    Charm::with_dispatch(sample(), b"binary".to_vec()).unwrap().unpack(dir.path()).unwrap();
    let mode = |name: &str| fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("dispatch"), mode("metadata.yaml")), (0o755, 0o644));
}

#[test]
fn a_project_that_lacks_something_is_told_what() {
    let empty = tempfile::tempdir().unwrap();
    let message = |result: Result<Charm, Error>| result.unwrap_err().to_string();
    assert!(message(Charm::with_dispatch(empty.path(), Vec::new())).contains("there is no charmcraft.yaml"));
    assert!(message(packed("[")).contains("charmcraft.yaml"));
    assert!(message(packed("{summary: s}")).contains("a name"));
    assert!(message(packed("{name: x, extensions: [flask-framework]}")).contains("expand-extensions"));
    assert!(message(packed("{name: x, containers: {app: {}}}")).contains("webcharm.yaml"));
    assert!(message(packed("{name: x, containers: {flask-app: {}}}")).contains("a base"));
    let missing = Charm::read(sample(), Path::new("/no/such/dispatch")).unwrap_err();
    assert!(missing.to_string().contains("/no/such/dispatch"));
}

#[test]
fn a_webcharm_yaml_beside_it_names_the_framework() {
    let dir = project("{name: x, base: ubuntu@24.04, platforms: {amd64: null}, containers: {app: {}}}");
    fs::write(dir.path().join("webcharm.yaml"), "framework: spring-boot\nmode: reference\n").unwrap();
    let charm = Charm::with_dispatch(dir.path(), Vec::new()).unwrap();
    assert_eq!(charm.framework, Framework::SpringBoot);
    assert!(charm.files["webcharm.yaml"].content.ends_with(b"mode: reference\n"), "taken over whole");
}

#[test]
fn platforms_of_every_spelling_give_bases() {
    for (platforms, architecture) in [
        ("base: ubuntu@24.04, platforms: {arm64: }", "arm64"),
        ("platforms: {\"ubuntu@24.04:riscv64\": }", "riscv64"),
        ("base: ubuntu@24.04, platforms: {mine: {build-on: [amd64], build-for: [s390x]}}", "s390x"),
        ("base: ubuntu@24.04, platforms: {mine: {build-on: amd64, build-for: amd64}}", "amd64"),
    ] {
        let charm = packed(&format!("{{name: x, containers: {{django-app: {{}}}}, {platforms}}}")).unwrap();
        let base = &document(&charm, "manifest.yaml")["bases"][0];
        assert_eq!((&base["channel"], &base["architectures"][0]), (&"24.04".into(), &architecture.into()));
    }
}
