//! The part with the plugin `rust` that makes a charm's program, built by cargo on this machine.
//!
//! The program is linked with its C library, so it runs on every base. charmcraft's plugin links it dynamically, against
//! the base that it builds on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_yaml::{Mapping, Value};

use crate::folder::Folder;
use crate::{Error, project, yaml};

/// File of the charm that the part makes.
const DISPATCH: &str = "dispatch";

/// A part that makes `dispatch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustPart {
    /// Its name.
    pub name: String,
    /// The folder of its `Cargo.toml`.
    pub folder: PathBuf,
    /// The program that becomes `dispatch`.
    pub program: String,
    /// Arguments for cargo.
    arguments: Vec<String>,
}

/// Profile of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, for `webcharm up`.
    Dev,
    /// Small, for a packed charm.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }
}

impl RustPart {
    /// The part of the project in `dir` that makes `dispatch`, if there is one.
    ///
    /// # Errors
    /// When there is no project, or the part's folder lies outside of it.
    pub fn of(dir: &Path) -> Result<Option<Self>, Error> {
        let folder = Folder::open(dir)?;
        let parts = project::source(&folder)?.section("parts");
        let parts = parts.iter().filter_map(|(name, part)| Some((name.as_str()?, part.as_mapping()?)));
        for (name, part) in parts {
            if yaml::text(part, "plugin").unwrap_or(name) == "rust"
                && let Some(program) = program(part)
            {
                return Self::new(&folder, name, part, program).map(Some);
            }
        }
        Ok(None)
    }

    /// The part of the project in `dir` that makes `dispatch` of a crate which extends webcharm's own charm: its
    /// `Cargo.toml` has webcharm among the dependencies.
    ///
    /// # Errors
    /// When there is no project, or the part's folder lies outside of it.
    pub fn extending(dir: &Path) -> Result<Option<Self>, Error> {
        let Some(part) = Self::of(dir)? else { return Ok(None) };
        let text = Folder::open(&part.folder)?.text("Cargo.toml")?.unwrap_or_default();
        let manifest: toml::Table = text.parse().unwrap_or_default();
        let depends = manifest.get("dependencies").and_then(|all| all.get("webcharm")).is_some();
        Ok(depends.then_some(part))
    }

    fn new(dir: &Folder, name: &str, part: &Mapping, program: String) -> Result<Self, Error> {
        let paths = list(part, "rust-path");
        let source = yaml::text(part, "source").unwrap_or(".");
        let place = Path::new(source).join(yaml::text(part, "source-subdir").unwrap_or("."));
        let place = place.join(paths.first().copied().unwrap_or("."));
        let mut arguments: Vec<String> = list(part, "rust-cargo-parameters").into_iter().map(str::to_owned).collect();
        let features = list(part, "rust-features");
        if !features.is_empty() {
            arguments.extend(["--features".to_owned(), features.join(" ")]);
        }
        if part.get("rust-no-default-features").and_then(Value::as_bool) == Some(true) {
            arguments.push("--no-default-features".to_owned());
        }
        let folder = dir.folder(&place)?.path().to_owned();
        Ok(Self { name: name.to_owned(), folder, program, arguments })
    }

    /// Builds the program and returns its bytes. cargo's own messages go to standard error.
    ///
    /// # Errors
    /// When cargo can't be started or fails.
    pub fn build(&self, profile: Profile) -> Result<Vec<u8>, Error> {
        let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
        let flags = format!("CARGO_TARGET_{}_RUSTFLAGS", target.to_uppercase().replace('-', "_"));
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args([
            "build",
            "--profile",
            profile.name(),
            "--message-format=json-render-diagnostics",
            "--target",
            &target,
        ]);
        cargo.args(["--bin", &self.program]).args(&self.arguments).current_dir(&self.folder);
        cargo.env(flags, "-C target-feature=+crt-static").stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = cargo.output().map_err(Error::Cargo)?;
        let built = executable(&String::from_utf8_lossy(&output.stdout), &self.program);
        match built.filter(|_| output.status.success()) {
            Some(file) => Ok(crate::folder::read(&file, crate::BINARY)?),
            None => Err(Error::Build { part: self.name.clone(), folder: self.folder.display().to_string() }),
        }
    }
}

/// The program that `organize` moves to `dispatch`.
fn program(part: &Mapping) -> Option<String> {
    let moved = yaml::section(part, "organize");
    let from = moved.iter().find(|(_, to)| to.as_str() == Some(DISPATCH)).and_then(|(from, _)| from.as_str())?;
    Some(from.strip_prefix("bin/").unwrap_or(from).to_owned())
}

fn list<'a>(part: &'a Mapping, key: &str) -> Vec<&'a str> {
    part.get(key).and_then(Value::as_sequence).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The file of `program` in cargo's messages, one JSON document a line.
fn executable(messages: &str, program: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut files = messages.filter(|message| message["target"]["name"] == program);
    files.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &str) -> Result<Option<RustPart>, Error> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("code/charm")).unwrap();
        std::fs::write(dir.path().join("charmcraft.yaml"), format!("parts: {text}")).unwrap();
        let found = RustPart::of(dir.path());
        found.map(|part| {
            part.map(|part| RustPart { folder: part.folder.strip_prefix(dir.path()).unwrap().into(), ..part })
        })
    }

    #[test]
    fn the_part_that_makes_dispatch_is_found_with_its_program() {
        let found = part(
            "{files: {plugin: dump, source: .}, other: {plugin: rust, source: .}, code: {plugin: rust, source: code, \
             source-subdir: charm, organize: {bin/hello: dispatch}, rust-features: [a, b], \
             rust-no-default-features: true, rust-cargo-parameters: [--locked]}}",
        );
        let found = found.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.program.as_str()), ("code", "hello"));
        assert_eq!(found.folder, Path::new("code/charm"));
        assert_eq!(found.arguments, ["--locked", "--features", "a b", "--no-default-features"]);
        assert_eq!(part("{rust: {source: ., organize: {dispatch: dispatch}}}").unwrap().unwrap().program, "dispatch");
    }

    #[test]
    fn a_crate_that_depends_on_webcharm_extends_its_charm() {
        let dir = tempfile::tempdir().unwrap();
        let extends = |manifest: &str| {
            std::fs::write(dir.path().join("Cargo.toml"), manifest).unwrap();
            RustPart::extending(dir.path()).unwrap().is_some()
        };
        let part = "parts: {a: {plugin: rust, source: ., organize: {bin/a: dispatch}}}";
        std::fs::write(dir.path().join("charmcraft.yaml"), part).unwrap();
        assert!(extends("[dependencies]\nwebcharm = { path = \"..\" }\n"));
        assert!(!extends("[package]\nname = \"webcharm\"\n") && !extends("[") && !extends(""));
    }

    #[test]
    fn other_parts_make_no_program_and_no_folder_is_outside() {
        for text in ["{}", "{charm: {plugin: charm}}", "{a: {plugin: rust, source: .}}", "[]"] {
            assert_eq!(part(text).unwrap(), None, "{text}");
        }
        part("{a: {plugin: rust, source: .., organize: {bin/a: dispatch}}}").unwrap_err();
    }

    #[test]
    fn the_executable_is_the_one_of_that_name() {
        let messages = "{\"target\": {\"name\": \"a\"}, \"executable\": \"/t/a\"}\nnoise\n\
                        {\"target\": {\"name\": \"b\"}, \"executable\": null}\n{\"target\": {\"name\": \"b\"}, \"executable\": \"/t/b\"}";
        assert_eq!(executable(messages, "b"), Some(PathBuf::from("/t/b")));
        assert_eq!(executable(messages, "c"), None);
    }
}
