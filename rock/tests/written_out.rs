//! The repository's own `rockcraft.yaml` compared with the Flask sample's, whose extension it writes out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rock::{Cache, DAEMON_ID, Image, Project};
use serde_yaml::Value;

use crate::samples::Quiet;

const DEPENDENCIES: &str = "flask-framework/dependencies";

fn project(folder: &str) -> Project {
    Project::find(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap()
}

/// The image without Python's packages, which need the network.
fn image(mut project: Project, dir: &Path) -> Image {
    project.rockcraft.parts.remove(DEPENDENCIES).unwrap();
    let into = dir.join("root");
    std::fs::create_dir(&into).unwrap();
    rock::build(&project, &into, &Cache::new(dir.join("cache")), &Quiet::default()).unwrap()
}

/// Paths of files and of empty folders below `folder` of `root`.
fn leaves(root: &Path, folder: &Path, found: &mut BTreeSet<PathBuf>) {
    let entries: Vec<_> = std::fs::read_dir(root.join(folder)).unwrap().map(Result::unwrap).collect();
    if entries.is_empty() {
        found.insert(folder.to_owned());
    }
    for entry in entries {
        let path = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            leaves(root, &path, found);
        } else {
            found.insert(path);
        }
    }
}

/// The leaves of an image, marked if the services' user owns them. The exporter is left out: its path differs.
fn listing(image: &Image) -> Vec<String> {
    let mut found = BTreeSet::new();
    leaves(&image.files, Path::new(""), &mut found);
    let owned = |path: &Path| image.owners.iter().any(|owner| owner.path == path && owner.uid == DAEMON_ID);
    let is_exporter = |path: &Path| path.ends_with("statsd_exporter");
    let shown = |path: PathBuf| format!("{}{}", path.display(), if owned(&path) { " _daemon_" } else { "" });
    found.into_iter().filter(|path| !is_exporter(path)).map(shown).collect()
}

#[test]
fn the_root_s_rock_is_the_flask_sample_s_written_out() {
    let (ours, sample) = (project(".."), project("flask"));
    let text = std::fs::read_to_string(ours.root.join("rockcraft.yaml")).unwrap();
    let document: Value = serde_yaml::from_str(&text).unwrap();
    assert_eq!(document.get("extensions"), None);
    let (ours, sample) = (&ours.rockcraft, &sample.rockcraft);
    assert_eq!((&ours.name, &ours.version, &ours.summary), (&sample.name, &sample.version, &sample.summary));
    let mut services = sample.services.clone();
    let command = services["statsd-exporter"]["command"].as_str().unwrap();
    let real = command.replace("/bin/python3 /opt/statsd-exporter/statsd_exporter", "/bin/statsd_exporter");
    services["statsd-exporter"]["command"] = real.into();
    assert_eq!(ours.services, services);
    let (own, theirs) = (&ours.parts[DEPENDENCIES], &sample.parts[DEPENDENCIES]);
    assert_eq!(own.python_packages, theirs.python_packages);
    assert_eq!(own.python_requirements, theirs.python_requirements);
}

#[test]
fn the_root_s_image_has_the_files_and_owners_of_the_sample_s() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ours, sample) = (image(project(".."), one.path()), image(project("flask"), other.path()));
    let expected = [
        ".rock/metadata.yaml",
        "etc/promtail _daemon_",
        "flask/app/app/__init__.py _daemon_",
        "flask/app/app/cache.py _daemon_",
        "flask/app/app/entries.py _daemon_",
        "flask/app/app/journal.py _daemon_",
        "flask/app/app/likes.py _daemon_",
        "flask/app/app/login.py _daemon_",
        "flask/app/app/mail.py _daemon_",
        "flask/app/app/migrate.py _daemon_",
        "flask/app/app/migrations/001-entries.sql _daemon_",
        "flask/app/app/migrations/002-counts.sql _daemon_",
        "flask/app/app/migrations/003-pictures.sql _daemon_",
        "flask/app/app/motto.py _daemon_",
        "flask/app/app/oidc.py _daemon_",
        "flask/app/app/permission.py _daemon_",
        "flask/app/app/pictures.py _daemon_",
        "flask/app/app/queue.py _daemon_",
        "flask/app/app/saml.py _daemon_",
        "flask/app/app/spans.py _daemon_",
        "flask/app/app/templates/page.html _daemon_",
        "flask/app/app/uses.py _daemon_",
        "flask/app/app/worker.py _daemon_",
        "flask/app/migrate.sh _daemon_",
        "flask/gunicorn.conf.py _daemon_",
        "opt/promtail _daemon_",
        "statsd-mapping.conf",
        "var/lib/pebble/default/layers/001-guestbook.yaml",
        "var/log/flask _daemon_",
    ];
    assert_eq!(listing(&ours), expected);
    let own = |line: &String| line.replace("statsd-mapping.conf _daemon_", "statsd-mapping.conf");
    assert_eq!(listing(&sample).iter().map(own).collect::<Vec<_>>(), expected);
    assert!(ours.files.join("usr/bin/statsd_exporter").is_file());
    let mapping = |image: &Image| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(image.files.join("statsd-mapping.conf")).unwrap()).unwrap()
    };
    assert_eq!(mapping(&ours), mapping(&sample));
    let settings = |image: &Image| -> Vec<String> {
        let text = std::fs::read_to_string(image.files.join("flask/gunicorn.conf.py")).unwrap();
        text.lines().filter(|line| line.contains(" = ")).map(str::to_owned).collect()
    };
    assert_eq!(settings(&ours), settings(&sample));
}
