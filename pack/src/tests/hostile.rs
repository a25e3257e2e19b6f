//! Hostile projects: paths that lead outside, control characters, and input without end.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

/// A folder `project` with `text` as its charmcraft.yaml, in a temporary folder.
fn hostile(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let project = dir.path().join("project");
    fs::create_dir(&project).unwrap();
    fs::write(project.join("charmcraft.yaml"), text).unwrap();
    (dir, project)
}

const PLAIN: &str = "{name: x, base: ubuntu@24.04, platforms: {amd64: null}, containers: {flask-app: {}}}";

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn fifo(path: &Path) {
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
}

fn refused(project: &Path) -> String {
    Charm::with_dispatch(project, Vec::new()).unwrap_err().to_string()
}

#[test]
fn a_label_or_a_name_leads_to_no_other_folder() {
    for (label, shown) in [("../../x", "../../x"), ("/tmp/x", "/tmp/x"), ("\"a\\nb\"", "a\\nb"), ("\"\"", "")] {
        let (_dir, project) = hostile(&PLAIN.replace("amd64: null", &format!("{label}: {{build-for: amd64}}")));
        assert!(
            refused(&project).starts_with(&format!("charmcraft.yaml has the platform {shown}: take up to 64 letters"))
        );
        let found: Vec<String> = lint(&project).unwrap().iter().map(Finding::to_string).collect();
        assert!(found.iter().any(|told| told.contains(&format!("{shown} is no name for a platform"))), "{found:?}");
    }
    let (_dir, project) = hostile(&PLAIN.replace("name: x", "name: ../../x"));
    assert!(refused(&project).starts_with("charmcraft.yaml has the name ../../x: "));
}

#[test]
fn no_link_out_of_the_project_is_shipped() {
    for name in [
        "LICENSE",
        "README.md",
        "icon.svg",
        "paas-config.yaml",
        "webcharm.yaml",
        "cos_custom/grafana_dashboards/a.json",
    ] {
        let (dir, project) = hostile(PLAIN);
        let secret = dir.path().join("secret");
        fs::write(&secret, "secret").unwrap();
        fs::create_dir_all(project.join(name).parent().unwrap()).unwrap();
        symlink(&secret, project.join(name)).unwrap();
        assert!(refused(&project).contains(&format!("{name} is a symbolic link, which isn't followed")));
    }
    let (dir, project) = hostile(PLAIN);
    symlink(dir.path(), project.join("cos_custom")).unwrap();
    assert!(refused(&project).contains("cos_custom is a symbolic link"));
    fs::remove_file(project.join("cos_custom")).unwrap();
    for file in ["src/charm.py", "charmcraft.yaml"] {
        let (dir, project) = hostile(PLAIN);
        let _ = fs::remove_file(project.join(file));
        fs::create_dir_all(project.join("src")).unwrap();
        symlink(dir.path().join("secret"), project.join(file)).unwrap();
        assert!(lint(&project).unwrap_err().to_string().contains(&format!("{file} is a symbolic link")));
    }
}

#[test]
fn lint_and_pack_refuse_a_fifo_by_name_instead_of_waiting() {
    for name in ["charmcraft.yaml", "src/charm.py", "paas-config.yaml", "webcharm.yaml", "metadata.yaml"] {
        let (_dir, project) = hostile(PLAIN);
        let _ = fs::remove_file(project.join(name));
        fs::create_dir_all(project.join("src")).unwrap();
        fifo(&project.join(name));
        let error = lint(&project).unwrap_err().to_string();
        assert_eq!(error, format!("{} is a FIFO, not a file", project.join(name).display()));
    }
    let (_dir, project) = hostile(PLAIN);
    fifo(&project.join("LICENSE"));
    assert!(refused(&project).ends_with("LICENSE is a FIFO, not a file"));
    fifo(&project.join("dispatch"));
    let error = Charm::read(&project, &project.join("dispatch")).unwrap_err().to_string();
    assert!(error.ends_with("dispatch is a FIFO, not a file"), "{error}");
    assert!(
        entry(&project.join("dispatch"), "dispatch")
            .unwrap_err()
            .to_string()
            .ends_with("dispatch is a FIFO, not a file")
    );
}

#[test]
fn init_refuses_a_fifo_by_name_instead_of_waiting() {
    for name in
        ["requirements.txt", "pyproject.toml", "go.mod", "pom.xml", "app/package.json", "rockcraft.yaml", "app.py"]
    {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("app")).unwrap();
        fifo(&dir.path().join(name));
        if name != "requirements.txt" {
            fs::write(dir.path().join("requirements.txt"), "flask\n").unwrap();
        }
        let error = init(dir.path(), None).unwrap_err().to_string();
        // With a named framework, only that framework's files are read.
        assert_eq!(error, format!("{} is a FIFO, not a file", dir.path().join(name).display()));
    }
}

#[test]
fn init_writes_through_no_link() {
    let dir = tempfile::tempdir().unwrap();
    let (outside, project) = (dir.path().join("outside"), dir.path().join("project"));
    fs::create_dir(&outside).unwrap();
    fs::create_dir(&project).unwrap();
    fs::write(project.join("requirements.txt"), "flask\n").unwrap();
    symlink("../outside", project.join("charm")).unwrap();
    let error = init(&project, None).unwrap_err().to_string();
    assert!(error.contains("charm is a symbolic link, which isn't followed"), "{error}");
    assert_eq!(names(&outside), [] as [&str; 0]);
}

#[test]
fn a_name_with_a_line_break_puts_no_keys_into_what_init_writes() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("requirements.txt"), "flask\n").unwrap();
    fs::write(dir.path().join("rockcraft.yaml"), "name: \"x\\ntype: evil\"\n").unwrap();
    let error = init(dir.path(), None).unwrap_err().to_string();
    assert!(error.starts_with("rockcraft.yaml has the name x\\ntype: evil: take up to 64 letters"), "{error}");
    assert_eq!(names(dir.path()), ["requirements.txt", "rockcraft.yaml"]);
    // The program's name is a folder's, which can be any text.
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("cmd/a: b\nplatforms: evil");
    fs::create_dir_all(&program).unwrap();
    fs::write(dir.path().join("go.mod"), "module x\n").unwrap();
    fs::write(program.join("main.go"), "package main\n").unwrap();
    let project = init(dir.path(), None).unwrap();
    assert_eq!(project.how.as_deref(), Some("the program a: b\\nplatforms: evil"));
    let text = fs::read_to_string(dir.path().join("rockcraft.yaml")).unwrap();
    let rock: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    assert!(rock["platforms"].is_mapping(), "{text}");
    let organize = rock["parts"]["go-framework/install-app"]["organize"].as_mapping().unwrap();
    assert_eq!(organize.keys().map(|key| key.as_str().unwrap()).collect::<Vec<_>>(), ["bin/a: b\nplatforms: evil"]);
}

#[test]
fn a_projects_text_is_escaped_in_findings_and_errors() {
    let (_dir, project) = hostile("{name: x, \"\\e[31mkey\\u202e\": 1}");
    let found: Vec<String> = lint(&project).unwrap().iter().map(Finding::to_string).collect();
    assert!(found.iter().any(|told| told.contains("has no key \\u{1b}[31mkey\\u{202e}")), "{found:?}");
    assert!(found.iter().all(|told| !told.contains(['\u{1b}', '\u{202e}'])), "{found:?}");
    let (_dir, project) = hostile(PLAIN);
    fs::create_dir(project.join("src")).unwrap();
    fs::write(project.join("src/charm.py"), "print('\u{1b}]0;title\u{7}')\n").unwrap();
    assert!(refused(&project).contains("`print('\\u{1b}]0;title\\u{7}')`"), "{}", refused(&project));
    let dir = tempfile::tempdir().unwrap();
    let start = r#"{"name": "x", "scripts": {"start": "\u001b[2J"}, "dependencies": {"express": "5"}}"#;
    fs::create_dir(dir.path().join("app")).unwrap();
    fs::write(dir.path().join("app/package.json"), start).unwrap();
    assert_eq!(init(dir.path(), None).unwrap().how.as_deref(), Some("by npm start: \\u{1b}[2J"));
}

#[test]
fn files_over_the_limit_are_refused_before_they_are_read() {
    let (_dir, project) = hostile(PLAIN);
    let large = fs::File::options().write(true).open(project.join("charmcraft.yaml")).unwrap();
    large.set_len(50 << 20).unwrap();
    let error = lint(&project).unwrap_err().to_string();
    assert!(error.ends_with(
        "charmcraft.yaml is larger than 1048576 bytes, the most that is read of such a file: make it smaller"
    ));
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("requirements.txt"), "flask-login\n".repeat((40 << 20) / 12)).unwrap();
    let error = init(dir.path(), None).unwrap_err().to_string();
    assert!(error.contains("requirements.txt is larger than 1048576 bytes"), "{error}");
    let (_dir, project) = hostile(PLAIN);
    fs::File::create(project.join("README.md")).unwrap().set_len(1 << 40).unwrap();
    assert!(refused(&project).contains("README.md is larger than 67108864 bytes"), "{}", refused(&project));
}

#[test]
fn a_folder_of_dashboards_that_is_too_deep_is_refused() {
    let (_dir, project) = hostile(PLAIN);
    let deep = format!("cos_custom/{}", "d/".repeat(200));
    fs::create_dir_all(project.join(deep)).unwrap();
    assert!(refused(&project).contains("more than 128 folders deep"), "{}", refused(&project));
}

#[test]
fn a_thousand_wrong_keys_all_have_findings_and_the_first_have_lines() {
    let keys: String = (0..1000).map(|number| format!("k{number}: 1\n")).collect();
    let (_dir, project) = hostile(&keys);
    let found = lint(&project).unwrap();
    let unknown: Vec<_> = found.iter().filter(|finding| finding.what.contains("has no key k")).collect();
    assert_eq!((unknown.len(), unknown.iter().filter(|finding| finding.line.is_some()).count()), (1000, 100));
}

#[test]
fn yaml_of_brackets_and_of_aliases_is_refused_at_once() {
    let (_dir, project) = hostile(&"[".repeat(200 << 10));
    let told: Vec<String> = lint(&project).unwrap().iter().map(Finding::to_string).collect();
    let limit = "charmcraft.yaml: this can't be read: it has more than 10000 brackets: write lists and mappings in lines: mend it";
    assert_eq!(told, [limit]);
    let copies = format!("a: &a {}\nb:\n{}", "x".repeat(500 << 10), "  - *a\n".repeat(50));
    fs::write(project.join("charmcraft.yaml"), copies).unwrap();
    let told: Vec<String> = lint(&project).unwrap().iter().map(Finding::to_string).collect();
    assert!(told.len() == 1 && told[0].contains("with every use of an alias counted"), "{told:?}");
    let (_dir, project) = hostile(PLAIN);
    for file in ["paas-config.yaml", "webcharm.yaml"] {
        fs::write(project.join(file), "[".repeat(200 << 10)).unwrap();
    }
    let found = lint(&project).unwrap();
    for file in ["paas-config.yaml", "webcharm.yaml"] {
        assert!(found.iter().any(|one| one.file == file && one.to_string().contains("brackets")), "{found:?}");
    }
    let refused = Charm::with_dispatch(&project, Vec::new()).unwrap_err().to_string();
    assert!(refused.contains("webcharm.yaml: the file can't be read: it has more than 10000 brackets"), "{refused}");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("requirements.txt"), "flask\n").unwrap();
    fs::write(dir.path().join("rockcraft.yaml"), "[".repeat(200 << 10)).unwrap();
    assert_eq!(init(dir.path(), None).unwrap().kept, [dir.path().join("rockcraft.yaml")], "it's the author's");
}
