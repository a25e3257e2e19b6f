//! The packer compared with PyPI's charmcraft. Long, and in need of the network:
//! `cargo test -p pack --test charmcraft -- --ignored`.
//!
//! charmcraft is installed once, below Cargo's folder for tests. Its output for the projects in `tests/projects` are
//! the goldens of the unit tests; these tests check that charmcraft still prints the same.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "a test that runs programs")]

#[path = "charmcraft/root.rs"]
mod root;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_yaml::{Mapping, Value};

const VERSION: &str = "4.5.0";

/// Debian's Python: charmcraft needs the module `apt`, which is built for this Python only.
const PYTHON: &str = "/usr/bin/python3";

fn ran(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}{}", text(&output.stdout), text(&output.stderr));
    output
}

/// The path of charmcraft, which is installed on the first call.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("charmcraft-{VERSION}"));
        let program = venv.join("bin/charmcraft");
        if !program.is_file() {
            ran(Command::new(PYTHON).args(["-m", "venv"]).arg(&venv));
            ran(Command::new(venv.join("bin/pip")).args(["install", "-q", &format!("charmcraft=={VERSION}")]));
            lend_apt(&venv);
        }
        program
    })
}

/// Links Debian's module `apt` into the venv, where it is installed.
fn lend_apt(venv: &Path) {
    let lib = fs::read_dir(venv.join("lib")).unwrap().next().unwrap().unwrap().path();
    for entry in fs::read_dir("/usr/lib/python3/dist-packages").into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("apt") {
            let link = lib.join("site-packages").join(&name);
            if link.symlink_metadata().is_err() {
                std::os::unix::fs::symlink(entry.path(), link).unwrap();
            }
        }
    }
}

/// Runs charmcraft in `dir`; its logs and caches go to a temporary folder.
fn charmcraft(dir: &Path, args: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(program());
    command.args(args).current_dir(dir).env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
    command.env("CHARMCRAFT_ENABLE_EXPERIMENTAL_EXTENSIONS", "1").envs(tool_chain());
    String::from_utf8(ran(&mut command).stdout).unwrap()
}

/// Environment of a part's build: charmcraft's `craftctl` and this machine's Rust. Link-time optimisation is off, since
/// a test's binary need not be small.
fn tool_chain() -> Vec<(&'static str, OsString)> {
    let path = std::env::var_os("PATH").unwrap();
    let bin = std::iter::once(program().parent().unwrap().to_owned());
    let home = |variable, folder| {
        std::env::var_os(variable).unwrap_or_else(|| Path::new(&std::env::var_os("HOME").unwrap()).join(folder).into())
    };
    vec![
        ("PATH", std::env::join_paths(bin.chain(std::env::split_paths(&path))).unwrap()),
        ("CARGO_HOME", home("CARGO_HOME", ".cargo")),
        ("RUSTUP_HOME", home("RUSTUP_HOME", ".rustup")),
        ("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("charmcraft-target").into()),
        ("CARGO_PROFILE_RELEASE_LTO", "off".into()),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16".into()),
    ]
}

fn projects() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
#[ignore = "installs charmcraft: long, and in need of the network"]
fn the_goldens_are_what_charmcraft_prints() {
    for project in projects() {
        let dir = tempfile::tempdir().unwrap();
        fs::copy(project.join("charmcraft.yaml"), dir.path().join("charmcraft.yaml")).unwrap();
        let expanded = charmcraft(dir.path(), &["expand-extensions"]);
        testkit::assert_golden(project.join("expanded.yaml"), &expanded);
    }
}

/// charmcraft's verdict on each project of `tests/corpus`, by its own models.
#[test]
#[ignore = "installs charmcraft: long, and in need of the network"]
fn the_golden_verdicts_are_charmcrafts() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut archives: Vec<PathBuf> = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    archives.retain(|path| path.extension().is_some_and(|end| end == "txtar"));
    archives.sort();
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(program().with_file_name("python"));
    command.arg(corpus.join("verdicts.py")).args(archives).env("HOME", home.path());
    command.env("CHARMCRAFT_ENABLE_EXPERIMENTAL_EXTENSIONS", "1");
    let verdicts = String::from_utf8(ran(&mut command).stdout).unwrap();
    testkit::assert_golden(corpus.join("verdicts.txt"), &verdicts);
}

/// The old form: charmcraft packs the files beside `charmcraft.yaml` as they are, and names the bases to run on in its
/// manifest. Its build is left out: it needs a machine of such a base.
#[test]
#[ignore = "installs charmcraft: long, and in need of the network"]
fn the_old_form_has_charmcrafts_metadata_and_manifest() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/charmcraft/files.py");
    let u22 = "bases:\n  - build-on: [{name: ubuntu, channel: \"22.04\"}]\n    run-on: [{name: ubuntu, channel: \"22.04\"}]\n";
    let head = "name: small\ntype: charm\nsummary: Small\ndescription: A small charm.\ntitle: Small\n";
    let metadata = "name: small\nsummary: Small\ndescription: A small charm.\nmaintainer: Me <me@example.com>\n\
                    containers: {app: {resource: image}}\nresources: {image: {type: oci-image}}\n";
    for files in [
        vec![("charmcraft.yaml", format!("{head}{u22}extensions: [flask-framework]\n"))],
        vec![(
            "charmcraft.yaml",
            format!("{head}{u22}extensions: [django-framework]\nrequires: {{db: {{interface: pgsql}}}}\n"),
        )],
        vec![
            (
                "charmcraft.yaml",
                format!("type: charm\n{}", u22.replace("run-on: [", "run-on: [{name: ubuntu, channel: \"20.04\"}, ")),
            ),
            ("metadata.yaml", metadata.to_owned()),
            ("config.yaml", "options: {word: {type: string, default: a}}\n".to_owned()),
            ("actions.yaml", "dump: {description: Dumps it.}\n".to_owned()),
            ("webcharm.yaml", "framework: flask\n".to_owned()),
        ],
    ] {
        let dir = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| fs::write(dir.path().join(name), text).unwrap());
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(program().with_file_name("python"));
        let output = ran(command.arg(&script).arg(dir.path()).env("HOME", home.path())).stdout;
        let theirs: Mapping = serde_yaml::from_slice(&output).unwrap();
        let charm = pack::Charm::with_dispatch(dir.path(), Vec::new()).unwrap();
        let architecture = pack::architecture(&fs::read(std::env::current_exe().unwrap()).unwrap()).unwrap();
        let here = charm.platforms.iter().find(|platform| platform.architecture == architecture).unwrap();
        assert_eq!(theirs["file"], Value::from(here.file_name(&charm.name)));
        let ours = charm.on(here, Vec::new());
        let document = |name: &str| serde_yaml::from_slice::<Value>(&ours.files[name].content).unwrap();
        assert_eq!(document("manifest.yaml")["bases"], theirs["manifest.yaml"]["bases"]);
        for name in ["metadata.yaml", "config.yaml", "actions.yaml"] {
            assert_eq!(document(name), theirs[name], "{name}");
        }
    }
}

#[test]
#[ignore = "installs charmcraft: long, and in need of the network"]
fn charmcraft_finds_no_fault_with_our_charm() {
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("dispatch");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/projects/flask-grown");
    pack::charm(&project, &binary, &dir.path().join("ours.charm")).unwrap();
    let found = charmcraft(dir.path(), &["analyse", "--format=json", "ours.charm"]);
    let found: Vec<serde_json::Value> = serde_json::from_str(&found).unwrap();
    let wrong: Vec<_> =
        found.iter().filter(|check| ["error", "fatal"].contains(&check["result"].as_str().unwrap())).collect();
    assert!(!found.is_empty() && wrong.is_empty(), "{wrong:?}");
}

/// For each framework, an application that `init` recognises.
const APPLICATIONS: [(&str, &str, &str); 6] = [
    ("flask", "requirements.txt", "flask"),
    ("django", "requirements.txt", "django"),
    ("fastapi", "requirements.txt", "fastapi"),
    ("go", "go.mod", "module hello"),
    ("expressjs", "app/package.json", r#"{"dependencies": {"express": "5"}}"#),
    ("spring-boot", "pom.xml", "<project/>"),
];

fn written(file: &str, text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join(file).parent().unwrap()).unwrap();
    fs::write(dir.path().join(file), text).unwrap();
    dir
}

/// Asserts that the files Juju reads are the same in `ours` and in the `.charm` file `theirs`.
fn assert_same(ours: &pack::Charm, theirs: &Path) {
    for file in ["metadata.yaml", "config.yaml", "actions.yaml"] {
        let theirs: Value = serde_yaml::from_slice(&pack::entry(theirs, file).unwrap()).unwrap();
        let ours: Value = serde_yaml::from_slice(&ours.files[file].content).unwrap();
        assert_eq!(ours, theirs, "{file}");
    }
}

/// Packs a project of `init` with both. charmcraft builds for this machine's release only, so after it has expanded the
/// extension, the base is replaced by this machine's and the Python charm by a file.
#[test]
#[ignore = "installs charmcraft: long, and in need of the network and of Debian with python3-apt"]
fn charmcraft_packs_the_project_of_init_into_the_same_charm() {
    for (framework, file, text) in APPLICATIONS {
        let dir = written(file, text);
        let project = pack::init(dir.path(), None).unwrap();
        assert_eq!(project.framework.name(), framework);
        let ours = pack::Charm::with_dispatch(&project.charm, b"#!/bin/sh\n".to_vec()).unwrap();
        let expanded = charmcraft(&project.charm, &["expand-extensions"]);
        assert_same(&ours, &packed(&expanded, &ours.name, dir.path()));
    }
}

/// The `.charm` file that charmcraft packs of an expanded project, in a folder of `dir`.
fn packed(expanded: &str, name: &str, dir: &Path) -> PathBuf {
    let mut expanded: Mapping = serde_yaml::from_str(expanded).unwrap();
    on_this_machine(&mut expanded);
    let parts = "{all: {plugin: dump, source: ., prime: [dispatch]}}";
    expanded.insert("parts".into(), serde_yaml::from_str(parts).unwrap());
    expanded.remove("charm-libs");
    let built = dir.join("built");
    fs::create_dir(&built).unwrap();
    fs::write(built.join("charmcraft.yaml"), serde_yaml::to_string(&expanded).unwrap()).unwrap();
    fs::write(built.join("dispatch"), "#!/bin/sh\n").unwrap();
    charmcraft(&built, &["pack", "--destructive-mode"]);
    built.join(format!("{name}_{}.charm", here().replace(':', "-")))
}

/// The project that charmcraft writes for each of its profiles lints clean and packs, and Juju reads the same from it
/// as from charmcraft's own charm.
#[test]
#[ignore = "installs charmcraft: long, and in need of the network and of Debian with python3-apt"]
fn projects_of_charmcraft_init_are_packed() {
    for (framework, ..) in APPLICATIONS {
        let dir = tempfile::tempdir().unwrap();
        let profile = format!("--profile={framework}-framework");
        charmcraft(dir.path(), &["init", &profile, "--name=hello", "--author=Author"]);
        assert!(dir.path().join("src/charm.py").is_file() && dir.path().join("requirements.txt").is_file());
        let refused: Vec<_> = pack::lint(dir.path()).unwrap().into_iter().filter(pack::Finding::is_refusal).collect();
        assert_eq!(refused, [], "{framework}");
        let ours = pack::Charm::with_dispatch(dir.path(), b"#!/bin/sh\n".to_vec()).unwrap();
        assert_eq!(ours.framework.map(pack::Framework::name), Some(framework));
        let expanded = charmcraft(dir.path(), &["expand-extensions"]);
        assert_same(&ours, &packed(&expanded, &ours.name, dir.path()));
    }
}

/// Makes this machine the only platform of `project`: charmcraft builds for the release it runs on only.
fn on_this_machine(project: &mut Mapping) {
    project.remove("base");
    project.insert("platforms".into(), serde_yaml::from_str(&format!("{{\"{}\": null}}", here())).unwrap());
}

/// This machine as a platform, such as `debian@12:amd64`.
fn here() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap();
    let value = |key: &str| {
        let line = release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap().trim_matches('"').to_owned()
    };
    let architecture = pack::architecture(&fs::read(std::env::current_exe().unwrap()).unwrap()).unwrap();
    format!("{}@{}:{architecture}", value("ID"), value("VERSION_ID"))
}
