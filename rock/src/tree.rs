//! A part's files on their way into the image: renamed by `organize`, chosen by `stage` and `prime`.
//!
//! Rules are paths of files or whole folders, or patterns in which `*` stands for anything within a name and `**` for
//! folders. A path that matches nothing is an error, because a file that is silently missing from an image is the dearest
//! kind of typing mistake.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::project::Part;

/// Names that never belong into an image.
const LEFT_OUT: [&str; 3] = [".git", "__pycache__", "node_modules"];

/// Why a part can't be laid out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source folder is missing.
    #[error("there is no source folder {0}")]
    NoSource(String),
    /// A rule names a file that isn't there.
    #[error("rockcraft.yaml names {0}, which its source doesn't have")]
    Unmatched(String),
    /// A file can't be read or written.
    #[error("cannot copy {path}")]
    Copy {
        /// The file.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// The folder that `part` is built from.
///
/// # Errors
/// When there is none.
pub fn source(root: &Path, part: &Part) -> Result<PathBuf, Error> {
    let source = root.join(part.source.as_deref().unwrap_or("."));
    if source.is_dir() { Ok(source) } else { Err(Error::NoSource(source.display().to_string())) }
}

/// Copies the files of `part`, which are in `from` and count as being in `below`, into `into`. Returns their places there.
///
/// # Errors
/// When a file that a rule names isn't there, or a file can't be copied.
pub fn lay(from: &Path, below: &Path, part: &Part, into: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = BTreeMap::new();
    collect(from, Path::new(""), below, part, &mut files)?;
    check_rules(part, below, &files)?;
    let mut laid = Vec::new();
    for (target, path) in files.iter().filter(|(target, _)| [&part.stage, &part.prime].iter().all(|r| kept(r, target)))
    {
        let target = merged(target);
        copy(&from.join(path), &into.join(&target)).map_err(|error| failed(path, error))?;
        laid.push(target);
    }
    Ok(laid)
}

/// The place of `path` where `/bin` and its like are links into `/usr`, as they are in the pod.
fn merged(path: &Path) -> PathBuf {
    let is_link = ["bin", "sbin", "lib", "lib64"].iter().any(|folder| path.starts_with(folder));
    if is_link { Path::new("usr").join(path) } else { path.to_owned() }
}

/// Every file's place in the image, with the path it comes from.
fn collect(
    source: &Path,
    folder: &Path,
    below: &Path,
    part: &Part,
    files: &mut BTreeMap<PathBuf, PathBuf>,
) -> Result<(), Error> {
    let entries = fs::read_dir(source.join(folder)).map_err(|error| failed(folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, error))?;
        let path = folder.join(entry.file_name());
        if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if entry.file_type().map_err(|error| failed(&path, error))?.is_dir() {
            collect(source, &path, below, part, files)?;
        } else {
            files.insert(organized(&part.organize, &below.join(&path)), path);
        }
    }
    Ok(())
}

/// Where `organize` puts `path`: the rule for the longest folder above it wins, then the first pattern.
fn organized(rules: &BTreeMap<String, String>, path: &Path) -> PathBuf {
    let above: Vec<&Path> = path.ancestors().filter(|from| *from != Path::new("")).collect();
    let named = above.iter().find_map(|from| Some((*from, rules.get(from.to_string_lossy().as_ref())?)));
    let pattern = |from: &&Path| rules.iter().find(|(rule, _)| is_pattern(rule) && matches(rule, from));
    let matched = || above.iter().rev().find_map(|from| Some((*from, pattern(from)?.1)));
    let Some((from, to)) = named.or_else(matched) else { return path.to_owned() };
    let rest = path.strip_prefix(from).expect("an ancestor is a prefix");
    let mut target = PathBuf::from(to.trim_matches('/'));
    if to.ends_with('/') {
        target.push(from.file_name().unwrap_or_default());
    }
    if rest == Path::new("") { target } else { target.join(rest) }
}

/// Whether the list `rules` keeps `target`: named or matched, if it names anything, and not left out.
fn kept(rules: &[String], target: &Path) -> bool {
    let (out, kept): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.starts_with('-'));
    let below = |rule: &&String| {
        let rule = rule.trim_start_matches('-').trim().trim_matches('/');
        target.starts_with(rule) || (is_pattern(rule) && target.ancestors().any(|above| matches(rule, above)))
    };
    !out.iter().any(below) && (kept.is_empty() || kept.iter().any(below))
}

fn is_pattern(rule: &str) -> bool {
    rule.contains('*')
}

/// Whether `pattern` matches the whole of `path`.
fn matches(pattern: &str, path: &Path) -> bool {
    let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let segments: Vec<&str> = pattern.split('/').collect();
    matches_names(&segments, &names)
}

fn matches_names(segments: &[&str], names: &[&str]) -> bool {
    match (segments, names) {
        ([], []) => true,
        (["**", rest @ ..], _) => (0..=names.len()).any(|skipped| matches_names(rest, &names[skipped..])),
        ([segment, segments @ ..], [name, names @ ..]) => {
            // As in a shell, a star at the beginning matches no hidden file.
            let hidden = name.starts_with('.') && !segment.starts_with('.');
            !hidden && glob(segment, name) && matches_names(segments, names)
        }
        _ => false,
    }
}

/// Whether `pattern`, in which `*` stands for anything, matches the whole of `text`.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(text) = text.strip_prefix(head) else { return false };
    (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..]))
}

fn check_rules(part: &Part, below: &Path, files: &BTreeMap<PathBuf, PathBuf>) -> Result<(), Error> {
    let named = |rule: &&String| !rule.starts_with('-') && !is_pattern(rule);
    let has_source = |from: &&String| files.values().any(|path| below.join(path).starts_with(from));
    let has_target = |rule: &&String| files.keys().any(|target| target.starts_with(rule.trim_matches('/')));
    let source = part.organize.keys().filter(named).find(|from| !has_source(from));
    match source.or_else(|| part.stage.iter().chain(&part.prime).filter(named).find(|rule| !has_target(rule))) {
        Some(rule) => Err(Error::Unmatched(rule.clone())),
        None => Ok(()),
    }
}

/// Copies one file or symbolic link, with its mode.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    if from.symlink_metadata()?.is_symlink() {
        return std::os::unix::fs::symlink(fs::read_link(from)?, to);
    }
    fs::copy(from, to).map(drop)
}

/// Makes `path` a symbolic link to `target`.
///
/// # Errors
/// When it can't be made.
pub fn link(target: &str, path: &Path) -> Result<(), Error> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    let made = fs::create_dir_all(parent).and_then(|()| std::os::unix::fs::symlink(target, path));
    made.map_err(|error| failed(path, error))
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Copy { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in ["app.py", "static/a.css", "static/deep/b.css", "notes.txt", "__pycache__/x.pyc"] {
            fs::create_dir_all(dir.path().join("src").join(file).parent().unwrap()).unwrap();
            fs::write(dir.path().join("src").join(file), file).unwrap();
        }
        dir
    }

    fn dump(root: &Path, part: &Part, into: &Path) -> Result<Vec<PathBuf>, Error> {
        lay(&source(root, part)?, Path::new(""), part, into)
    }

    fn dumped(rules: &str) -> Result<Vec<String>, Error> {
        let dir = sample();
        let part: Part = serde_yaml::from_str(rules).unwrap();
        dump(dir.path(), &part, &dir.path().join("out"))?;
        let mut files = BTreeMap::new();
        let none = Path::new("");
        collect(&dir.path().join("out"), none, none, &Part::default(), &mut files)?;
        Ok(files.into_keys().map(|path| path.display().to_string()).collect())
    }

    #[test]
    fn without_rules_everything_keeps_its_place() {
        let files = dumped("source: src").unwrap();
        assert_eq!(files, ["app.py", "notes.txt", "static/a.css", "static/deep/b.css"]);
    }

    #[test]
    fn organize_moves_files_and_folders_and_stage_chooses() {
        let files = dumped(
            "{source: src, organize: {app.py: x/app/app.py, static: x/app/s, static/deep: x/deep}, stage: [x, -x/app/s]}",
        );
        assert_eq!(files.unwrap(), ["x/app/app.py", "x/deep/b.css"]);
    }

    #[test]
    fn patterns_move_what_they_match_into_a_folder_and_leave_out() {
        let files = dumped("{source: src, organize: {'*': x/}, stage: [x], prime: [-x/**/*.css]}");
        assert_eq!(files.unwrap(), ["x/app.py", "x/notes.txt"]);
        let files = dumped("{source: src, organize: {'**/*.css': c/}, prime: [c]}");
        assert_eq!(files.unwrap(), ["c/a.css", "c/b.css"]);
    }

    #[test]
    fn what_goes_into_bin_goes_where_bin_is_a_link_to() {
        assert_eq!(dumped("{source: src, organize: {app.py: bin/run}, stage: [bin]}").unwrap(), ["usr/bin/run"]);
    }

    #[test]
    fn a_star_stays_within_a_name_and_finds_no_hidden_file() {
        for (pattern, path, expected) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("*", ".a", false),
            (".*", ".a", true),
            ("**/*.jar", "x.jar", true),
            ("**/*.jar", "a/b/x.jar", true),
            ("**/*.jar", "a/x.jar/c", false),
            ("a/*/c", "a/b/c", true),
        ] {
            assert_eq!(matches(pattern, Path::new(path)), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_rule_that_matches_nothing_is_named() {
        for rules in ["{source: src, organize: {ap.py: x}}", "{source: src, stage: [ap.py]}"] {
            let error = dumped(rules).unwrap_err();
            assert_eq!(error.to_string(), "rockcraft.yaml names ap.py, which its source doesn't have");
        }
        assert!(matches!(dumped("source: elsewhere"), Err(Error::NoSource(_))));
    }

    proptest::proptest! {
        #[test]
        fn a_star_matches_any_middle(head in "[a-z/]{0,4}", middle in "[a-zä/]{0,6}", tail in "[a-z/]{0,4}") {
            let pattern = format!("{head}*{tail}");
            let text = format!("{head}{middle}{tail}");
            proptest::prop_assert!(glob(&pattern, &text));
            let other = format!("-{text}");
            proptest::prop_assert!(!glob(&pattern, &other) || head.is_empty());
        }
    }

    #[test]
    fn modes_and_links_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = sample();
        let script = dir.path().join("src/run.sh");
        fs::write(&script, "#!").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        symlink("run.sh", dir.path().join("src/link")).unwrap();
        let part = Part { source: Some("src".to_owned()), ..Part::default() };
        dump(dir.path(), &part, &dir.path().join("out")).unwrap();
        let mode = fs::metadata(dir.path().join("out/run.sh")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(fs::read_link(dir.path().join("out/link")).unwrap(), Path::new("run.sh"));
    }
}
