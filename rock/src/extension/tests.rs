use super::*;
use crate::project::Rockcraft;

/// A project with these files.
fn project(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    dir
}

fn expanded(files: &[(&str, &str)], document: &str) -> Result<Rockcraft, Error> {
    let dir = project(files);
    let (document, made) = expand(&Folder::open(dir.path()).unwrap(), serde_yaml::from_str(document).unwrap())?;
    let rockcraft: Rockcraft = serde_yaml::from_value(document.into()).unwrap();
    Ok(Rockcraft { made, ..rockcraft })
}

fn service<'a>(rock: &'a Rockcraft, name: &str, key: &str) -> &'a str {
    rock.services[name][key].as_str().unwrap()
}

const FLASK: [(&str, &str); 3] =
    [("requirements.txt", "flask\n"), ("app.py", "app = 1\n"), ("migrate.sh", "#!/bin/sh\n")];

#[test]
fn flask_is_served_by_gunicorn_from_its_folder() {
    let rock = expanded(&FLASK, "{name: my-site, extensions: [flask-framework]}").unwrap();
    assert_eq!(
        service(&rock, "flask", "command"),
        "/bin/python3 -m gunicorn -c /flask/gunicorn.conf.py 'app:app' -k [ sync ]"
    );
    let app = &rock.parts["flask-framework/install-app"];
    assert_eq!(app.organize["migrate.sh"], "flask/app/migrate.sh");
    assert_eq!(app.stage, ["flask/app/app.py", "flask/app/migrate.sh"]);
    assert_eq!(app.permissions[0].owner, Some(DAEMON_ID));
    let dependencies = &rock.parts["flask-framework/dependencies"];
    assert_eq!(dependencies.python_requirements, ["requirements.txt"]);
    assert_eq!(dependencies.python_packages, ["gunicorn~=23.0"]);
    assert!(rock.made.files["flask/gunicorn.conf.py"].contains("chdir = \"/flask/app\""));
    assert!(rock.made.folders.contains(&"var/log/flask".to_owned()));
}

#[test]
fn the_authors_keys_stay_and_are_added_to() {
    let written = "
        name: site
        extensions: [flask-framework]
        services:
          flask: {environment: {LEVEL: high}, command: run it}
          count-worker: {override: replace, command: count}
        parts:
          flask-framework/dependencies: {python-packages: [celery]}
          flask-framework/install-app: {prime: [flask/app/web, flask/app/app.py]}
          more: {plugin: nil}";
    let mut files = FLASK.to_vec();
    files.extend([("web/a.html", ""), ("notes.txt", "")]);
    let rock = expanded(&files, written).unwrap();
    assert_eq!(service(&rock, "flask", "command"), "run it");
    assert_eq!(service(&rock, "flask", "startup"), "enabled");
    assert!(rock.services.contains_key("count-worker"));
    assert_eq!(rock.parts["flask-framework/dependencies"].python_packages, ["gunicorn~=23.0", "celery"]);
    assert_eq!(rock.parts["flask-framework/install-app"].stage, ["flask/app/app.py", "flask/app/web"]);
    assert_eq!(rock.parts["more"].plugin, "nil");
}

#[test]
fn a_list_of_files_to_leave_out_keeps_all_others() {
    let written = "{name: app, extensions: [flask-framework], parts: {flask-framework/install-app: {prime: [-flask/app/notes.txt]}}}";
    let mut files = FLASK.to_vec();
    files.extend([("notes.txt", ""), ("web/a.html", ""), ("x.rock", "")]);
    let rock = expanded(&files, written).unwrap();
    let app = &rock.parts["flask-framework/install-app"];
    assert!(app.organize.contains_key("web") && !app.organize.contains_key("x.rock"), "{app:?}");
    assert_eq!(app.prime, ["-flask/app/notes.txt"]);
    let wrong = written.replace("-flask/app/notes.txt", "notes.txt");
    let error = expanded(&files, &wrong).unwrap_err().to_string();
    assert!(error.contains("\"notes.txt\" names no file under flask/app/"), "{error}");
}

#[test]
fn gevent_among_the_dependencies_chooses_the_worker() {
    let files = [("requirements.txt", "flask\ngevent\n"), ("app.py", "app = 1\n")];
    let rock = expanded(&files, "{name: app, extensions: [flask-framework]}").unwrap();
    assert!(service(&rock, "flask", "command").ends_with("-k [ gevent ]"));
}

#[test]
fn django_s_folder_has_the_project_s_name() {
    let files = [("requirements.txt", "Django\n"), ("my_site/my_site/wsgi.py", "application = 1\n")];
    let rock = expanded(&files, "{name: my-site, extensions: [django-framework]}").unwrap();
    assert!(service(&rock, "django", "command").contains("'my_site.wsgi:application'"));
    let app = &rock.parts["django-framework/install-app"];
    assert_eq!((app.source.as_deref(), app.organize["*"].as_str()), (Some("my_site"), "django/app/"));
    let error = expanded(&files[..1], "{name: my-site, extensions: [django-framework]}").unwrap_err();
    assert!(error.to_string().contains("my_site/my_site/wsgi.py"), "{error}");
}

#[test]
fn fastapi_s_application_comes_with_its_folder() {
    let files = [("requirements.txt", "fastapi[standard]\n"), ("src/main.py", "app = 1\n"), ("migrate.py", "")];
    let rock = expanded(&files, "{name: app, extensions: [fastapi-framework]}").unwrap();
    assert_eq!(service(&rock, "fastapi", "command"), "/bin/python3 -m uvicorn src.main:app");
    assert_eq!(rock.services["fastapi"]["environment"]["UVICORN_HOST"], "0.0.0.0");
    assert_eq!(rock.parts["fastapi-framework/install-app"].stage, ["app/migrate.py", "app/src"]);
}

#[test]
fn go_s_program_has_the_project_s_name() {
    let files = [("go.mod", "module x\n"), ("migrate.sh", "")];
    let rock = expanded(&files, "{name: my-site, extensions: [go-framework]}").unwrap();
    assert_eq!(service(&rock, "go", "command"), "my-site");
    let app = &rock.parts["go-framework/install-app"];
    assert_eq!(app.organize["bin/my-site"], "usr/local/bin/my-site");
    assert_eq!(rock.parts["go-framework/assets"].stage, ["app/migrate.sh"]);
    let written = "{name: app, extensions: [go-framework], \
        parts: {go-framework/install-app: {organize: {bin/x: usr/local/bin/app, bin/w: usr/local/bin/w}}}}";
    let app = &expanded(&files[..1], written).unwrap().parts["go-framework/install-app"];
    assert_eq!(app.organize.keys().collect::<Vec<_>>(), ["bin/w", "bin/x"]);
    assert_eq!(app.stage, ["usr/local/bin/w", "usr/local/bin/app"]);
}

#[test]
fn expressjs_is_started_by_npm() {
    let package = r#"{"name": "site", "scripts": {"start": "node app.js"}}"#;
    let rock = expanded(&[("app/package.json", package)], "{name: app, extensions: [expressjs-framework]}").unwrap();
    assert_eq!(service(&rock, "expressjs", "command"), "npm start");
    assert_eq!(rock.parts["expressjs-framework/install-app"].source.as_deref(), Some("app"));
    for (text, words) in [("{}", "`name`"), (r#"{"name": "s"}"#, "`start`"), ("[", "no JSON")] {
        let error =
            expanded(&[("app/package.json", text)], "{name: app, extensions: [expressjs-framework]}").unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn spring_boot_s_archive_is_started_in_app() {
    let rock =
        expanded(&[("pom.xml", ""), ("migrate", "")], "{name: app, extensions: [spring-boot-framework]}").unwrap();
    assert_eq!(service(&rock, "spring-boot", "command"), "bash -c \"java -jar *.jar\"");
    let app = &rock.parts["spring-boot-framework/install-app"];
    assert_eq!((app.plugin.as_str(), app.organize["**/*.jar"].as_str()), ("maven", "app/"));
    assert_eq!(rock.parts["spring-boot-framework/assets"].stage, ["app/migrate"]);
}

#[test]
fn the_error_names_the_missing_file_or_key() {
    for (extension, words) in [
        ("flask", "with flask among its dependencies"),
        ("django", "requirements.txt with Django"),
        ("fastapi", "with fastapi or starlette"),
        ("go", "needs a go.mod"),
        ("expressjs", "package.json in the folder app/"),
        ("spring-boot", "pom.xml or build.gradle"),
    ] {
        let error = expanded(&[], &format!("{{name: app, extensions: [{extension}-framework]}}")).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    let kotlin = expanded(&[("build.gradle.kts", "")], "{name: app, extensions: [spring-boot-framework]}").unwrap_err();
    assert!(kotlin.to_string().contains("not build.gradle.kts: translate it"), "{kotlin}");
    let error = expanded(&[("requirements.txt", "flask")], "{name: app, extensions: [flask-framework]}").unwrap_err();
    assert!(error.to_string().contains("give services/flask a command"), "{error}");
    for names in ["cobol-framework", "flask-framework, go-framework", "1"] {
        let error = expanded(&[], &format!("{{name: app, extensions: [{names}]}}")).unwrap_err();
        assert!(matches!(error, Error::Unknown(_)), "{error}");
    }
    let told = expanded(&[], "{name: app, extensions: flask-framework}").unwrap_err().to_string();
    assert_eq!(told, "rockcraft.yaml has no list of extensions: write `extensions: [flask-framework]`");
    assert!(expanded(&[], "{name: app}").unwrap().parts.is_empty());
}

proptest::proptest! {
    #[test]
    fn any_document_is_understood_or_refused(name in "\\PC{0,6}", prime in "\\PC{0,12}", command in "\\PC{0,8}") {
        let document = serde_json::json!({
            "name": name, "extensions": ["flask-framework"], "services": {"flask": {"command": command}},
            "parts": {"flask-framework/install-app": {"prime": [prime]}},
        });
        let document = serde_yaml::to_value(document).unwrap();
        let dir = project(&FLASK);
        let _ = expand(&Folder::open(dir.path()).unwrap(), document.as_mapping().unwrap().clone());
    }
}

#[test]
fn a_requirement_that_rockcraft_does_not_read_gets_a_note() {
    let note = |line: &str| {
        let files = [("requirements.txt", line), ("app.py", "app = 1\n")];
        expanded(&files, "{name: site, extensions: [flask-framework]}").map(|rock| rock.made.notes)
    };
    assert!(note("flask==3.0 # web").unwrap().iter().any(|note| note.contains("\"flask==3.0 # web\"")));
    assert!(!note("flask==3.0").unwrap().iter().any(|note| note.contains("requirements.txt")));
    let brought = note("company.flask-base==2.0\n").unwrap();
    assert!(brought.iter().any(|note| note.contains("\"company.flask-base==2.0\": add a line `flask`")), "{brought:?}");
    assert!(note("# flask").unwrap_err().to_string().contains("flask among its dependencies"));
}

#[test]
fn text_in_a_docstring_is_no_application() {
    let factory = "\"\"\"\napp = create_app()\n\"\"\"\ndef create_app(): pass\n";
    let command = |text: &str| {
        let files = [("requirements.txt", "flask"), ("app.py", text)];
        let rock = expanded(&files, "{name: site, extensions: [flask-framework]}")?;
        Ok::<_, Error>(service(&rock, "flask", "command").to_owned())
    };
    assert!(command(factory).unwrap().contains("'app:create_app()'"));
    let error = command("app = (\n").unwrap_err().to_string();
    assert!(error.contains("app.py is no Python 3.12") && error.contains("give the service a command"), "{error}");
}

#[test]
fn a_part_of_the_extension_may_be_extended_by_one_key() {
    for part in ["flask-framework/runtime", "flask-framework/logging", "flask-framework/statsd-exporter"] {
        let written =
            format!("{{name: app, extensions: [flask-framework], parts: {{{part}: {{stage-packages: [curl]}}}}}}");
        let rock = expanded(&FLASK, &written).unwrap();
        assert_eq!(
            (rock.parts[part].plugin.as_str(), rock.parts[part].stage_packages.as_slice()),
            ("nil", &["curl".to_owned()][..])
        );
    }
}

#[test]
fn a_folder_in_prime_may_have_a_slash_at_its_end() {
    let written = "{name: app, extensions: [flask-framework], parts: {flask-framework/install-app: \
                   {prime: [flask/app/app.py, flask/app/data/, -flask/app/data/b]}}}";
    let mut files = FLASK.to_vec();
    files.extend([("data/a", ""), ("data/b", "")]);
    let rock = expanded(&files, written).unwrap();
    let app = &rock.parts["flask-framework/install-app"];
    assert_eq!(app.organize["data"], "flask/app/data");
    assert_eq!(app.organize.len(), 2);
}

#[test]
fn an_express_project_without_the_folder_app_is_served_from_the_top_with_a_note() {
    let package = r#"{"name": "@team/x", "scripts": {"start": "node ."}}"#;
    let rock = expanded(&[("package.json", package)], "{name: app, extensions: [expressjs-framework]}").unwrap();
    let part = &rock.parts["expressjs-framework/install-app"];
    assert_eq!((part.source.as_deref(), part.stage.len()), (Some("."), 2));
    assert!(rock.made.notes[0].contains("move the application into the folder app"));
}
