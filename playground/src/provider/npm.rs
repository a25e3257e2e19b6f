//! Packages of npm's, each pinned with all that it depends on by the hashes of a lock file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rock::Work;
use rock::cache::Key;
use rock::tool::{self, Tool};

use super::fetched::{self, Error};
use crate::ui::Ui;

/// Node, which runs a package.
pub(super) const NODE: Tool = Tool { program: "node", package: "nodejs" };

/// npm, which fetches it.
pub(super) const NPM: Tool = Tool { program: "npm", package: "npm" };

/// Both.
pub(super) const TOOLS: [Tool; 2] = [NODE, NPM];

/// The oldest Node on which the packages run.
const OLDEST: u32 = 20;

/// Package with its lock file.
#[derive(Debug)]
pub struct Package {
    /// Name in npm's registry.
    pub name: &'static str,
    /// `package.json` of a project that depends on it.
    pub manifest: &'static str,
    /// `package-lock.json` of that project.
    pub lock: &'static str,
}

/// A package that is here.
#[derive(Debug)]
pub(super) struct Installed {
    /// Node's program.
    pub(super) node: PathBuf,
    /// The folder with `node_modules`, in the cache.
    pub(super) folder: PathBuf,
}

impl Package {
    fn key(&self) -> Key {
        Key::new().with("npm package").with(self.lock)
    }

    /// True if it is in the cache.
    pub(super) fn is_here(&self) -> bool {
        fetched::is_here(&self.key())
    }

    /// Node, and the package, which is fetched the first time.
    pub(super) fn have(&self, ui: &Ui) -> Result<Installed, Error> {
        let (node, npm) = (tool::find(NODE, ui)?, tool::find(NPM, ui)?);
        self.check_age(&node)?;
        let cache = fetched::cache()?;
        let folder = cache.entry(&self.key(), ui, |into| {
            ui.step(&format!("fetching {} from npm", self.name));
            let mut command = Command::new(npm);
            command.env("npm_config_cache", cache.shared("npm"));
            install(self.name, self.manifest, self.lock, into, command, ui)
        })?;
        Ok(Installed { node, folder })
    }

    fn check_age(&self, node: &Path) -> Result<(), Error> {
        let found = fetched::version(node, "--version");
        match major(&found) {
            Some(major) if major < OLDEST => {
                Err(Error::Old { what: self.name, oldest: format!("Node {OLDEST}"), found, site: "nodejs.org" })
            }
            _ => Ok(()),
        }
    }
}

/// The first number of `v20.1.0`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs with `npm` in the empty folder `into` by a lock file: an archive with another hash is not unpacked. No script of a
/// package runs.
pub(super) fn install(
    package: &str,
    manifest: &str,
    lock: &str,
    into: &Path,
    mut npm: Command,
    work: &dyn Work,
) -> Result<(), Error> {
    for (name, text) in [("package.json", manifest), ("package-lock.json", lock)] {
        let path = into.join(name);
        let failed = |source| Error::Write { path: path.display().to_string(), source };
        fs::write(&path, text).map_err(failed)?;
    }
    npm.args(["ci", "--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]).arg(into);
    fetched::run("npm", &mut npm, work, || format!("npm cannot install {package} (does it reach its registry?)"))
}

#[cfg(test)]
mod tests {
    use super::super::{oidc, saml};
    use super::*;

    #[test]
    fn every_package_is_known_by_a_whole_hash() {
        for package in [&oidc::PACKAGE, &saml::PACKAGE] {
            let lock: serde_json::Value = serde_json::from_str(package.lock).unwrap();
            let packages = lock["packages"].as_object().unwrap();
            assert!(packages.contains_key(&format!("node_modules/{}", package.name)), "{}", package.name);
            for (name, locked) in packages.iter().filter(|(name, _)| !name.is_empty()) {
                let hash = locked["integrity"].as_str().unwrap_or_default();
                assert_eq!((hash.len(), hash.starts_with("sha512-")), (95, true), "{name}");
                assert_eq!(locked.get("resolved"), None, "{name}: the registry is npm's own setting");
            }
            let manifest: serde_json::Value = serde_json::from_str(package.manifest).unwrap();
            assert_eq!(lock["packages"][""]["dependencies"], manifest["dependencies"], "{}", package.name);
        }
    }

    #[test]
    fn versions_of_node_begin_with_a_number() {
        assert_eq!((major("v18.20.4"), major("v22.0.0"), major("nonsense")), (Some(18), Some(22), None));
    }
}
