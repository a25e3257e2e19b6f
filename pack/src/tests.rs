//! The packer on this repository's sample and on incomplete projects.

use std::fs;

use serde_yaml::Value;

use super::*;

fn sample() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/flask"))
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
fn the_sample_has_the_files_that_juju_reads() {
    let project = project(&std::fs::read_to_string(sample().join("charmcraft.yaml")).unwrap());
    ["README.md", "LICENSE"].iter().for_each(|name| std::fs::write(project.path().join(name), "text").unwrap());
    let charm = Charm::with_dispatch(project.path(), b"binary".to_vec()).unwrap();
    assert_eq!((charm.name.as_str(), charm.framework), ("flask-k8s", Some(Framework::Flask)));
    for name in [
        "metadata.yaml",
        "config.yaml",
        "actions.yaml",
        "manifest.yaml",
        "webcharm.yaml",
        "README.md",
        "LICENSE",
        "dispatch",
    ] {
        assert!(charm.files.contains_key(name), "{name}");
        assert_eq!(charm.files[name].executable, name == "dispatch", "{name}");
    }
    let metadata = document(&charm, "metadata.yaml");
    assert_eq!(metadata["containers"]["flask-app"]["resource"], "flask-app-image");
    assert_eq!(metadata["display-name"], "Flask sample");
    assert!(metadata.get("parts").is_none() && metadata.get("config").is_none());
    assert_eq!(document(&charm, "config.yaml")["options"]["webserver-workers"]["type"], "int");
    assert_eq!(charm.files["webcharm.yaml"].content, b"framework: flask\n", "as charmcraft's parts write it");
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
fn the_error_names_the_missing_key_or_file() {
    let empty = tempfile::tempdir().unwrap();
    let message = |result: Result<Charm, Error>| result.unwrap_err().to_string();
    assert!(message(Charm::with_dispatch(empty.path(), Vec::new())).contains("there is no charmcraft.yaml"));
    assert!(message(packed("[")).contains("charmcraft.yaml"));
    assert!(message(packed("{summary: s}")).contains("a name"));
    assert!(
        message(packed("{name: x, extensions: [rails-framework]}")).contains("there is no extension rails-framework")
    );
    assert!(message(packed("{name: x, containers: {flask-app: {}}}")).contains("a base"));
    let missing = Charm::read(sample(), Path::new("/no/such/dispatch")).unwrap_err();
    assert!(missing.to_string().contains("/no/such/dispatch"));
}

#[test]
fn a_webcharm_yaml_beside_it_names_the_framework() {
    let dir = project("{name: x, base: ubuntu@24.04, platforms: {amd64: null}, containers: {app: {}}}");
    fs::write(dir.path().join("webcharm.yaml"), "framework: spring-boot\nlistens-within: 30\n").unwrap();
    let charm = Charm::with_dispatch(dir.path(), Vec::new()).unwrap();
    assert_eq!(charm.framework, Some(Framework::SpringBoot));
    assert!(charm.files["webcharm.yaml"].content.ends_with(b"listens-within: 30\n"), "taken over whole");
}

#[test]
fn containers_of_the_authors_own_their_users_and_the_charms_are_passed_on() {
    let project = "{name: x, base: ubuntu@24.04, platforms: {amd64: null}, charm-user: non-root, \
                   containers: {flask-app: {resource: image, uid: 584792, gid: 584792}, cache: {resource: redis, uid: 10}}, \
                   resources: {image: {type: oci-image}, redis: {type: oci-image}}, assumes: [juju >= 3.6]}";
    let charm = packed(project).unwrap();
    let (metadata, written) = (document(&charm, "metadata.yaml"), serde_yaml::from_str::<Value>(project).unwrap());
    for key in ["charm-user", "containers", "resources", "assumes"] {
        assert_eq!(metadata[key], written[key], "{key}");
    }
    assert_eq!(charm.framework, Some(Framework::Flask));
}

#[test]
fn a_charm_of_the_authors_own_has_no_framework_and_the_files_of_its_dump_parts() {
    let dir = project(
        "{name: x, base: ubuntu@24.04, platforms: {amd64: null}, parts: {x: {plugin: rust, source: ., organize: \
         {bin/x: dispatch}}, files: {plugin: dump, source: files, prime: [-notes]}}}",
    );
    fs::create_dir_all(dir.path().join("files/templates")).unwrap();
    for (name, mode) in [("files/templates/a.conf", 0o644), ("files/run", 0o755), ("files/notes", 0o644)] {
        use std::os::unix::fs::PermissionsExt;
        fs::write(dir.path().join(name), name).unwrap();
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/charm.py"), "import requests\n").unwrap();
    let charm = Charm::with_dispatch(dir.path(), b"binary".to_vec()).unwrap();
    assert_eq!(charm.framework, None);
    let files: Vec<(&str, bool)> = charm.files.iter().map(|(name, file)| (name.as_str(), file.executable)).collect();
    let expected = [
        ("actions.yaml", false),
        ("config.yaml", false),
        ("dispatch", true),
        ("manifest.yaml", false),
        ("metadata.yaml", false),
        ("run", true),
        ("templates/a.conf", false),
    ];
    assert_eq!(files, expected);
}

#[test]
fn every_platform_has_its_own_file() {
    let charm =
        packed("{name: x, base: ubuntu@24.04, platforms: {amd64: null, arm64: null}, containers: {django-app: {}}}")
            .unwrap();
    let names: Vec<String> = charm.platforms.iter().map(|platform| platform.file_name(&charm.name)).collect();
    assert_eq!(names, ["x_amd64.charm", "x_arm64.charm"]);
    assert_eq!(document(&charm, "manifest.yaml")["bases"].as_sequence().unwrap().len(), 2);
    let arm = charm.on(&charm.platforms[1], b"other".to_vec());
    let bases = &document(&arm, "manifest.yaml")["bases"];
    assert_eq!((bases.as_sequence().unwrap().len(), &bases[0]["architectures"][0]), (1, &"arm64".into()));
    assert_eq!((arm.files["dispatch"].content.as_slice(), arm.platforms.len()), (&b"other"[..], 1));
}

/// A project as `charmcraft init --profile flask-framework` writes it, with an author's additions.
fn python_project() -> tempfile::TempDir {
    let dir = project(include_str!("../tests/projects/flask-grown/charmcraft.yaml"));
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("requirements.txt", "paas-charm>=1.0,<2\n");
    write(
        "src/charm.py",
        "import ops\nimport paas_charm.flask\n\nclass X(paas_charm.flask.Charm):\n    \"\"\"X.\"\"\"\n",
    );
    write("lib/charms/traefik_k8s/v2/ingress.py", "x = 1\n");
    write("cos_custom/grafana_dashboards/mine.json", "{}");
    write("paas-config.yaml", "framework_logging_format: json\n");
    write("icon.svg", "<svg/>");
    dir
}

#[test]
fn a_project_of_the_python_charm_is_packed_as_it_is() {
    let dir = python_project();
    let charm = Charm::with_dispatch(dir.path(), b"binary".to_vec()).unwrap();
    assert_eq!((charm.name.as_str(), charm.framework), ("grown-flask", Some(Framework::Flask)));
    let files: Vec<&str> = charm.files.keys().map(String::as_str).collect();
    let expected = [
        "actions.yaml",
        "config.yaml",
        "cos_custom/grafana_dashboards/mine.json",
        "dispatch",
        "icon.svg",
        "manifest.yaml",
        "metadata.yaml",
        "paas-config.yaml",
        "webcharm.yaml",
    ];
    assert_eq!(files, expected);
    let metadata = document(&charm, "metadata.yaml");
    assert_eq!(metadata["display-name"], "A grown application");
    assert_eq!(metadata["maintainers"][1], "Another");
    assert_eq!((&metadata["docs"], &metadata["charm-user"]), (&"https://docs.example.com/".into(), &"non-root".into()));
    assert_eq!(metadata["peers"]["secret-storage"]["interface"], "secret-storage");
    assert_eq!(document(&charm, "config.yaml")["options"]["oidc-scopes"]["default"], "openid profile email");
    assert_eq!(document(&charm, "actions.yaml")["hello"]["required"][0], "to");
}

#[test]
fn code_of_the_authors_own_is_refused() {
    let dir = python_project();
    let path = dir.path().join("src/charm.py");
    fs::write(&path, "import requests\nrequests.get('x')\n").unwrap();
    let error = Charm::with_dispatch(dir.path(), Vec::new()).unwrap_err().to_string();
    assert!(error.contains("src/charm.py:2: ") && error.contains("requests.get('x')"), "{error}");
    assert!(error.contains("charmcraft pack"), "{error}");
}

#[test]
fn code_with_a_counterpart_is_packed_as_declarations_beside_the_author_s() {
    let dir = project(
        "{name: x, type: charm, summary: x, description: x, base: ubuntu@24.04, platforms: {amd64: null}, \
         extensions: [go-framework], actions: {load: {description: x}}}",
    );
    let code = "import ops\nimport paas_charm.go\nfrom paas_charm.app import App\n\n\nclass X(paas_charm.go.Charm):\n    \
        def __init__(self, *args):\n        super().__init__(*args)\n        \
        self.framework.observe(self.on.load_action, self._load)\n\n    def _load(self, event):\n        \
        self._container.exec([\"load\"], service_context=\"go\").wait()\n\n    def _create_app(self) -> App:\n        \
        return App(container=self._container, charm_state=self._create_charm_state(), \
        workload_config=self._workload_config, database_migration=self._database_migration, configuration_prefix=\"\")\n\n\n\
        ops.main(X)\n";
    fs::create_dir(dir.path().join("src")).unwrap();
    fs::write(dir.path().join("src/charm.py"), code).unwrap();
    fs::write(dir.path().join("webcharm.yaml"), "variables: {A: x}\n").unwrap();
    let charm = Charm::with_dispatch(dir.path(), Vec::new()).unwrap();
    let expected = "{variables: {A: x}, framework: go, prefixes: {options: ''}, \
        actions: {load: {command: load, timeout: 168h, service-context: go}}}";
    let declared = document(&charm, "webcharm.yaml");
    assert_eq!(declared, serde_yaml::from_str::<Value>(expected).unwrap());
    switches::Switches::parse(&charm.files["webcharm.yaml"].content).unwrap();
    let found: Vec<String> = lint(dir.path()).unwrap().iter().map(ToString::to_string).collect();
    assert!(
        matches!(&found[..], [action, app] if action.contains(":9: advice: ") && app.contains("`prefixes: {options: \"\"}`")),
        "{found:#?}"
    );
}

mod hostile;

#[test]
fn a_webcharm_yaml_that_would_block_the_charm_is_not_packed() {
    let text = "{name: x, type: charm, summary: x, description: x, base: ubuntu@24.04, platforms: {amd64: null}, \
        extensions: [go-framework], actions: {sing: {description: x}}}";
    let dir = project(text);
    fs::write(dir.path().join("webcharm.yaml"), "# ours\nactions: {sing: {command: sing}}\n").unwrap();
    let charm = Charm::with_dispatch(dir.path(), Vec::new()).unwrap();
    assert_eq!(document(&charm, "webcharm.yaml")["framework"], "go");
    assert_eq!(document(&charm, "webcharm.yaml")["actions"]["sing"]["command"], "sing");
    fs::write(dir.path().join("webcharm.yaml"), "actions: {dance: {command: dance}}\n").unwrap();
    let error = Charm::with_dispatch(dir.path(), Vec::new()).unwrap_err().to_string();
    assert!(error.contains("webcharm.yaml:1: actions.dance: charmcraft.yaml declares no action dance"), "{error}");
}
