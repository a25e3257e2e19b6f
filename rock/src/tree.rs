//! Copies a part's files into the image: `organize` renames them, `stage` and `prime` choose among them.
//!
//! Rules are paths of files or folders, or patterns in which `*` stands for any text within a name and `**` for
//! folders. A path without a match is an error: with a typing mistake, a file would silently be missing from the image.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use pack::folder::{self, Folder, Kind};
use pack::text::shown;

use crate::glob::Steps;
use crate::project::Part;

/// Names that are never copied into an image.
const LEFT_OUT: [&str; 3] = [".git", "__pycache__", "node_modules"];

/// Largest number of files of a part.
const FILES: usize = 200_000;

/// Permitted mode bits of files in an image: no set-user-id, no set-group-id.
pub(crate) const MODES: u32 = 0o1777;

/// A part can't be laid out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The source folder is missing.
    #[error("there is no source folder {}", shown(.0))]
    NoSource(String),
    /// A rule names a missing file.
    #[error("rockcraft.yaml names {}, which its source doesn't have", shown(.0))]
    Unmatched(String),
    /// Matching `organize`, `stage` and `prime` takes too many comparisons.
    #[error("organize, stage and prime of this part take too many comparisons: write fewer rules and fewer stars")]
    Rules,
    /// Matching `permissions` takes too many comparisons.
    #[error("permissions of this part take too many comparisons: write fewer rules and fewer stars")]
    Permissions,
    /// The part is too large.
    #[error("this part has more than {FILES} files: leave some out of its source")]
    Files,
    /// A file is outside its folder, no regular file, or can't be used.
    #[error(transparent)]
    File(#[from] folder::Error),
    /// A file can't be copied.
    #[error("cannot copy {}", shown(.path))]
    Copy {
        /// The file.
        path: String,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// The source folder of `part`, inside the project `root`.
///
/// # Errors
/// When it is missing, or outside the project.
pub fn source(root: &Path, part: &Part) -> Result<PathBuf, Error> {
    let name = Path::new(part.source.as_deref().unwrap_or("."));
    let name = part.source_subdir.as_ref().map_or_else(|| name.to_owned(), |below| name.join(below));
    let root = Folder::open(root)?;
    match root.kind(&name)? {
        None => Err(Error::NoSource(root.place(&name).display().to_string())),
        Some(_) => Ok(root.folder(&name)?.path().to_owned()),
    }
}

/// Copies the files of `part` from `from` into `into`, and returns their paths there. The rules see each file's path
/// below `below`.
///
/// # Errors
/// When a file that a rule names is missing, a rule leads out of `into`, or a file can't be copied.
pub fn lay(from: &Path, below: &Path, part: &Part, into: &Folder) -> Result<Vec<PathBuf>, Error> {
    let (from, steps) = (Folder::open(from)?, Steps::default());
    let mut files = BTreeMap::new();
    Collection { source: &from, below, part, steps: &steps }.add(Path::new(""), &mut files)?;
    check_rules(part, below, &files, &steps)?;
    let is_kept = |target: &Path| [&part.stage, &part.prime].iter().all(|rules| kept(rules, target, &steps));
    let kept: Vec<_> = files.iter().filter(|(target, _)| is_kept(target)).collect();
    if steps.are_used_up() {
        return Err(Error::Rules);
    }
    kept.into_iter().map(|(target, path)| copy(&from, path, into, merged(target))).collect()
}

/// `path` in a pod, where `/bin`, `/sbin`, `/lib` and `/lib64` are links into `/usr`.
fn merged(path: &Path) -> PathBuf {
    let is_link = ["bin", "sbin", "lib", "lib64"].iter().any(|folder| path.starts_with(folder));
    if is_link { Path::new("usr").join(path) } else { path.to_owned() }
}

/// Collector of a part's files with their paths in the image.
struct Collection<'a> {
    source: &'a Folder,
    below: &'a Path,
    part: &'a Part,
    steps: &'a Steps,
}

impl Collection<'_> {
    /// Adds the files of `folder`: path in the image, path in the source.
    fn add(&self, folder: &Path, files: &mut BTreeMap<PathBuf, PathBuf>) -> Result<(), Error> {
        for (name, kind) in self.source.entries(folder)? {
            let path = folder.join(&name);
            if LEFT_OUT.iter().any(|out| name == *out) {
                continue;
            }
            if kind == Kind::Folder {
                self.add(&path, files)?;
                continue;
            }
            files.insert(organized(&self.part.organize, &self.below.join(&path), self.steps), path);
            if files.len() > FILES {
                return Err(Error::Files);
            }
            if self.steps.are_used_up() {
                return Err(Error::Rules);
            }
        }
        Ok(())
    }
}

/// New path of `path` by `organize`: the rule for the longest folder above it wins, then the first pattern.
fn organized(rules: &BTreeMap<String, String>, path: &Path, steps: &Steps) -> PathBuf {
    let above: Vec<&Path> = path.ancestors().filter(|from| *from != Path::new("")).collect();
    let named = above.iter().find_map(|from| Some((*from, rules.get(from.to_string_lossy().as_ref())?)));
    let patterns: Vec<_> = rules.iter().filter(|(rule, _)| is_pattern(rule)).collect();
    let pattern = |from: &&Path| patterns.iter().find(|(rule, _)| steps.matches(rule, from));
    let matched = || above.iter().rev().find_map(|from| Some((*from, pattern(from)?.1)));
    steps.take(rules.len());
    let Some((from, to)) = named.or_else(matched) else { return path.to_owned() };
    let rest = path.strip_prefix(from).expect("an ancestor is a prefix");
    let mut target = PathBuf::from(to.trim_matches('/'));
    if to.ends_with('/') {
        target.push(from.file_name().unwrap_or_default());
    }
    if rest == Path::new("") { target } else { target.join(rest) }
}

/// Returns true if the list `rules` keeps `target`: a rule or an empty list keeps it, and no `-` rule leaves it out.
fn kept(rules: &[String], target: &Path, steps: &Steps) -> bool {
    let (out, kept): (Vec<_>, Vec<_>) = rules.iter().partition(|rule| rule.starts_with('-'));
    let below = |rule: &&String| {
        let rule = rule.trim_start_matches('-').trim().trim_matches('/');
        steps.take(rule.len() + 1);
        target.starts_with(rule) || (is_pattern(rule) && target.ancestors().any(|above| steps.matches(rule, above)))
    };
    !steps.are_used_up() && !out.iter().any(below) && (kept.is_empty() || kept.iter().any(below))
}

fn is_pattern(rule: &str) -> bool {
    rule.contains('*')
}

fn check_rules(part: &Part, below: &Path, files: &BTreeMap<PathBuf, PathBuf>, steps: &Steps) -> Result<(), Error> {
    let named = |rule: &&String| !rule.starts_with('-') && !is_pattern(rule);
    let is_in = |path: &Path, rule: &str| {
        steps.take(rule.len() + 1);
        steps.are_used_up() || path.starts_with(rule)
    };
    let has_source = |from: &&String| files.values().any(|path| is_in(&below.join(path), from));
    let has_target = |rule: &&String| files.keys().any(|target| is_in(target, rule.trim_matches('/')));
    let source = part.organize.keys().filter(named).find(|from| !has_source(from));
    match source.or_else(|| part.stage.iter().chain(&part.prime).filter(named).find(|rule| !has_target(rule))) {
        Some(rule) => Err(Error::Unmatched(rule.clone())),
        None => Ok(()),
    }
}

/// Copies a file or symbolic link with its mode, and returns its path in the image.
fn copy(from: &Folder, path: &Path, into: &Folder, target: PathBuf) -> Result<PathBuf, Error> {
    if from.kind(path)? == Some(Kind::Link) {
        into.link(&target, from.target(path)?)?;
        return Ok(target);
    }
    let failed = |source| Error::Copy { path: from.place(path).display().to_string(), source };
    let mut content = from.file(path)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    let mode = content.metadata().map_err(failed)?.permissions().mode() & MODES;
    let mut file = into.replace(&target)?;
    io::copy(&mut content, &mut file).map_err(failed)?;
    file.set_permissions(Permissions::from_mode(mode)).map_err(failed)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn sample() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in ["app.py", "static/a.css", "static/deep/b.css", "notes.txt", "__pycache__/x.pyc"] {
            fs::create_dir_all(dir.path().join("src").join(file).parent().unwrap()).unwrap();
            fs::write(dir.path().join("src").join(file), file).unwrap();
        }
        dir
    }

    #[test]
    fn a_source_may_be_a_folder_below_the_source() {
        let dir = sample();
        fs::create_dir_all(dir.path().join("apps/web")).unwrap();
        let part = |below: &str| Part {
            source: Some("apps".to_owned()),
            source_subdir: Some(below.to_owned()),
            ..Part::default()
        };
        assert_eq!(source(dir.path(), &part("web")).unwrap(), dir.path().canonicalize().unwrap().join("apps/web"));
        assert!(source(dir.path(), &part("none")).unwrap_err().to_string().contains("apps/none"));
        assert!(source(dir.path(), &part("../..")).is_err());
    }

    fn dump(root: &Path, part: &Part, into: &Path) -> Result<Vec<PathBuf>, Error> {
        fs::create_dir_all(into).unwrap();
        lay(&source(root, part)?, Path::new(""), part, &Folder::open(into).unwrap())
    }

    fn dumped(rules: &str) -> Result<Vec<String>, Error> {
        let dir = sample();
        let part: Part = serde_yaml::from_str(rules).unwrap();
        dump(dir.path(), &part, &dir.path().join("out"))?;
        let mut files = BTreeMap::new();
        let (source, below) = (Folder::open(&dir.path().join("out"))?, Path::new(""));
        let all = Collection { source: &source, below, part: &Part::default(), steps: &Steps::default() };
        all.add(below, &mut files)?;
        Ok(files.into_keys().map(|path| path.display().to_string()).collect())
    }

    #[test]
    fn without_rules_every_file_keeps_its_path() {
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
    fn patterns_move_files_into_a_folder_and_leave_files_out() {
        let files = dumped("{source: src, organize: {'*': x/}, stage: [x], prime: [-x/**/*.css]}");
        assert_eq!(files.unwrap(), ["x/app.py", "x/notes.txt"]);
        let files = dumped("{source: src, organize: {'**/*.css': c/}, prime: [c]}");
        assert_eq!(files.unwrap(), ["c/a.css", "c/b.css"]);
    }

    #[test]
    fn files_for_bin_go_into_usr_bin() {
        assert_eq!(dumped("{source: src, organize: {app.py: bin/run}, stage: [bin]}").unwrap(), ["usr/bin/run"]);
    }

    #[test]
    fn a_rule_without_a_match_is_named() {
        for rules in ["{source: src, organize: {ap.py: x}}", "{source: src, stage: [ap.py]}"] {
            let error = dumped(rules).unwrap_err();
            assert_eq!(error.to_string(), "rockcraft.yaml names ap.py, which its source doesn't have");
        }
        assert!(matches!(dumped("source: elsewhere"), Err(Error::NoSource(_))));
    }

    #[test]
    fn modes_and_links_are_kept() {
        use std::os::unix::fs::symlink;
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

    #[test]
    fn no_rule_and_no_link_of_another_part_writes_outside() {
        let dir = sample();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        std::os::unix::fs::symlink(dir.path(), out.join("up")).unwrap();
        for (target, why) in [
            ("../../x", "leads out of"),
            ("a/../../x", "leads out of"),
            ("../", "leads out of"),
            ("up/x", "up is a symbolic link"),
            ("up/", "up is a symbolic link"),
        ] {
            let part: Part = serde_yaml::from_str(&format!("{{source: src, organize: {{app.py: {target}}}}}")).unwrap();
            let error = dump(dir.path(), &part, &out).unwrap_err().to_string();
            assert!(error.contains(why), "{target}: {error}");
        }
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["out", "src"], "nothing was written outside");
    }

    #[test]
    fn a_source_is_inside_the_project() {
        let dir = sample();
        let root = dir.path().join("src");
        std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
        for (source, why) in
            [("..", "leads out of"), ("../../..", "leads out of"), ("/etc", "leads out of"), ("link", "symbolic link")]
        {
            let part = Part { source: Some(source.to_owned()), ..Part::default() };
            let error = super::source(&root, &part).unwrap_err().to_string();
            assert!(error.contains(why), "{source}: {error}");
        }
    }

    #[test]
    fn a_fifo_among_the_files_is_refused_by_name() {
        let dir = sample();
        let fifo = dir.path().join("src/fifo");
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
        let part = Part { source: Some("src".to_owned()), ..Part::default() };
        let error = dump(dir.path(), &part, &dir.path().join("out")).unwrap_err().to_string();
        assert_eq!(error, format!("{} is a FIFO, not a file", fifo.display()));
    }

    #[test]
    fn rules_with_many_stars_end_with_a_message() {
        let dir = sample();
        let name = "a".repeat(250);
        fs::write(dir.path().join("src").join(&name), "").unwrap();
        let stars = "*a".repeat(120) + "*b";
        let organize = BTreeMap::from([(stars, "x/".to_owned())]);
        let part = Part { source: Some("src".to_owned()), organize, ..Part::default() };
        let laid = dump(dir.path(), &part, &dir.path().join("out")).unwrap();
        assert!(laid.contains(&PathBuf::from(&name)), "it matches nothing, and says so at once");
        // Enough rules that even the product of the lengths exceeds the limit.
        let organize = (0..10_000).map(|number| (format!("*{}{number}", "a".repeat(120)), "x/".to_owned())).collect();
        let part = Part { organize, ..part };
        let error = dump(dir.path(), &part, &dir.path().join("out")).unwrap_err();
        assert!(matches!(error, Error::Rules), "{error}");
        assert!(error.to_string().contains("write fewer rules and fewer stars"));
    }
}
