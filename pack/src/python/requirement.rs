//! The packages that a project requires, as rockcraft reads them: lines of `requirements.txt` that are a whole
//! requirement of PEP 508, and `dependencies` of the table `project` in `pyproject.toml`.

use crate::folder::{Error, Folder};

/// The files with requirements.
const REQUIREMENTS: &str = "requirements.txt";
const PROJECT: &str = "pyproject.toml";

/// Returns true if rockcraft finds the package `name` among the requirements of `dir`.
///
/// A line with more than a requirement, such as a comment, `--hash=…` or a backslash at its end, is none to rockcraft:
/// see [`mentions`].
///
/// # Errors
/// When a file is no regular file, too large, or can't be read.
pub fn requires(dir: &Folder, name: &str) -> Result<bool, Error> {
    let is_meant = |requirement: &str| package(requirement).is_some_and(|package| package == name);
    let listed = dir.text(REQUIREMENTS)?.unwrap_or_default();
    let declared = dir.text(PROJECT)?.unwrap_or_default();
    Ok(listed.lines().any(is_meant) || dependencies(&declared).iter().any(|requirement| is_meant(requirement)))
}

/// Returns the line of `requirements.txt` that requires the package `name` for pip, though perhaps not for rockcraft:
/// pip takes comments, hashes and continued lines.
///
/// # Errors
/// When the file is no regular file, too large, or can't be read.
pub fn mentions(dir: &Folder, name: &str) -> Result<Option<String>, Error> {
    let text = dir.text(REQUIREMENTS)?.unwrap_or_default();
    let is_meant = |line: &&str| {
        let requirement = line.split(" #").next().unwrap_or(line).split(" --").next().unwrap_or(line);
        package(requirement.trim_end_matches(['\\', ' '])).is_some_and(|package| package.replace('_', "-") == name)
    };
    Ok(text.lines().find(is_meant).map(|line| line.trim().to_owned()))
}

/// Returns the line of `requirements.txt` with a package whose name has `name` as a part, such as `company.flask-base`.
/// rockcraft took any such text for a requirement until April 2026, and takes none since.
///
/// # Errors
/// When the file is no regular file, too large, or can't be read.
pub fn implies(dir: &Folder, name: &str) -> Result<Option<String>, Error> {
    let text = dir.text(REQUIREMENTS)?.unwrap_or_default();
    let is_meant = |line: &&str| package(line).is_some_and(|package| package.contains(name));
    Ok(text.lines().find(is_meant).map(|line| line.trim().to_owned()))
}

/// Returns true if `requirements.txt` names FastAPI or Starlette anywhere, which is all that rockcraft looks for.
///
/// # Errors
/// When the file is no regular file, too large, or can't be read.
pub fn names_fastapi(dir: &Folder) -> Result<bool, Error> {
    let text = dir.text(REQUIREMENTS)?.unwrap_or_default().to_lowercase();
    Ok(["fastapi", "starlette"].iter().any(|name| text.contains(name)))
}

/// The list `project.dependencies` of a `pyproject.toml`. Empty for a text that is no TOML.
fn dependencies(text: &str) -> Vec<String> {
    let document: toml::Table = toml::from_str(text).unwrap_or_default();
    let list = document.get("project").and_then(|project| project.get("dependencies")).and_then(|list| list.as_array());
    list.into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// The package of a requirement, in lower case: `flask` of `Flask[async] >=2 ; python_version > "3"`. `None` for a text
/// that isn't one requirement and no more.
pub(super) fn package(text: &str) -> Option<String> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let fits = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric());
    (fits && ends(rest.trim_start())?).then(|| name.to_ascii_lowercase())
}

/// Returns true if `rest`, which follows a name, completes a requirement. `None`: a bracket is left open.
fn ends(rest: &str) -> Option<bool> {
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1.trim_start(),
        None => rest,
    };
    if let Some(url) = rest.strip_prefix('@') {
        // An address ends at a blank; a marker may follow.
        let url = url.trim_start();
        let after = url.split_once(char::is_whitespace).map_or("", |(_, after)| after.trim_start());
        return Some(!url.is_empty() && (after.is_empty() || after.starts_with(';')));
    }
    let versions = rest.split(';').next().unwrap_or_default().trim_end();
    let bare = versions.strip_prefix('(').map_or(Some(versions), |inner| inner.strip_suffix(')'))?;
    Some(bare.is_empty() || bare.split(',').all(is_version))
}

/// Returns true for an operator and a version, such as `~= 2.0`.
fn is_version(text: &str) -> bool {
    const OPERATORS: [&str; 8] = ["===", "~=", "==", "!=", "<=", ">=", "<", ">"];
    let version = OPERATORS.iter().find_map(|operator| text.trim().strip_prefix(operator));
    version.map(str::trim).is_some_and(|version| {
        !version.is_empty() && version.chars().all(|c| c.is_ascii_alphanumeric() || ".*+!-_".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::python::tests::{open, project};

    /// Each line with the answer of the library that rockcraft reads them with (`packaging`).
    #[test]
    fn a_line_is_a_requirement_if_rockcraft_takes_it() {
        for line in [
            "flask",
            "Flask==3.1",
            "flask [async] >= 2",
            "flask;python_version>'3'",
            " flask",
            "flask (>=2)",
            "flask >=2, <4",
            "flask @ https://x/y.whl",
            "flask@git+https://x",
            "flask==3.*",
        ] {
            assert_eq!(package(line).as_deref(), Some("flask"), "{line}");
        }
        for line in [
            "flask # web",
            "FLASK~=2.0 # web",
            "flask==3 --hash=sha256:aa",
            "flask==3 \\",
            "flask,",
            "flask>=",
            "flask[async",
            "# flask",
            "-r flask.txt",
            "",
        ] {
            assert_eq!(package(line), None, "{line}");
        }
        assert_eq!(package("flask_login").as_deref(), Some("flask_login"));
    }

    #[test]
    fn requirements_are_read_from_both_files() {
        let requires = |files: &[(&str, &str)]| requires(&open(&project(files)), "flask").unwrap();
        assert!(requires(&[("requirements.txt", "x\r\nflask>=3\r\n")]));
        assert!(requires(&[("pyproject.toml", "[project]\nname = 'x'\ndependencies = [\n  \"Flask>=3\", # web\n]\n")]));
        for text in [
            "[project.optional-dependencies]\nweb = ['flask']",
            "[dependency-groups]\ndev = ['flask']",
            "[tool.poetry.dependencies]\nflask = '^3'",
            "[project]\ndescription = 'flask'\ndependencies = 'flask'",
            "# 'flask'",
            "[project\ndependencies = ['flask']",
        ] {
            assert!(!requires(&[("pyproject.toml", text)]), "{text}");
        }
        assert!(!requires(&[]));
    }

    #[test]
    fn a_line_for_pip_alone_is_still_a_mention() {
        for line in ["flask # web", "Flask==3 --hash=sha256:aa", "flask==3.0 \\", "flask"] {
            let text = format!("x\n{line}\n    --hash=sha256:bb\n");
            let found = mentions(&open(&project(&[("requirements.txt", &text)])), "flask").unwrap();
            assert_eq!(found.as_deref(), Some(line));
        }
        let login = project(&[("requirements.txt", "# flask\nflask-login==1")]);
        assert_eq!(mentions(&open(&login), "flask").unwrap(), None);
        assert_eq!(implies(&open(&login), "flask").unwrap().as_deref(), Some("flask-login==1"));
        assert_eq!(implies(&open(&project(&[("requirements.txt", "# flask\nwsgi")])), "flask").unwrap(), None);
        assert!(names_fastapi(&open(&project(&[("requirements.txt", "FastAPI[standard] # web")]))).unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,40}") {
            prop_assert!(package(&text).is_none_or(|name| !name.is_empty()));
            dependencies(&text);
        }
    }
}
