//! The programs that a build starts: found on `PATH`, or installed as root, or else an error that names their package.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::apt;
use crate::image::Bind;
use crate::process::Work;

/// Folders of tools whose installers don't add them to every user's `PATH`.
const USUAL: [&str; 4] = ["/usr/local/go/bin", "/usr/lib/go/bin", "/usr/bin", "/usr/sbin"];

/// The host's folders that every pod has.
const SHARED: [&str; 2] = ["/usr", "/etc/alternatives"];

/// A program and its Debian package.
#[derive(Debug, Clone, Copy)]
pub struct Tool {
    /// The program.
    pub program: &'static str,
    /// Debian's package.
    pub package: &'static str,
}

/// A tool can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program is missing and can't be installed.
    #[error("there is no {program}: install the package {package}, or run this as root, which installs it")]
    Missing {
        /// The program.
        program: &'static str,
        /// Debian's package.
        package: &'static str,
    },
}

/// The path of `tool`. Installs it if it is missing and this process may.
///
/// # Errors
/// When it is missing and can't be installed.
pub fn find(tool: Tool, work: &dyn Work) -> Result<PathBuf, Error> {
    let Tool { program, package } = tool;
    let look = || on_path(program);
    let installed = || (apt::may_install() && apt::install(package, work)).then(look).flatten();
    look().or_else(installed).ok_or(Error::Missing { program, package })
}

/// The path of a program, if it is there. Installs nothing.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    which(program, &std::env::var_os("PATH").unwrap_or_default())
}

fn which(program: &str, path: &OsStr) -> Option<PathBuf> {
    let usual = USUAL.iter().map(PathBuf::from);
    std::env::split_paths(path).chain(usual).map(|folder| folder.join(program)).find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Mounts and links that make a run-time visible in a pod. Empty for one in the host's `/usr`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Runtime {
    pub(crate) binds: Vec<Bind>,
    /// Symbolic links: path in the root and target.
    pub(crate) links: Vec<(String, String)>,
}

/// Mounts and links for the run-time whose program is at `path`.
pub(crate) fn runtime(path: &Path) -> Runtime {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let home = real.parent().and_then(Path::parent);
    let Some(home) = home.filter(|home| !SHARED.iter().any(|shared| home.starts_with(shared))) else {
        return Runtime::default();
    };
    let name = real.file_name().unwrap_or_default().to_string_lossy();
    let target = format!("/opt/{name}");
    let programs = std::fs::read_dir(home.join("bin")).into_iter().flatten().flatten();
    let link = |name: String| (format!("usr/local/bin/{name}"), format!("{target}/bin/{name}"));
    let mut links: Vec<_> = programs.map(|entry| link(entry.file_name().to_string_lossy().into_owned())).collect();
    links.sort();
    Runtime { binds: vec![Bind { source: home.to_owned(), target }], links }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(dir: &Path, name: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = dir.join("bin").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    #[test]
    fn a_tool_is_a_program_and_no_file_of_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = program(dir.path(), "cobol");
        std::fs::write(dir.path().join("bin/notes"), "").unwrap();
        let folder = dir.path().join("bin");
        assert_eq!(which("cobol", folder.as_os_str()), Some(path));
        assert_eq!(which("notes", folder.as_os_str()), None);
        assert!(which("sh", OsStr::new("")).is_some(), "in its usual place");
    }

    #[test]
    fn a_run_time_of_the_host_s_usr_is_in_the_pod_already() {
        let shell = Path::new("/bin/sh").canonicalize().unwrap();
        assert_eq!(runtime(&shell), Runtime::default());
        let dir = tempfile::tempdir().unwrap();
        let shown = runtime(&program(dir.path(), "node"));
        assert_eq!(shown.binds, [Bind { source: dir.path().canonicalize().unwrap(), target: "/opt/node".to_owned() }]);
        assert_eq!(shown.links, [("usr/local/bin/node".to_owned(), "/opt/node/bin/node".to_owned())]);
    }

    #[test]
    fn a_missing_tool_is_named_with_its_package() {
        let error = Error::Missing { program: "mvn", package: "maven" };
        assert!(error.to_string().starts_with("there is no mvn: install the package maven"), "{error}");
    }
}
