//! Projects written for each framework's folder: they lint clean, they pack, and existing files are kept.

use std::fs;

use super::*;
use crate::Finding;

/// Files' names and texts.
type Files = &'static [(&'static str, &'static str)];

fn application(name: &str, files: Files) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(name);
    fs::create_dir(&folder).unwrap();
    for (file, text) in files {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::write(folder.join(file), text).unwrap();
    }
    (dir, folder)
}

const FLASK: Files = &[("requirements.txt", "Flask\n"), ("app.py", "app = Flask(__name__)\n")];

/// For each framework: an application that rockcraft accepts, its name and its entry point.
const ALL: [(Framework, Files, &str, &str); 6] = [
    (Framework::Flask, FLASK, "my-site", "at app:app"),
    (
        Framework::Django,
        &[("requirements.txt", "django"), ("shop/manage.py", ""), ("shop/shop/wsgi.py", "application = 1")],
        "shop",
        "at shop.wsgi:application",
    ),
    (
        Framework::FastApi,
        &[("requirements.txt", "fastapi"), ("src/main.py", "app = FastAPI()")],
        "my-site",
        "at src.main:app",
    ),
    (
        Framework::Go,
        &[("go.mod", "module example.com/shop"), ("main.go", "package main")],
        "my-site",
        "the program shop",
    ),
    (
        Framework::ExpressJs,
        &[("app/package.json", r#"{"name": "x", "scripts": {"start": "node ."}, "dependencies": {"express": "5"}}"#)],
        "my-site",
        "by npm start: node .",
    ),
    (Framework::SpringBoot, &[("pom.xml", "<project/>")], "my-site", "built with Maven"),
];

#[test]
fn the_written_project_can_be_packed() {
    for (framework, files, name, how) in ALL {
        let (_dir, folder) = application("My Site", files);
        let project = init(&folder, None).unwrap();
        assert_eq!((project.framework, project.name.as_str(), project.how.as_deref()), (framework, name, Some(how)));
        assert_eq!((project.written.len(), project.kept.len(), project.remarks.as_slice()), (3, 0, &[][..]));
        let found = crate::lint(&folder.join("charm")).unwrap();
        let refused: Vec<_> = found.iter().filter(|finding| finding.is_refusal()).collect();
        assert!(refused.is_empty(), "{refused:?}");
        // Spring Boot's extension is experimental on every base: the only finding.
        let expected = usize::from(framework == Framework::SpringBoot);
        assert_eq!(found.iter().filter(|finding| finding.what.contains("experimental")).count(), expected, "{found:?}");
        assert_eq!(found.len(), expected);
        let charm = crate::Charm::with_dispatch(&folder.join("charm"), Vec::new()).unwrap();
        assert_eq!((charm.name, charm.framework), (format!("{name}-k8s"), Some(framework)));
        assert!(charm.files.contains_key("paas-config.yaml"));
    }
}

#[test]
fn the_written_files_are_whole_and_explain_themselves() {
    for (framework, files, name, _) in ALL {
        let (_dir, folder) = application("My Site", files);
        for path in init(&folder, None).unwrap().written {
            let text = fs::read_to_string(&path).unwrap();
            let blanks =
                text.split(['{', '}']).any(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()));
            assert!(!blanks && !text.contains("\n\n\n"), "{}: {text}", path.display());
            assert!(text.lines().all(|line| line.chars().count() <= 120 && line == line.trim_end()), "{text}");
            assert!(text.starts_with("# ") && text.lines().filter(|line| line.starts_with('#')).count() > 5, "{text}");
            uncommented(&text);
        }
        let rock = fs::read_to_string(folder.join("rockcraft.yaml")).unwrap();
        let rock: serde_yaml::Value = serde_yaml::from_str(&rock).unwrap();
        assert_eq!((&rock["name"], &rock["extensions"][0]), (&name.into(), &format!("{framework}-framework").into()));
        assert!(rock["platforms"].get(words::architecture()).is_some());
    }
}

/// Checks that the commented-out keys are YAML once the `#` is removed.
fn uncommented(text: &str) {
    let is_yaml = |line: &&str| line.starts_with("  ") || (line.ends_with(':') && !line.contains(' '));
    let bare = |line: &str| line.strip_prefix("# ").filter(is_yaml).unwrap_or(line).to_owned() + "\n";
    let yaml: String = text.lines().map(bare).collect();
    let read: Result<serde_yaml::Value, _> = serde_yaml::from_str(&yaml);
    assert!(yaml != text && read.is_ok(), "{yaml}: {read:?}");
}

#[test]
fn a_go_program_of_another_name_gets_the_rocks() {
    let (_dir, folder) = application("web", &[("go.mod", "module shop"), ("main.go", "package main")]);
    init(&folder, None).unwrap();
    let rock: serde_yaml::Value =
        serde_yaml::from_str(&fs::read_to_string(folder.join("rockcraft.yaml")).unwrap()).unwrap();
    assert_eq!(rock["parts"]["go-framework/install-app"]["organize"]["bin/shop"], "usr/local/bin/web");
}

#[test]
fn nothing_is_overwritten() {
    let (_dir, folder) = application("site", FLASK);
    fs::write(folder.join("rockcraft.yaml"), "mine").unwrap();
    let project = init(&folder, None).unwrap();
    assert_eq!(project.kept, [folder.join("rockcraft.yaml")]);
    assert_eq!(fs::read_to_string(folder.join("rockcraft.yaml")).unwrap(), "mine");
    let again = init(&folder, None).unwrap();
    assert_eq!((again.written.len(), again.kept.len()), (0, 3));
    let (_dir, folder) = application("site", FLASK);
    fs::write(folder.join("charmcraft.yaml"), "mine").unwrap();
    let project = init(&folder, None).unwrap();
    assert_eq!((&project.charm, project.written.len()), (&folder, 2));
    assert!(!folder.join("charm").exists());
}

#[test]
fn a_rock_that_is_there_gives_the_name() {
    let (_dir, folder) = application("site", FLASK);
    fs::write(folder.join("rockcraft.yaml"), "name: shop\n").unwrap();
    assert_eq!(init(&folder, None).unwrap().name, "shop");
}

#[test]
fn a_folder_without_an_application_needs_a_named_framework() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(init(dir.path(), None), Err(crate::Error::NoApplication(_))));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert!(init(Path::new("/no/such/folder"), None).is_err());
    let project = init(dir.path(), Some(Framework::Go)).unwrap();
    assert_eq!((project.framework, project.written.len(), project.how), (Framework::Go, 3, None));
    assert!(project.remarks[0].contains("go mod init"), "{:?}", project.remarks);
    let found = crate::lint(&project.charm).unwrap();
    assert!(!found.iter().any(Finding::is_refusal), "{found:?}");
}

#[test]
fn names_are_made_of_folders() {
    for (folder, expected) in [
        ("/x/My Site", "my-site"),
        ("/x/my__site.py", "my-site-py"),
        ("/", "flask-app"),
        ("/x/2048", "flask-app"),
        ("/x/Ünï", "n-app"),
        ("/x/go", "go-app"),
        ("/x/a_b", "a-b-app"),
        (&format!("/{}-x", "a".repeat(35)), &"a".repeat(35)),
    ] {
        assert_eq!(name(Path::new(folder), None, Framework::Flask), expected, "{folder}");
    }
}
