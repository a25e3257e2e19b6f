//! The rock of a pod: the sample's, with another application and other files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rock::{Cache, Cancel, Image, Project, Work};

use super::{binary, repository};

/// What differs from the sample's rock.
#[derive(Clone)]
pub(crate) struct Rock {
    /// Paths in the image with text and mode.
    files: Vec<(String, String, u32)>,
    /// Paths in the image with programs that were built.
    programs: Vec<(String, PathBuf)>,
    missing: Vec<String>,
    packages: Vec<String>,
    services: Vec<(String, String)>,
}

/// Pebble's layer in the sample's rock.
const LAYER: &str = "var/lib/pebble/default/layers/001-webcharm-flask.yaml";

/// Last line of the variables that an idle service notes.
pub(super) const COMPLETE: &str = "complete";

/// A build that tells nobody.
struct Quiet(Cancel);

impl Work for Quiet {
    fn say(&self, _line: &str) {}

    fn cancel(&self) -> &Cancel {
        &self.0
    }
}

impl From<&str> for Rock {
    fn from(app: &str) -> Self {
        let (files, programs, missing, packages, services) = Default::default();
        Self { files, programs, missing, packages, services }.file("flask/app/app.py", app)
    }
}

impl From<&Rock> for Rock {
    fn from(rock: &Rock) -> Self {
        rock.clone()
    }
}

impl Rock {
    /// With this file.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned(), 0o644));
        self
    }

    /// With this program.
    pub(crate) fn program(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned(), 0o755));
        self
    }

    /// With this program, which was built.
    pub(crate) fn built(mut self, path: &str, program: &Path) -> Self {
        self.programs.push((path.to_owned(), program.to_owned()));
        self
    }

    /// With this layer in place of the sample's.
    pub(crate) fn layer(self, yaml: &str) -> Self {
        self.file(LAYER, yaml)
    }

    /// One whose web service is this shell script. Asked with `--check-config` if it would serve, it says yes unless the
    /// script is one of [`Self::checking`]. A reload doesn't end it, however early it comes.
    pub(crate) fn scripted(script: &str) -> Self {
        Self::scripted_as("flask", script)
    }

    /// The same, where the script itself says if it would serve.
    pub(crate) fn checking(script: &str) -> Self {
        Self::run_by("flask", script)
    }

    /// The same for another framework.
    fn scripted_as(framework: &str, script: &str) -> Self {
        Self::run_by(framework, &format!("[ \"$1\" = --check-config ] && exit\n{script}"))
    }

    fn run_by(framework: &str, script: &str) -> Self {
        let service = "{override: replace, startup: enabled, command: /flask/app/run, user: _daemon_}";
        let layer = format!("services: {{{framework}: {service}}}\n");
        Self::from("").program("flask/app/run", &format!("#!/bin/sh\ntrap '' HUP\n{script}")).layer(&layer)
    }

    /// One whose web service serves nothing. It notes its variables where they outlive it: [`World::running`].
    pub(crate) fn idle() -> Self {
        Self::idle_as("flask")
    }

    /// The same for another framework, with the folders that its rock has.
    pub(crate) fn idle_as(framework: &str) -> Self {
        let script = format!("{{ env; echo {COMPLETE}; }} > /charm/container/running\nexec sleep 600\n");
        Self::scripted_as(framework, &script).file(&format!("{framework}/app/README"), "").file("app/README", "")
    }

    /// Without what a rock says of itself.
    pub(crate) fn without_release(mut self) -> Self {
        self.missing.push(".rock/metadata.yaml".to_owned());
        self
    }

    /// With these Python packages besides the sample's requirements.
    pub(crate) fn packages(mut self, names: &[&str]) -> Self {
        self.packages.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// With this service besides the sample's.
    pub(crate) fn service(mut self, name: &str, yaml: &str) -> Self {
        self.services.push((name.to_owned(), yaml.to_owned()));
        self
    }

    /// The root file system, in the folder `into`. The dependencies come from the package registry or from an earlier
    /// test's cache.
    pub(super) fn build(&self, into: &Path) -> Image {
        let cache = Cache::new(binary("webcharm").with_file_name("rock-cache"));
        let mut project = Project::find(&repository().join("tests/fixtures/flask")).unwrap();
        project.rockcraft.parts.get_mut("dependencies").unwrap().python_packages.clone_from(&self.packages);
        for (name, yaml) in &self.services {
            project.rockcraft.services.insert(name.as_str().into(), serde_yaml::from_str(yaml).unwrap());
        }
        let image = rock::build(&project, into, &cache, &Quiet(Cancel::default())).unwrap();
        for (path, text, mode) in &self.files {
            let path = into.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).unwrap();
        }
        for (path, program) in &self.programs {
            let path = into.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::copy(program, path).unwrap();
        }
        self.missing.iter().for_each(|path| fs::remove_file(into.join(path)).unwrap());
        image
    }
}
