//! The npm plugin: a package in `/app` with its dependencies.
//!
//! In rockcraft's image `/app` is a link to the package's folder in `/lib/node_modules`. A pod's `/usr` is an overlay,
//! in which an ordinary user's Pebble can't rename a folder, as it does with each folder that it makes; so the package
//! is in `/app` itself. The dependencies are thousands of files: they stay in the cache and are mounted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use pack::folder::Folder;
use pack::text::shown;

use super::nil::PRELUDE;
use super::{Built, Counted, Error, failed, finish, sources, version};
use crate::cache::{Cache, Key};
use crate::image::Bind;
use crate::process::Work;
use crate::project::Part;
use crate::tool::{self, Tool};

const NPM: Tool = Tool { program: "npm", package: "npm" };
const NODE: Tool = Tool { program: "node", package: "nodejs" };

/// The package's folder in the image.
const PLACE: &str = "app";

/// The files that determine the packages to install and their registry. Without a lock of its own, npm takes versions
/// from that of yarn.
const INPUTS: [&str; 5] = ["package.json", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", ".npmrc"];

/// Largest size of each, in bytes: a lock file names thousands of packages.
const LARGEST: u64 = 64 << 20;

/// A line for the user if the rock brings another Node than this machine's.
pub(crate) fn difference(part: &Part) -> Option<String> {
    let theirs = part.npm_node_version.as_deref()?;
    // A missing Node is an error of the build.
    let ours = version(&tool::on_path(NODE.program)?, "--version");
    other_node(theirs, String::from_utf8_lossy(&ours).trim())
}

/// The line for these versions, such as `20.1.0` or `20`, and `v18.2.0`; versions of one major number are alike.
fn other_node(theirs: &str, ours: &str) -> Option<String> {
    let major = |version: &str| version.trim_start_matches('v').split('.').next().unwrap_or_default().to_owned();
    let ours = ours.trim_start_matches('v');
    (major(theirs) != major(ours)).then(|| {
        let theirs = shown(theirs);
        format!(
            "the rock brings Node {theirs}, this machine has {ours}, which is used: put `node` {theirs} first on PATH"
        )
    })
}

pub(super) fn build(source: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<Built, Error> {
    let (node, npm) = (tool::find(NODE, work)?, tool::find(NPM, work)?);
    let folder = Folder::open(source)?;
    let name = name(&folder)?;
    let mut inputs = Vec::new();
    for file in INPUTS {
        inputs.extend(folder.read(file, LARGEST)?.map(|content| (file, content)));
    }
    let mut key = Key::new().with("npm 2").with(version(&node, "--version")).with(std::env::consts::ARCH);
    key.add(format!("{:?}", part.build_environment));
    for (file, content) in &inputs {
        key.add(file);
        key.add(content);
    }
    let script = script(part);
    let copies = script.is_some() || needs_files(&folder)?;
    if copies {
        key = sources::keyed(&folder, key.with(script.unwrap_or_default()))?;
    }
    let installed = cache.entry(&key, work, |into| {
        work.say(&format!("installing what {} depends on with npm", shown(&name)));
        if copies {
            sources::copy(&folder, &Folder::open(into)?)?;
        }
        for (file, content) in &inputs {
            fs::write(into.join(file), content).map_err(failed(&into.join(file)))?;
        }
        if let Some(script) = script {
            let mut command = Command::new("bash");
            command.args(["-c", &format!("{PRELUDE}{script}")]).current_dir(into);
            finish("override-build", command.env("npm_config_cache", cache.shared("npm")), part, work)?;
        }
        let counted = Counted::new(work, "answers of the registry", |line| line.starts_with("npm http"));
        install(&npm, into, part, cache, &counted)?;
        fs::create_dir_all(into.join("node_modules")).map_err(failed(into))
    })?;
    let from = if copies { installed.clone() } else { source.to_owned() };
    let built = Built {
        binds: vec![Bind { source: installed.join("node_modules"), target: format!("/{PLACE}/node_modules") }],
        files: Some((from, PathBuf::from(PLACE))),
        ..Built::default()
    };
    Ok(built.with(tool::runtime(&node)))
}

/// The part's `override-build`, which is run before the packages are installed without those for development: most
/// often it builds, for example by `npm run build`. `None` if it changes the part's other folders.
pub(super) fn script(part: &Part) -> Option<&str> {
    part.override_build.as_deref().filter(|script| part.plugin == "npm" && !script.contains("CRAFT_"))
}

/// The name in `package.json`.
fn name(source: &Folder) -> Result<String, Error> {
    let (file, missing) = ("package.json", || failed(&source.place("package.json"))(io::ErrorKind::NotFound.into()));
    let text = source.text(file)?.ok_or_else(missing)?;
    let package: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let name = package["name"].as_str().filter(|name| !name.is_empty() && !name.contains(".."));
    name.map(str::to_owned)
        .ok_or_else(|| Error::Product(format!("{} has no name for the package", source.place(file).display())))
}

/// Returns true if npm needs the package's other files when it installs it: for scripts of the package's own, which find
/// them beside them, or for dependencies in folders of the package.
pub(super) fn needs_files(source: &Folder) -> Result<bool, Error> {
    let text = source.text("package.json")?.unwrap_or_default();
    let package: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let scripts = ["preinstall", "install", "postinstall", "prepare"];
    let runs_scripts = scripts.iter().any(|name| package["scripts"].get(name).is_some());
    let kinds = ["dependencies", "devDependencies", "optionalDependencies"];
    let mut wanted = kinds.iter().filter_map(|kind| package[kind].as_object()).flat_map(serde_json::Map::values);
    let has_local = wanted.any(|place| place.as_str().is_some_and(is_local)) || package.get("workspaces").is_some();
    Ok(runs_scripts || has_local)
}

/// Returns true for a dependency that npm reads from a file or folder.
fn is_local(place: &str) -> bool {
    ["file:", "link:", "./", "../"].iter().any(|start| place.starts_with(start))
}

/// Installs by the lock file, or without it if there is none or it doesn't fit; rockcraft's rock is built without.
fn install(npm: &Path, dir: &Path, part: &Part, cache: &Cache, work: &dyn Work) -> Result<(), Error> {
    let is_locked = dir.join("package-lock.json").is_file() || dir.join("npm-shrinkwrap.json").is_file();
    if !is_locked {
        return finish("npm", &mut command(npm, "install", dir, cache), part, work);
    }
    match finish("npm", &mut command(npm, "ci", dir, cache), part, work) {
        Err(Error::Failed { tail, .. }) if tail.contains("EUSAGE") => {
            work.say("the lock file doesn't fit package.json: installing without it; `npm install` mends it");
            finish("npm", command(npm, "install", dir, cache).arg("--no-package-lock"), part, work)
        }
        other => other,
    }
}

/// An npm command.
fn command(npm: &Path, verb: &str, dir: &Path, cache: &Cache) -> Command {
    let mut command = Command::new(npm);
    command.current_dir(dir).arg(verb);
    command.args(["--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--loglevel=http"]);
    command.env("npm_config_cache", cache.shared("npm"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rock_with_another_node_is_told_in_one_line() {
        for (theirs, ours) in [("20.1.0", "v20.2.0"), ("20", "v20.2.0"), ("v22.1.0", "v22.0.1")] {
            assert_eq!(other_node(theirs, ours), None, "{theirs}");
        }
        let told = other_node("22.12.0", "v20.2.0").unwrap();
        assert!(told.starts_with("the rock brings Node 22.12.0, this machine has 20.2.0, which is used"), "{told}");
        assert!(other_node("2", "v20.2.0").is_some());
    }
}
