//! Folders of every framework, of several, and without any.

use std::fs;

use super::*;

/// The folder `dir`, open.
pub(super) fn open(dir: &tempfile::TempDir) -> Folder {
    Folder::open(dir.path()).unwrap()
}

/// A folder with these files.
pub(super) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

const EXPRESS: &str = r#"{"name": "x", "scripts": {"start": "node ."}, "dependencies": {"express": "5"}}"#;

#[test]
fn each_framework_has_its_signs() {
    for (files, expected) in [
        (&[("requirements.txt", "Flask\n")][..], Framework::Flask),
        (&[("pyproject.toml", "[project]\ndependencies = ['flask>=3']")], Framework::Flask),
        (&[("requirements.txt", "Django==5\n")], Framework::Django),
        (&[("manage.py", "")], Framework::Django),
        (&[("my_site/manage.py", "")], Framework::Django),
        (&[("requirements.txt", "fastapi[standard]\n")], Framework::FastApi),
        (&[("requirements.txt", "starlette\n")], Framework::FastApi),
        (&[("go.mod", "module x")], Framework::Go),
        (&[("app/package.json", EXPRESS)], Framework::ExpressJs),
        (&[("pom.xml", "")], Framework::SpringBoot),
        (&[("build.gradle", "")], Framework::SpringBoot),
        // A package.json for the pages' build tools doesn't make it Express.
        (&[("requirements.txt", "flask"), ("package.json", r#"{"devDependencies": {"vite": "7"}}"#)], Framework::Flask),
    ] {
        assert_eq!(framework(&open(&folder(files)), None).unwrap(), expected, "{files:?}");
    }
}

#[test]
fn several_frameworks_are_all_named_and_the_choice_is_asked_for() {
    let dir = folder(&[("requirements.txt", "flask\nfastapi\n"), ("go.mod", "module x")]);
    let error = framework(&open(&dir), None).unwrap_err().to_string();
    for part in ["flask (flask among its requirements)", "fastapi (", "go (go.mod)", "`--framework NAME`"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(framework(&open(&dir), Some(Framework::FastApi)).unwrap(), Framework::FastApi);
}

#[test]
fn the_error_about_an_unknown_framework_lists_the_signs() {
    let error = framework(&open(&folder(&[("index.php", "")])), None).unwrap_err().to_string();
    for part in ["requirements.txt", "manage.py", "go.mod", "package.json", "pom.xml", "`--framework NAME`"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_python_project_that_rockcraft_would_refuse_gets_remarks() {
    for (framework, files, remarks) in [
        (Framework::Flask, &[("requirements.txt", "flask"), ("app.py", "app = 1")][..], &[][..]),
        (Framework::Flask, &[("web.py", "app = 1")], &["flask isn't required", "no `app` or `application`"]),
        (Framework::FastApi, &[("requirements.txt", "FastAPI"), ("main.py", "app = 1")], &[]),
        (
            Framework::FastApi,
            &[("pyproject.toml", "[project]\ndependencies = ['fastapi']"), ("main.py", "app = 1")],
            &["requirements.txt alone"],
        ),
        (Framework::FastApi, &[("requirements.txt", "starlette")], &["no `app`"]),
        (Framework::Django, &[("requirements.txt", ""), ("hello/hello/wsgi.py", "application = 1")], &[]),
        (Framework::Django, &[("manage.py", "")], &["requirements.txt alone", "hello/hello/wsgi.py"]),
    ] {
        let view = view(framework, &open(&folder(files)), "hello").unwrap();
        assert_eq!(view.remarks.len(), remarks.len(), "{files:?}: {:?}", view.remarks);
        assert!(view.remarks.iter().zip(remarks).all(|(told, part)| told.contains(part)), "{:?}", view.remarks);
        assert_eq!(view.how.is_some(), !view.remarks.iter().any(|told| told.contains("command of the service")));
    }
}

#[test]
fn a_django_project_gives_the_rock_its_name() {
    let dir = folder(&[("my_site/manage.py", ""), ("other/x", "")]);
    assert_eq!(name(Framework::Django, &open(&dir)).unwrap().as_deref(), Some("my_site"));
    assert_eq!(name(Framework::Flask, &open(&dir)).unwrap(), None);
    assert_eq!(name(Framework::Django, &open(&folder(&[("manage.py", "")]))).unwrap(), None);
}

#[test]
fn a_module_that_the_rock_would_lack_is_listed_or_told() {
    let files = [("requirements.txt", "flask"), ("app.py", "from webapp import app\n"), ("webapp/__init__.py", "")];
    let dir = folder(&files);
    let seen = view(Framework::Flask, &open(&dir), "shop").unwrap();
    let expected = "parts:\n  flask-framework/install-app:\n    prime:\n      - \"flask/app/app.py\"\n      - \"flask/app/webapp\"\n";
    assert_eq!((seen.parts.as_str(), seen.remarks.len()), (expected, 0));
    fs::write(dir.path().join("rockcraft.yaml"), "name: shop\n").unwrap();
    let seen = view(Framework::Flask, &open(&dir), "shop").unwrap();
    let told = "the rock lacks webapp, which app.py imports: list it in rockcraft.yaml, `parts: \
        {flask-framework/install-app: {prime: [flask/app/app.py, flask/app/webapp]}}`";
    assert_eq!(seen.remarks, [told]);
    fs::write(dir.path().join("rockcraft.yaml"), "prime:\n- flask/app/webapp\n").unwrap();
    assert_eq!(view(Framework::Flask, &open(&dir), "shop").unwrap().remarks, [""; 0]);
    let files = [("requirements.txt", "fastapi"), ("app/__init__.py", "from lib import app\n"), ("lib.py", "")];
    let seen = view(Framework::FastApi, &open(&folder(&files)), "shop").unwrap();
    assert!(seen.parts.ends_with("prime:\n      - \"app/app\"\n      - \"app/lib.py\"\n"), "{}", seen.parts);
}
