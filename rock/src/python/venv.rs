//! Installation as by craft's python plugin: in a virtual environment, by up to three commands in their order, of which
//! the later wins: the part's packages, its requirements, the project itself.
//!
//! The environment's packages and console scripts are then moved into one folder, which a pod mounts.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use pack::folder::Folder;

use super::interpreter::Interpreter;
use super::{Error, INTERPRETER, Wanted, pip};
use crate::plugin::sources;
use crate::process::{Ended, Work, run};
use crate::tool;

/// The environment and the copy of the sources, below the entry's folder; both are removed at the end.
const ENVIRONMENT: &str = ".venv";
const SOURCE: &str = ".source";
/// Folder of a uv of the build's own, in the copy of the sources.
const UV: &str = ".uv";

/// Installs what is wanted into the empty folder `into`: packages, and console scripts in `bin`.
pub(super) fn fill(wanted: &Wanted, interpreter: &Interpreter, into: &Path, work: &dyn Work) -> Result<(), Error> {
    let environment = into.join(ENVIRONMENT);
    let pip = pip::find(&interpreter.program, work)?;
    let mut venv = Command::new(&interpreter.program);
    venv.args(["-I", "-m", "venv", "--without-pip", "--copies"]).arg(&environment);
    finish(&mut venv, wanted, work)?;
    let folder = wanted.folder(into)?;
    let install = || {
        let mut command = pip.install(&environment.join("bin/python3"));
        command.current_dir(&folder);
        for file in &wanted.constraints {
            command.arg("--constraint").arg(file);
        }
        command
    };
    if let Some(wheel) = interpreter.setuptools() {
        finish(install().args(["--no-index", "--no-deps"]).arg(wheel), wanted, work)?;
    }
    if !wanted.packages.is_empty() {
        finish(install().arg("--").args(&wanted.packages), wanted, work)?;
    }
    if !wanted.files.is_empty() {
        let mut command = install();
        for file in &wanted.files {
            command.arg("--requirement").arg(file);
        }
        finish(&mut command, wanted, work)?;
    }
    if wanted.is_project {
        project(wanted, interpreter, &folder, &install, work)?;
    }
    gather(into).map_err(|source| Error::Gather { path: into.display().to_string(), source })
}

/// Installs the project: the versions of uv.lock, or without that file the project itself as pip resolves it.
fn project(
    wanted: &Wanted,
    interpreter: &Interpreter,
    folder: &Path,
    install: &dyn Fn() -> Command,
    work: &dyn Work,
) -> Result<(), Error> {
    if !folder.join("uv.lock").is_file() {
        return finish(install().arg("."), wanted, work);
    }
    let own = folder.join(UV);
    let Some(uv) = uv(wanted, &own, install, work)? else {
        work.say(
            "uv.lock isn't used, since there is no uv and pip can't install it: pip resolves pyproject.toml instead",
        );
        return finish(install().arg("."), wanted, work);
    };
    let locked = folder.join(".uv-requirements.txt");
    let mut command = Command::new(uv);
    command.args(["export", "--frozen", "--no-dev", "--no-emit-project", "--no-python-downloads", "--quiet"]);
    command.arg("--python").arg(&interpreter.program).arg("--output-file").arg(&locked);
    let Ended { status, tail } = run(command.current_dir(folder), work).map_err(Error::Run)?;
    if !status.success() {
        return Err(Error::Lock(tail));
    }
    work.say("installing the versions of uv.lock");
    finish(install().arg("--requirement").arg(&locked), wanted, work)
}

/// Program of uv: the one on `PATH`, else a copy that pip installs into the folder `own`. `None`: pip has none.
fn uv(wanted: &Wanted, own: &Path, install: &dyn Fn() -> Command, work: &dyn Work) -> Result<Option<PathBuf>, Error> {
    if let Some(uv) = tool::on_path("uv") {
        return Ok(Some(uv));
    }
    work.say("installing uv, which reads uv.lock");
    match finish(install().arg("--target").arg(own).arg("uv"), wanted, work) {
        Ok(()) => Ok(Some(own.join("bin/uv"))),
        Err(Error::Install(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

fn finish(command: &mut Command, wanted: &Wanted, work: &dyn Work) -> Result<(), Error> {
    // Neither packages of the user nor a folder of the caller may get into the environment.
    command.env("PYTHONNOUSERSITE", "1").env_remove("PYTHONPATH").env_remove("PYTHONHOME");
    command.envs(&wanted.environment);
    let Ended { status, tail } = run(command, work).map_err(Error::Run)?;
    if status.success() { Ok(()) } else { Err(Error::Install(tail)) }
}

impl Wanted {
    /// The folder in which pip runs: the part's source, or a copy of it if pip builds there.
    fn folder(&self, into: &Path) -> Result<PathBuf, Error> {
        if !self.is_local {
            return Ok(self.source.clone());
        }
        let copy = into.join(SOURCE);
        fs::create_dir(&copy).map_err(|source| Error::Gather { path: copy.display().to_string(), source })?;
        sources::copy(&Folder::open(&self.source)?, &Folder::open(&copy)?)?;
        Ok(copy)
    }
}

/// Moves the environment's packages into `into` and its console scripts into `into/bin`, and removes the rest.
fn gather(into: &Path) -> io::Result<()> {
    let environment = into.join(ENVIRONMENT);
    let scripts = into.join("bin");
    fs::create_dir_all(&scripts)?;
    for script in fs::read_dir(environment.join("bin"))? {
        let script = script?;
        let name = script.file_name();
        let is_environments =
            ["python", "activate", "Activate"].iter().any(|own| name.to_string_lossy().starts_with(own));
        if !is_environments && script.file_type()?.is_file() {
            move_script(&script.path(), &scripts.join(name), &environment)?;
        }
    }
    for lib in fs::read_dir(environment.join("lib"))? {
        let site = lib?.path().join("site-packages");
        for package in fs::read_dir(&site).into_iter().flatten() {
            let package = package?;
            let to = into.join(package.file_name());
            if !to.exists() {
                fs::rename(package.path(), to)?;
            }
        }
    }
    fs::remove_dir_all(&environment)?;
    let source = into.join(SOURCE);
    if source.exists() { fs::remove_dir_all(source) } else { Ok(()) }
}

/// Moves a script. One that names the environment's interpreter names the rock's instead.
fn move_script(from: &Path, to: &Path, environment: &Path) -> io::Result<()> {
    let content = fs::read(from)?;
    let line = content.iter().position(|byte| *byte == b'\n').unwrap_or(content.len());
    let own = format!("{}/", environment.display());
    let names_environment = String::from_utf8_lossy(&content[..line]).contains(&own);
    let content =
        if names_environment { [format!("#!{INTERPRETER}").as_bytes(), &content[line..]].concat() } else { content };
    fs::write(to, content)?;
    fs::set_permissions(to, Permissions::from_mode(0o755))
}
