//! `init --charm`: a charm in Rust of the author's own, with a test.

use std::path::{Path, PathBuf};

use crate::folder::Folder;
use crate::{Error, yaml};

/// The files, with their placeholders.
const FILES: [(&str, &str); 5] = [
    ("charmcraft.yaml", include_str!("charm/charmcraft.yaml")),
    ("Cargo.toml", include_str!("charm/Cargo.toml.txt")),
    ("src/main.rs", include_str!("charm/main.rs")),
    ("tests/charm.rs", include_str!("charm/charm.rs")),
    (".gitignore", "/target\n*.charm\n"),
];

/// Place of the crates `webcharm-juju` and `webcharm-juju-testing`, which are on no registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrateSource {
    /// A folder with webcharm's source. `charmcraft pack` copies the project's folder alone into its machine, so it can't
    /// build such a charm; `webcharm pack` can.
    Folder(PathBuf),
    /// The URL of a git repository with webcharm's source.
    Git(String),
}

impl CrateSource {
    /// The source that `text` names: a URL, or a folder with webcharm's source.
    ///
    /// # Errors
    /// When it is no URL and the folder has no crate `juju`. The text says so.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.contains("://") || text.starts_with("git@") {
            return Ok(Self::Git(text.to_owned()));
        }
        let folder = Path::new(text).canonicalize().map_err(|error| format!("cannot find the folder: {error}"))?;
        let has_crate = folder.join("juju/Cargo.toml").is_file();
        let why = "it has no juju/Cargo.toml: name the folder of webcharm's source, or the URL of its repository";
        if has_crate { Ok(Self::Folder(folder)) } else { Err(why.to_owned()) }
    }

    /// The source in a folder above `dir`, for charms in webcharm's own repository.
    #[must_use]
    pub fn above(dir: &Path) -> Option<Self> {
        let existing = dir.ancestors().find_map(|folder| folder.canonicalize().ok())?;
        let mut above = existing.ancestors();
        let is_ours = |folder: &&Path| {
            std::fs::read_to_string(folder.join("juju/Cargo.toml")).is_ok_and(|text| text.contains("\"webcharm-juju\""))
        };
        above.find(is_ours).map(|folder| Self::Folder(folder.to_owned()))
    }

    /// The key of a dependency on the crate in `folder`.
    fn dependency(&self, folder: &str) -> String {
        match self {
            Self::Folder(source) => format!("path = {}", yaml::quoted(&source.join(folder).to_string_lossy())),
            Self::Git(url) => format!("git = {}", yaml::quoted(url)),
        }
    }

    fn explanation(&self) -> &'static str {
        match self {
            Self::Folder(_) => {
                "The charm framework, from a folder of this machine: `webcharm pack` builds with it. `charmcraft pack` sees\n# \
                 only this folder: for it, name a repository, `git = \"https://…\"`, here and below."
            }
            Self::Git(_) => "The charm framework. With `rev = \"…\"` the version stays the same.",
        }
    }
}

/// Result of `init --charm`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CharmProject {
    /// The charm's name.
    pub name: String,
    /// The files that were written.
    pub written: Vec<PathBuf>,
    /// The files that existed and were kept.
    pub kept: Vec<PathBuf>,
}

/// Writes the missing files of the charm `name` into the folder `dir`, which is made if it is missing.
///
/// # Errors
/// When charmcraft or cargo would refuse the name, or a file can't be written.
pub fn init_charm(dir: &Path, name: &str, source: &CrateSource) -> Result<CharmProject, Error> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(allowed)
        && name.len() <= 40
        && !name.ends_with('-')
        && !name.contains("--");
    if !is_name {
        return Err(Error::Name { file: "charmcraft.yaml", key: "name", name: name.to_owned() });
    }
    std::fs::create_dir_all(dir).map_err(|source| Error::Write { path: dir.display().to_string(), source })?;
    let folder = Folder::open(dir)?;
    let words = [
        ("{name}", name.to_owned()),
        ("{Charm}", type_name(name)),
        ("{source}", source.explanation().to_owned()),
        ("{juju}", source.dependency("juju")),
        ("{testing}", source.dependency("juju/testing")),
    ];
    let mut project = CharmProject { name: name.to_owned(), written: Vec::new(), kept: Vec::new() };
    for (path, template) in FILES {
        if folder.kind(path)?.is_some() {
            project.kept.push(dir.join(path));
        } else {
            let text = words.iter().fold(template.to_owned(), |text, (word, meant)| text.replace(word, meant));
            super::write(&folder, Path::new(path), &text)?;
            project.written.push(dir.join(path));
        }
    }
    Ok(project)
}

/// The name of the charm's type, such as `HelloCharm` for `hello` or `hello-charm`.
fn type_name(name: &str) -> String {
    let words = name.split('-').filter(|word| !["charm", "k8s"].contains(word));
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    words.map(capital).collect::<String>() + "Charm"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository() -> CrateSource {
        CrateSource::parse(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).unwrap()
    }

    #[test]
    fn the_project_lints_clean_and_its_part_makes_dispatch() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("hello");
        let project = init_charm(&folder, "hello-charm", &repository()).unwrap();
        assert_eq!((project.written.len(), project.kept.len()), (FILES.len(), 0));
        assert_eq!(crate::lint(&folder).unwrap(), []);
        let part = crate::RustPart::of(&folder).unwrap().unwrap();
        assert_eq!((part.program.as_str(), part.folder.as_path()), ("hello-charm", folder.join("././.").as_path()));
        let main = std::fs::read_to_string(folder.join("src/main.rs")).unwrap();
        assert!(main.contains("struct HelloCharm;"), "{main}");
        let code = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with("//");
        assert!(main.lines().filter(code).count() <= 30, "{main}");
        std::fs::write(folder.join("src/main.rs"), "mine").unwrap();
        assert_eq!(init_charm(&folder, "hello-charm", &repository()).unwrap().kept.len(), FILES.len());
        assert_eq!(std::fs::read_to_string(folder.join("src/main.rs")).unwrap(), "mine");
    }

    #[test]
    fn the_files_are_those_of_the_book_s_first_chapter() {
        let dir = tempfile::tempdir().unwrap();
        init_charm(dir.path(), "hello", &repository()).unwrap();
        let page = include_str!("../../../docs/book/first-charm.md");
        let listings: Vec<&str> = page.split("```").filter_map(|text| text.strip_prefix("rust,ignore\n")).collect();
        for (file, listing) in ["src/main.rs", "tests/charm.rs"].into_iter().zip(listings) {
            let written = std::fs::read_to_string(dir.path().join(file)).unwrap();
            assert_eq!(written.replace("HelloCharm", "Hello"), listing, "{file}");
        }
        let yaml = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).unwrap();
        let listing = page.split("```").find_map(|text| text.strip_prefix("yaml\n")).unwrap();
        let written = std::fs::read_to_string(dir.path().join("charmcraft.yaml")).unwrap();
        assert_eq!(yaml(&written)["config"], yaml(listing)["config"]);
    }

    #[test]
    fn every_placeholder_has_a_text() {
        let dir = tempfile::tempdir().unwrap();
        for source in [repository(), CrateSource::Git("https://example.com/webcharm".to_owned())] {
            let folder = dir.path().join(source.dependency("").len().to_string());
            init_charm(&folder, "x", &source).unwrap();
            for (file, _) in FILES {
                let text = std::fs::read_to_string(folder.join(file)).unwrap();
                let left: Vec<&str> = ["{name}", "{Charm}", "{source}", "{juju}", "{testing}"]
                    .into_iter()
                    .filter(|word| text.contains(word))
                    .collect();
                assert_eq!(left, Vec::<&str>::new(), "{file}");
            }
            let cargo = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            for (package, folder) in [("webcharm-juju", "juju"), ("webcharm-juju-testing", "juju/testing")] {
                let line = format!("package = \"{package}\", {}", source.dependency(folder));
                assert!(cargo.contains(&line), "{cargo}");
                let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/..").to_owned() + "/" + folder + "/Cargo.toml";
                let manifest = std::fs::read_to_string(manifest).unwrap();
                assert!(manifest.contains(&format!("name = \"{package}\"")), "{manifest}");
            }
        }
    }

    #[test]
    fn a_source_is_a_url_or_a_folder_with_the_crates() {
        assert_eq!(CrateSource::parse("https://example.com/w"), Ok(CrateSource::Git("https://example.com/w".into())));
        assert!(CrateSource::parse("/no/such/folder").unwrap_err().contains("cannot find"));
        let dir = tempfile::tempdir().unwrap();
        assert!(CrateSource::parse(dir.path().to_str().unwrap()).unwrap_err().contains("juju/Cargo.toml"));
        assert_eq!(CrateSource::above(dir.path()), None);
        let inside = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/no/such");
        assert_eq!(CrateSource::above(&inside), Some(repository()));
    }

    #[test]
    fn a_name_that_charmcraft_or_cargo_refuses_is_no_charm() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", "Hello", "2048", "a--b", "-a", "a-", "a_b", "../x", &"a".repeat(41)] {
            assert!(matches!(init_charm(dir.path(), name, &repository()), Err(Error::Name { .. })), "{name}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        assert_eq!([type_name("a-b2"), type_name("web-k8s")], ["AB2Charm", "WebCharm"]);
    }
}
