use std::ffi::OsStr;
use std::fs;

use pack::folder::Folder;

use super::*;
use crate::process::tests::Quiet;

#[test]
fn many_lines_are_reported_as_a_count() {
    let work = Quiet::default();
    let counted = Counted::new(&work, "packages", |line| line.starts_with("p"));
    (0..60).for_each(|number| counted.say(&format!("p{number}")));
    counted.say("done");
    assert_eq!(*work.lines.lock().unwrap(), ["25 packages", "50 packages", "done"]);
}

/// Work with a keeper and a mark.
#[derive(Default)]
struct Kept(Quiet);

impl Work for Kept {
    fn say(&self, line: &str) {
        self.0.say(line);
    }
    fn cancel(&self) -> &Cancel {
        self.0.cancel()
    }
    fn keeper(&self) -> Option<Command> {
        Some(Command::new("keeper"))
    }
    fn mark(&self) -> Option<(&str, &OsStr)> {
        Some(("MARK", OsStr::new("1")))
    }
}

#[test]
fn a_program_whose_lines_are_counted_is_kept_and_marked_as_any_other() {
    let work = Kept::default();
    let counted = Counted::new(&work, "packages", |_| true);
    assert_eq!(counted.keeper().unwrap().get_program(), "keeper");
    assert_eq!(counted.mark(), Some(("MARK", OsStr::new("1"))));
}

#[test]
fn an_unknown_plugin_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let part = Part { plugin: "cobol".to_owned(), ..Part::default() };
    let error = build(dir.path(), &part, None, &Cache::new(dir.path()), &Quiet::default()).unwrap_err();
    assert!(error.to_string().contains("\"cobol\""), "{error}");
}

#[test]
fn a_source_outside_the_project_is_named_with_its_kind_and_a_remedy() {
    for (place, declared, kind) in [
        ("https://example.com/site.git", None, Some("a git repository")),
        ("https://example.com/site", Some("git"), Some("a git repository")),
        ("git@example.com:team/site", None, Some("a git repository")),
        ("https://example.com/site", None, Some("an address")),
        ("files.tar.gz", None, Some("an archive")),
        ("files", Some("zip"), Some("an archive")),
        ("files", Some("local"), None),
        (".", None, None),
    ] {
        let source_type = declared.map(str::to_owned);
        let part = Part { plugin: "dump".to_owned(), source: Some(place.to_owned()), source_type, ..Part::default() };
        let told = check(&part).err().map(|error| error.to_string());
        let start = kind.map(|kind| format!("its source is {place}, {kind}, which isn't fetched here: name a copy"));
        assert_eq!(told.is_some(), start.is_some(), "{told:?}");
        assert!(told.zip(start).is_none_or(|(told, start)| told.starts_with(&start)));
    }
}

#[test]
fn a_part_that_can_t_be_built_here_is_refused_before_any_is() {
    let told = |plugin: &str| {
        let part = Part { plugin: plugin.to_owned(), ..Part::default() };
        check(&part).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert!(told("").contains("flask-framework/install-app"));
    assert!(told("cobol").contains("\"cobol\" is not known here"));
    assert_eq!(told("python"), "");
}

#[test]
fn the_exporter_s_repository_is_the_stand_in() {
    let dir = tempfile::tempdir().unwrap();
    let url = "https://github.com/prometheus/statsd_exporter.git";
    let part = Part { plugin: "go".to_owned(), source: Some(url.to_owned()), ..Part::default() };
    let work = Quiet::default();
    let (files, below) = build(dir.path(), &part, None, &Cache::new(dir.path()), &work).unwrap().files.unwrap();
    assert_eq!(below, Path::new(""));
    assert_eq!(fs::read_to_string(files.join("bin/statsd_exporter")).unwrap(), exporter::PROGRAM);
    assert_eq!(*work.lines.lock().unwrap(), [exporter::NOTE]);
}

/// A project with these files, and the part that builds it.
fn project(plugin: &str, files: &[(&str, &str)]) -> (tempfile::TempDir, Part) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    (dir, Part { plugin: plugin.to_owned(), ..Part::default() })
}

fn built(dir: &Path, part: &Part) -> Result<Built, Error> {
    build(dir, part, None, &Cache::new(dir.join("node_modules/cache")), &Quiet::default())
}

/// Needs no network: the module has no dependencies.
#[test]
#[ignore = "long: Go compiles its standard library"]
fn a_go_program_of_another_name_than_the_rock_starts_is_refused() {
    let main = "package main\n\nfunc main() {}\n";
    let (dir, mut part) = project("go", &[("go.mod", "module example.com/site\n\ngo 1.21\n"), ("main.go", main)]);
    part.organize.insert("bin/site".to_owned(), "usr/local/bin/site".to_owned());
    let (programs, _) = built(dir.path(), &part).unwrap().files.unwrap();
    assert!(programs.join("bin/site").is_file());
    part.organize = [("bin/other".to_owned(), "usr/local/bin/other".to_owned())].into();
    let error = built(dir.path(), &part).unwrap_err().to_string();
    assert!(error.contains("makes no bin/other, but site"), "{error}");
    fs::write(dir.path().join("main.go"), "package main\n\nfunc main() { nonsense }\n").unwrap();
    let error = built(dir.path(), &part).unwrap_err().to_string();
    assert!(error.contains("go failed") && error.contains("nonsense"), "{error}");
}

#[test]
#[ignore = "long: it takes Node and npm"]
fn a_package_is_laid_out_in_app_with_its_dependencies_mounted() {
    let package = r#"{"name": "site", "version": "1.0.0", "scripts": {"start": "node app.js"}}"#;
    let (dir, part) = project("npm", &[("package.json", package), ("app.js", "")]);
    let made = built(dir.path(), &part).unwrap();
    assert_eq!(made.files.as_ref().unwrap().1, Path::new("app"));
    assert_eq!(made.binds[0].target, "/app/node_modules");
    assert!(made.binds[0].source.is_dir());
    fs::write(dir.path().join("package.json"), "{}").unwrap();
    assert!(built(dir.path(), &part).unwrap_err().to_string().contains("has no name"));
}

#[test]
fn a_package_s_own_install_scripts_and_folders_of_dependencies_are_beside_its_files() {
    let needs_files = |text: &str| {
        let (dir, _) = project("npm", &[("package.json", text)]);
        npm::needs_files(&Folder::open(dir.path()).unwrap()).unwrap()
    };
    assert!(needs_files(r#"{"scripts": {"postinstall": "node gen.js"}}"#));
    assert!(needs_files(r#"{"scripts": {"prepare": "node gen.js"}}"#));
    assert!(needs_files(r#"{"dependencies": {"words": "file:words"}}"#));
    assert!(needs_files(r#"{"optionalDependencies": {"words": "./words"}}"#));
    assert!(needs_files(r#"{"workspaces": ["packages/*"]}"#));
    let package = r#"{"scripts": {"start": "node app.js", "build": "tsc"}, "dependencies": {"express": "^4.18.2"}}"#;
    assert!(!needs_files(package));
    assert!(!needs_files("[]"));
}

/// A package that requires `words` by `requirement`, and the package `words` in a folder of it: npm installs it without
/// the network.
fn site_with_words(requirement: &str) -> (tempfile::TempDir, Part) {
    let package = format!(r#"{{"name": "site", "version": "1.0.0", "dependencies": {{"words": "{requirement}"}}}}"#);
    let (dir, part) = project("npm", &[("package.json", &package)]);
    fs::create_dir(dir.path().join("words")).unwrap();
    fs::write(dir.path().join("words/package.json"), r#"{"name": "words", "version": "1.0.0"}"#).unwrap();
    (dir, part)
}

/// The installed packages and the lines that were told.
fn installed(dir: &Path, part: &Part) -> (PathBuf, String) {
    let work = Quiet::default();
    let built = build(dir, part, None, &Cache::new(dir.join("node_modules/cache")), &work).unwrap();
    let told = work.lines.lock().unwrap().join("\n");
    (built.binds[0].source.clone(), told)
}

#[test]
#[ignore = "long: it takes Node and npm"]
fn a_lock_that_does_not_fit_is_left_out_with_a_line_that_says_so() {
    let (dir, part) = site_with_words("file:words");
    let lock = r#"{"name": "site", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "site", "version": "1.0.0"}}}"#;
    let told = "the lock file doesn't fit package.json: installing without it; `npm install` mends it";
    for file in ["package-lock.json", "npm-shrinkwrap.json"] {
        fs::write(dir.path().join(file), lock).unwrap();
        let (packages, lines) = installed(dir.path(), &part);
        assert!(packages.join("words/package.json").is_file(), "{file}: {lines}");
        assert!(lines.lines().any(|line| line == told), "{file}: {lines}");
        assert_eq!(fs::read_to_string(dir.path().join(file)).unwrap(), lock, "the project is left as it was");
        fs::remove_file(dir.path().join(file)).unwrap();
    }
    let fitting = lock.replace(
        r#""version": "1.0.0"}}}"#,
        r#""version": "1.0.0", "dependencies": {"words": "file:words"}},
           "node_modules/words": {"resolved": "words", "link": true}, "words": {"version": "1.0.0"}}}"#,
    );
    fs::write(dir.path().join("package-lock.json"), fitting).unwrap();
    let (packages, lines) = installed(dir.path(), &part);
    assert!(packages.join("words/package.json").is_file() && !lines.contains(told), "{lines}");
}

#[test]
#[ignore = "long: it takes Node and npm"]
fn npm_takes_versions_from_a_lock_of_yarn_and_is_not_stopped_by_one_of_pnpm() {
    let (dir, part) = site_with_words("file:words");
    fs::write(dir.path().join("pnpm-lock.yaml"), "lockfileVersion: '9.0'\n").unwrap();
    let berry =
        "__metadata:\n  version: 8\n\n\"words@file:words::locator=site\":\n  version: 1.0.0\n  linkType: hard\n";
    fs::write(dir.path().join("yarn.lock"), berry).unwrap();
    let (packages, lines) = installed(dir.path(), &part);
    assert!(packages.join("words/package.json").is_file(), "{lines}");

    // No registry has such a version; the lock names its place.
    let (dir, part) = site_with_words("^1.0.0-of-this-test");
    let place = dir.path().join("words");
    let lock = format!(
        "# yarn lockfile v1\n\n\n\"words@^1.0.0-of-this-test\":\n  version \"1.0.0\"\n  resolved \"file:{}\"\n",
        place.display()
    );
    fs::write(dir.path().join("yarn.lock"), &lock).unwrap();
    let (packages, lines) = installed(dir.path(), &part);
    assert!(packages.join("words/package.json").is_file(), "{lines}");
    assert_eq!(fs::read_to_string(dir.path().join("yarn.lock")).unwrap(), lock, "the project is left as it was");
}

#[test]
#[ignore = "long: it takes Node and npm"]
fn a_file_that_a_postinstall_script_makes_is_in_the_image() {
    let package =
        r#"{"name": "site", "version": "1.0.0", "scripts": {"postinstall": "node gen.js", "start": "node ."}}"#;
    let make = "require('fs').writeFileSync('made.json', '{}')";
    let (dir, part) = project("npm", &[("package.json", package), ("gen.js", make)]);
    let (files, _) = built(dir.path(), &part).unwrap().files.unwrap();
    assert_eq!(fs::read_to_string(files.join("made.json")).unwrap(), "{}");
    assert!(!dir.path().join("made.json").exists(), "the project is left as it was");
}

#[test]
fn a_script_for_the_package_alone_is_run_and_one_for_other_folders_is_not() {
    let part = |plugin: &str, script: &str| Part {
        plugin: plugin.to_owned(),
        override_build: Some(script.to_owned()),
        ..Part::default()
    };
    assert!(runs_override(&part("npm", "npm install --include=dev\nnpm run build\ncraftctl default\n")));
    assert!(!runs_override(&part("npm", "craftctl default\ncp x ${CRAFT_PART_INSTALL}/\n")));
    assert!(!runs_override(&part("go", "make")));
    assert!(runs_override(&part("nil", "true")));
}

#[test]
#[ignore = "long: it takes Node and npm"]
fn what_an_npm_part_s_script_builds_is_in_the_image() {
    let package =
        r#"{"name": "site", "version": "1.0.0", "scripts": {"build": "mkdir dist && cp index.ts dist/index.js"}}"#;
    let (dir, mut part) = project("npm", &[("package.json", package), ("index.ts", "1;\n")]);
    part.override_build = Some("rm -rf node_modules\nnpm install\nnpm run build\ncraftctl default\n".to_owned());
    let (files, _) = built(dir.path(), &part).unwrap().files.unwrap();
    assert_eq!(fs::read_to_string(files.join("dist/index.js")).unwrap(), "1;\n");
    assert!(!dir.path().join("dist").exists(), "the project is left as it was");
}
