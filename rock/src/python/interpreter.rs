//! The interpreter of a pod: this machine's own, or one of the rock's version if the machine has one elsewhere.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::{Error, INTERPRETER};
use crate::image::Bind;
use crate::process::Work;
use crate::project::Rockcraft;

/// An interpreter that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The program on this machine.
    pub(super) program: PathBuf,
    /// Its version, without the last number.
    pub(super) version: String,
    /// Its folder for packages that an administrator adds, in a pod.
    pub(super) site: String,
    /// Folder of its installation.
    prefix: PathBuf,
    /// True if it may look for its own library at a fixed path.
    is_shared: bool,
}

#[derive(Deserialize)]
struct Said {
    version: String,
    site: String,
    prefix: PathBuf,
    #[serde(default)]
    shared: bool,
}

/// Folders in which this machine's user may have installed Pythons.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Folders of `PATH`.
    path: Vec<PathBuf>,
    /// Folders with a folder for each Python: pyenv's and uv's.
    managers: Vec<PathBuf>,
}

impl Places {
    /// The places that the environment names.
    fn of_user() -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        Self::of(variable)
    }

    fn of<T: AsRef<OsStr>>(variable: impl Fn(&str) -> Option<T>) -> Self {
        let folder = |name: &str| variable(name).map(|value| PathBuf::from(value.as_ref()));
        let home = folder("HOME");
        let below = |path: &str| home.as_ref().map(|home| home.join(path));
        let data = folder("XDG_DATA_HOME").or_else(|| below(".local/share"));
        let uv = folder("UV_PYTHON_INSTALL_DIR").or_else(|| data.map(|data| data.join("uv/python")));
        let pyenv = folder("PYENV_ROOT").or_else(|| below(".pyenv")).map(|root| root.join("versions"));
        let path = variable("PATH").map(|path| std::env::split_paths(path.as_ref()).collect::<Vec<_>>());
        Self {
            path: path.into_iter().flatten().chain(below(".local/bin")).collect(),
            managers: uv.into_iter().chain(pyenv).collect(),
        }
    }

    /// Programs that may be Python `version`: those on `PATH`, then pyenv's and uv's, the newest first.
    pub(super) fn candidates(&self, version: &str) -> Vec<PathBuf> {
        let program = format!("python{version}");
        let on_path = self.path.iter().map(|folder| folder.join(&program));
        let installed = self.managers.iter().flat_map(|manager| newest_first(manager, version));
        let all = on_path.chain(installed.map(|folder| folder.join("bin").join(&program)));
        all.filter(|program| program.is_absolute() && program.is_file()).collect()
    }
}

/// Folders of `manager` with a Python of `version`: `3.12.1` (pyenv), `cpython-3.12.1-linux-x86_64-gnu` (uv).
fn newest_first(manager: &Path, version: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(manager).into_iter().flatten().flatten();
    let patch = |name: &str| -> Option<u32> {
        let name = name.strip_prefix("cpython-").unwrap_or(name);
        let rest = name.strip_prefix(version)?.strip_prefix('.')?;
        rest.split_once('-').map_or(rest, |(patch, _)| patch).parse().ok()
    };
    let found = entries.filter_map(|entry| Some((patch(entry.file_name().to_str()?)?, entry.path())));
    let mut found: Vec<_> = found.collect();
    found.sort();
    found.into_iter().rev().map(|(_, path)| path).collect()
}

/// Asks `program` for its version and folders.
pub(super) fn ask(program: &Path) -> Result<Interpreter, Error> {
    if !program.exists() {
        return Err(Error::NoPython);
    }
    let script = "import json, site, sys, sysconfig, venv; print(json.dumps({'version': '%d.%d' % sys.version_info[:2], \
                  'site': site.getsitepackages()[0], 'prefix': sys.base_prefix, \
                  'shared': bool(sysconfig.get_config_var('Py_ENABLE_SHARED'))}))";
    // A script of pyenv's that only chooses a Python fails here if none is chosen.
    let output = Command::new(program)
        .args(["-I", "-c", script])
        .output()
        .map_err(|error| Error::Interpreter(error.to_string()))?;
    let said: Said = serde_json::from_slice(&output.stdout)
        .map_err(|_| Error::Interpreter(String::from_utf8_lossy(&output.stderr).trim().to_owned()))?;
    let Said { version, site, prefix, shared } = said;
    let site = match Path::new(&site).strip_prefix(&prefix) {
        Ok(below) if !prefix.starts_with("/usr") => Path::new(&place(&version)).join(below).display().to_string(),
        _ => site,
    };
    Ok(Interpreter { program: program.to_owned(), version, site, prefix, is_shared: shared })
}

/// Place of a Python of this version in a pod, if it is not in `/usr`.
fn place(version: &str) -> String {
    format!("/opt/python{version}")
}

/// Python of a rock's base. `None`: it is not known, or has none.
fn version(rockcraft: &Rockcraft) -> Option<&'static str> {
    let base = [&rockcraft.base, &rockcraft.build_base].into_iter().flatten().find(|base| *base != "bare")?;
    match base.replace(':', "@").as_str() {
        "ubuntu@22.04" => Some("3.10"),
        "ubuntu@24.04" => Some("3.12"),
        _ => None,
    }
}

/// The interpreter of the rock's version, if this machine's own is of another and one is found elsewhere. Tells the
/// difference in one line.
pub(crate) fn of_rock(rockcraft: &Rockcraft, work: &dyn Work) -> Option<Interpreter> {
    choose(rockcraft, &Places::of_user(), work)
}

fn choose(rockcraft: &Rockcraft, places: &Places, work: &dyn Work) -> Option<Interpreter> {
    let theirs = version(rockcraft)?;
    // A missing interpreter is an error of the build.
    let ours = ask(Path::new(INTERPRETER)).ok()?.version;
    if ours == theirs {
        return None;
    }
    let asked = places.candidates(theirs).into_iter().filter_map(|program| ask(&program).ok());
    let found = asked.into_iter().find(|found| found.version == theirs);
    work.say(&match &found {
        Some(found) => {
            let program = found.program.display();
            format!("the rock's Python is {theirs}, this machine's {ours}: {program} is used")
        }
        None => format!(
            "the rock's Python is {theirs}, this machine's {ours}: packages are installed for {ours}, so a version that \
             needs {theirs} can't be; to run {theirs}, install python{theirs}, such as by `uv python install {theirs}`"
        ),
    });
    found
}

/// Prints the path of the wheel of setuptools that the interpreter brings, or the system's.
const SETUPTOOLS: &str = "import ensurepip, glob, os\n\
    folders = [os.path.join(os.path.dirname(ensurepip.__file__), '_bundled'), '/usr/share/python-wheels']\n\
    print(*[w for f in folders for w in sorted(glob.glob(os.path.join(f, 'setuptools-*.whl')))][:1])\n";

impl Interpreter {
    /// Wheel of setuptools, which a virtual environment of Python before 3.12 has: older packages import its
    /// `pkg_resources` without requiring it. `None` for a later Python, or if there is none on this machine.
    pub(super) fn setuptools(&self) -> Option<PathBuf> {
        let minor: u32 = self.version.split('.').nth(1)?.parse().ok()?;
        let output = Command::new(&self.program).args(["-I", "-c", SETUPTOOLS]).output().ok().filter(|_| minor < 12)?;
        let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (!path.is_empty()).then(|| path.into())
    }

    /// One that is never asked.
    #[cfg(test)]
    pub(super) fn fake(version: &str) -> Self {
        Self {
            program: INTERPRETER.into(),
            version: version.to_owned(),
            site: String::new(),
            prefix: "/usr".into(),
            is_shared: false,
        }
    }

    /// What makes it the pod's `/bin/python3`: a mount of its installation, and links or programs that lead into that. It
    /// isn't mounted at its own path, which may be in a folder that the pod's users can't enter.
    pub(crate) fn in_pod(&self) -> InPod {
        let program = format!("python{}", self.version);
        // A pod has the machine's /usr.
        if self.prefix.starts_with("/usr") {
            let target = self.prefix.join("bin").join(program).display().to_string();
            return InPod { bind: None, links: all(&target), programs: Vec::new() };
        }
        let home = place(&self.version);
        let bind = Some(Bind { source: self.prefix.clone(), target: home.clone() });
        let target = format!("{home}/bin/{program}");
        if !self.is_shared {
            return InPod { bind, links: all(&target), programs: Vec::new() };
        }
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH={home}/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}} exec {target} \"$@\"\n"
        );
        InPod { bind, links: Vec::new(), programs: all(&script) }
    }
}

/// An interpreter in a pod.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InPod {
    /// Mount of its installation.
    pub(crate) bind: Option<Bind>,
    /// Symbolic links: path in the root and target.
    pub(crate) links: Vec<(String, String)>,
    /// Scripts: path in the root and text.
    pub(crate) programs: Vec<(String, String)>,
}

/// The same for every name that the interpreter has in a pod.
fn all(value: &str) -> Vec<(String, String)> {
    ["usr/bin/python3", "usr/local/bin/python3"].map(|name| (name.to_owned(), value.to_owned())).into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::process::tests::Quiet;

    /// A program that answers like a Python of this version, whose installation is in `folder`.
    fn python(folder: &Path, version: &str) -> PathBuf {
        let prefix = folder.display();
        let said = format!(r#"{{"version": "{version}", "site": "{prefix}/lib/site", "prefix": "{prefix}"}}"#);
        program(&folder.join("bin").join(format!("python{version}")), &format!("#!/bin/sh\necho '{said}'\n"))
    }

    fn program(path: &Path, text: &str) -> PathBuf {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_owned()
    }

    fn rock(base: &str) -> Rockcraft {
        serde_yaml::from_str(&format!("{{name: x, base: {base}, build-base: 'ubuntu@24.04'}}")).unwrap()
    }

    #[test]
    fn the_places_are_the_path_and_the_folders_of_uv_and_pyenv() {
        let places = |variables: &[(&str, &str)]| {
            let value = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
            let places = Places::of(value);
            let text = |paths: Vec<PathBuf>| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
            (text(places.path), text(places.managers))
        };
        let (path, managers) = places(&[("HOME", "/h"), ("PATH", "/a:/b")]);
        assert_eq!(path, ["/a", "/b", "/h/.local/bin"]);
        assert_eq!(managers, ["/h/.local/share/uv/python", "/h/.pyenv/versions"]);
        let set = [("XDG_DATA_HOME", "/d"), ("PYENV_ROOT", "/p"), ("HOME", "/h")];
        assert_eq!(places(&set).1, ["/d/uv/python", "/p/versions"]);
        assert_eq!(places(&[("UV_PYTHON_INSTALL_DIR", "/u")]).1, ["/u"]);
    }

    #[test]
    fn the_newest_python_of_the_rock_s_version_is_taken_if_it_answers() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let shim =
            program(&at("shims/python3.10"), "#!/bin/sh\necho 'pyenv: python3.10: command not found' >&2\nexit 127\n");
        let old = python(&at("versions/3.10.9"), "3.10");
        let new = python(&at("versions/3.10.13"), "3.10");
        let uv = python(&at("uv/cpython-3.10.15-linux-x86_64-gnu"), "3.10");
        python(&at("versions/3.1.4"), "3.1");
        python(&at("versions/3.10-dev"), "3.10");
        let places =
            Places { path: vec![at("shims"), at("none")], managers: vec![at("versions"), at("uv"), at("gone")] };
        assert_eq!(places.candidates("3.10"), [shim, new.clone(), old, uv]);
        let work = Quiet::default();
        let found = choose(&rock("'ubuntu@22.04'"), &places, &work);
        let ours = ask(Path::new(INTERPRETER)).unwrap().version;
        if ours == "3.10" {
            return assert_eq!(found, None, "this machine's own is as good");
        }
        let found = found.unwrap();
        assert_eq!((&found.program, found.site.as_str()), (&new, "/opt/python3.10/lib/site"));
        let told = format!("the rock's Python is 3.10, this machine's {ours}: {} is used", new.display());
        assert_eq!(*work.lines.lock().unwrap(), [told]);
        let bind = Bind { source: at("versions/3.10.13"), target: "/opt/python3.10".to_owned() };
        let links = all("/opt/python3.10/bin/python3.10");
        assert_eq!(found.in_pod(), InPod { bind: Some(bind.clone()), links, programs: Vec::new() });
        let shared = Interpreter { is_shared: true, ..found }.in_pod();
        assert_eq!((shared.bind, shared.links), (Some(bind), Vec::new()));
        let (name, script) = &shared.programs[0];
        assert_eq!(name, "usr/bin/python3");
        assert!(
            script.contains("LD_LIBRARY_PATH=/opt/python3.10/lib") && script.contains("bin/python3.10 \"$@\""),
            "{script}"
        );
    }

    #[test]
    fn a_rock_with_another_python_is_told_in_one_line() {
        let ours = ask(Path::new(INTERPRETER)).unwrap().version;
        for (base, theirs) in [("'ubuntu@22.04'", "3.10"), ("'ubuntu@24.04'", "3.12"), ("bare", "3.12")] {
            let work = Quiet::default();
            assert_eq!(choose(&rock(base), &Places::default(), &work), None);
            let lines = work.lines.lock().unwrap();
            let start =
                format!("the rock's Python is {theirs}, this machine's {ours}: packages are installed for {ours}");
            let expected = usize::from(ours != theirs);
            assert_eq!(lines.iter().filter(|line| line.starts_with(&start)).count(), expected, "{lines:?}");
            assert_eq!(lines.len(), expected);
        }
        let work = Quiet::default();
        assert_eq!(choose(&rock("'debian@12'"), &Places::default(), &work), None);
        assert!(work.lines.lock().unwrap().is_empty());
    }

    #[test]
    fn an_interpreter_in_usr_needs_no_mount() {
        let own = ask(Path::new(INTERPRETER)).unwrap();
        assert_eq!(own.in_pod().bind, None, "{own:?}");
    }
}
