//! Rock of a pod: the sample's rock with another application and other files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rock::{Cache, Cancel, Image, Project, Work};

use super::{binary, repository};

/// Differences from the sample's rock.
#[derive(Clone)]
pub(crate) struct Rock {
    /// Path in the image, text and mode of each file.
    files: Vec<(String, String, u32)>,
    /// Path in the image and file of each compiled program.
    programs: Vec<(String, PathBuf)>,
    missing: Vec<String>,
    packages: Vec<String>,
}

/// Path of Pebble's layer in the sample's rock.
const LAYER: &str = "var/lib/pebble/default/layers/001-webcharm-flask.yaml";

/// Last line of the variables that an idle service writes: the list is complete.
pub(super) const COMPLETE: &str = "complete";

/// A build without progress messages.
struct Quiet(Cancel);

impl Work for Quiet {
    fn say(&self, _line: &str) {}

    fn cancel(&self) -> &Cancel {
        &self.0
    }
}

impl From<&str> for Rock {
    fn from(app: &str) -> Self {
        let (files, programs, missing, packages) = Default::default();
        Self { files, programs, missing, packages }.file("flask/app/app.py", app)
    }
}

impl From<&Rock> for Rock {
    fn from(rock: &Rock) -> Self {
        rock.clone()
    }
}

impl Rock {
    /// Adds a file.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned(), 0o644));
        self
    }

    /// Adds a script or another program as text.
    pub(crate) fn program(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned(), 0o755));
        self
    }

    /// Adds a compiled program.
    pub(crate) fn built(mut self, path: &str, program: &Path) -> Self {
        self.programs.push((path.to_owned(), program.to_owned()));
        self
    }

    /// Replaces the sample's layer.
    pub(crate) fn layer(self, yaml: &str) -> Self {
        self.file(LAYER, yaml)
    }

    /// A rock whose web service is this shell script. The service accepts its configuration (`--check-config`), and a
    /// reload doesn't end it, even before the script's first line.
    pub(crate) fn scripted(script: &str) -> Self {
        Self::scripted_as("flask", script)
    }

    /// A rock whose web service is this shell script, which also answers `--check-config`.
    pub(crate) fn checking(script: &str) -> Self {
        Self::run_by("flask", script)
    }

    /// [`Self::scripted`] for another framework.
    fn scripted_as(framework: &str, script: &str) -> Self {
        Self::run_by(framework, &format!("[ \"$1\" = --check-config ] && exit\n{script}"))
    }

    fn run_by(framework: &str, script: &str) -> Self {
        let service = "{override: replace, startup: enabled, command: /flask/app/run, user: _daemon_}";
        let layer = format!("services: {{{framework}: {service}}}\n");
        Self::from("").program("flask/app/run", &format!("#!/bin/sh\ntrap '' HUP\n{script}")).layer(&layer)
    }

    /// A rock whose web service does not listen. It writes its variables to the shared file of [`World::running`], and a
    /// line for each of its starts to the shared file `starts`, if there is one.
    pub(crate) fn idle() -> Self {
        Self::idle_as("flask")
    }

    /// [`Self::idle`] for another framework, with the folders of its rock.
    pub(crate) fn idle_as(framework: &str) -> Self {
        let script = format!(
            "[ ! -w /charm/container/starts ] || echo start >> /charm/container/starts\n\
             {{ env; echo {COMPLETE}; }} > /charm/container/running\nexec sleep 600\n"
        );
        Self::scripted_as(framework, &script).file(&format!("{framework}/app/README"), "").file("app/README", "")
    }

    /// Removes the file that names the rock's release.
    pub(crate) fn without_release(mut self) -> Self {
        self.missing.push(".rock/metadata.yaml".to_owned());
        self
    }

    /// Adds Python packages to the sample's requirements.
    pub(crate) fn packages(mut self, names: &[&str]) -> Self {
        self.packages.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// Adds a service, in a layer of its own: the sample's may be replaced.
    pub(crate) fn service(self, name: &str, yaml: &str) -> Self {
        self.file(&format!("var/lib/pebble/default/layers/002-{name}.yaml"), &format!("services:\n  {name}: {yaml}\n"))
    }

    /// Builds the root file system in the folder `into`. The dependencies come from the package registry, or from the
    /// cache of an earlier test.
    pub(super) fn build(&self, into: &Path) -> Image {
        let cache = Cache::new(binary("webcharm").with_file_name("rock-cache"));
        let mut project = Project::find(&repository().join("tests/fixtures/flask")).unwrap();
        project.rockcraft.parts.get_mut("dependencies").unwrap().python_packages.clone_from(&self.packages);
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
