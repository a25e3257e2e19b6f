//! Recognition of the application in a folder: its framework, its entry point, and the files that rockcraft's extension
//! needs and doesn't find.
//!
//! The signs are those that the extensions themselves look for. A folder may show several frameworks; the user then
//! names one of them.

mod go;
mod imports;
mod java;
mod node;

use std::collections::BTreeSet;

use crate::folder::{self, Folder, Kind};
use crate::{Error, Framework, python, yaml};

/// A framework that a folder shows, and the file or package that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// The framework.
    pub framework: Framework,
    /// The file or package that shows it, such as `go.mod`.
    pub shown: String,
}

/// Findings about an application's folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// Start command or build tool, as a phrase for a message: `at app:app`. `None`: not recognised.
    pub(crate) how: Option<String>,
    /// Files or keys that rockcraft's extension will miss, each with its remedy.
    pub(crate) remarks: Vec<String>,
    /// First lines of `parts` in `rockcraft.yaml`, if the application needs any.
    pub(crate) parts: String,
}

/// The framework of the application in `dir`: `asked` if it is given, else the one the folder shows.
///
/// # Errors
/// When the folder shows none, or several.
pub(crate) fn framework(dir: &Folder, asked: Option<Framework>) -> Result<Framework, Error> {
    if let Some(asked) = asked {
        return Ok(asked);
    }
    let mut signs = signs(dir)?;
    match (signs.pop(), signs.is_empty()) {
        (None, _) => Err(Error::NoApplication(dir.path().display().to_string())),
        (Some(sign), true) => Ok(sign.framework),
        (Some(last), false) => {
            signs.push(last);
            Err(Error::SeveralApplications { dir: dir.path().display().to_string(), signs })
        }
    }
}

/// Every framework that the folder shows.
fn signs(dir: &Folder) -> Result<Vec<Sign>, folder::Error> {
    let mut signs = Vec::new();
    for framework in Framework::ALL {
        signs.extend(sign(framework, dir)?.map(|shown| Sign { framework, shown }));
    }
    Ok(signs)
}

fn sign(framework: Framework, dir: &Folder) -> Result<Option<String>, folder::Error> {
    let required = |package: &str| {
        let required = python::requires(dir, package)? || python::mentions(dir, package)?.is_some();
        Ok(required.then(|| format!("{package} among its requirements")))
    };
    match framework {
        Framework::Flask => required("flask"),
        Framework::Django => match required("django")? {
            None => Ok(django_folder(dir)?.map(|folder| folder.replace("./", "") + "manage.py")),
            found => Ok(found),
        },
        Framework::FastApi => required("fastapi")?.map_or_else(|| required("starlette"), |found| Ok(Some(found))),
        Framework::Go => Ok(dir.has_file("go.mod")?.then(|| "go.mod".to_owned())),
        Framework::ExpressJs => node::sign(dir),
        Framework::SpringBoot => java::sign(dir),
    }
}

/// Name for the rock of the application in `dir`. Only Django has one: rockcraft looks for a folder of the rock's name.
pub(crate) fn name(framework: Framework, dir: &Folder) -> Result<Option<String>, folder::Error> {
    if framework != Framework::Django {
        return Ok(None);
    }
    let folder = django_folder(dir)?.filter(|folder| folder != "./");
    Ok(folder.map(|folder| folder.trim_end_matches('/').to_owned()))
}

/// The folder with `manage.py`, with a slash at its end: `dir` itself (`./`) or its first subfolder that has the file.
fn django_folder(dir: &Folder) -> Result<Option<String>, folder::Error> {
    if dir.has_file("manage.py")? {
        return Ok(Some("./".to_owned()));
    }
    for (name, kind) in dir.entries("")? {
        if kind == Kind::Folder && dir.folder(&name)?.has_file("manage.py")? {
            return Ok(name.to_str().map(|name| name.to_owned() + "/"));
        }
    }
    Ok(None)
}

/// Looks at the application in `dir`, whose rock is called `name`.
pub(crate) fn view(framework: Framework, dir: &Folder, name: &str) -> Result<View, folder::Error> {
    match framework {
        Framework::Flask => flask(dir, name),
        Framework::Django => django(dir, name),
        Framework::FastApi => fastapi(dir, name),
        Framework::Go => go::view(dir, name),
        Framework::ExpressJs => node::view(dir),
        Framework::SpringBoot => java::view(dir),
    }
}

const NO_ENTRY: &str = "is in app.py, main.py, app/ or src/: name it in rockcraft.yaml, as the command of the service";

fn flask(dir: &Folder, name: &str) -> Result<View, folder::Error> {
    let unlisted = match (python::requires(dir, "flask")?, python::mentions(dir, "flask")?) {
        (true, _) => None,
        (false, Some(line)) => {
            Some(format!("rockcraft doesn't read {line:?}: write the package and its version alone"))
        }
        (false, None) => Some("flask isn't required: add it to requirements.txt".to_owned()),
    };
    let entry = python::wsgi(dir, name);
    let parts = copied(Framework::Flask, dir, entry.as_ref().ok().and_then(Option::as_ref), &FLASK)?;
    let view = seen(entry, unlisted, || format!("no `app` or `application` {NO_ENTRY}"))?;
    Ok(View { parts: parts.section, remarks: view.remarks.into_iter().chain(parts.remark).collect(), ..view })
}

/// Files that the extensions copy into the rock, besides FastAPI's own file or folder.
const FLASK: [&str; 9] =
    ["app", "app.py", "main.py", "src", "migrate", "migrate.sh", "migrate.py", "static", "templates"];
const FASTAPI: [&str; 5] = ["migrate", "migrate.sh", "migrate.py", "static", "templates"];

/// The part that copies the application, in `rockcraft.yaml`.
struct Copied {
    /// First lines of `parts`, with a list of files if the extension would miss some.
    section: String,
    /// Remark on an existing `rockcraft.yaml` that lacks them.
    remark: Option<String>,
}

/// Files that the application imports, beside those that its extension copies.
fn copied(
    framework: Framework,
    dir: &Folder,
    entry: Option<&python::Entry>,
    usual: &[&str],
) -> Result<Copied, folder::Error> {
    let place = if framework == Framework::Flask { "flask/app" } else { "app" };
    let none = format!(
        "# parts:\n#   {framework}-framework/install-app:\n#     prime:\n#       - {place}/app.py\n#       - {place}/data\n"
    );
    let Some(entry) = entry else { return Ok(Copied { section: none, remark: None }) };
    let top = entry.file.iter().next().and_then(|top| top.to_str());
    let usual: Vec<&str> = usual.iter().copied().chain(top).collect();
    let missing = imports::missing(dir, &entry.file, &usual)?;
    if missing.is_empty() {
        return Ok(Copied { section: none, remark: None });
    }
    let mut files = Vec::new();
    for name in usual.into_iter().collect::<BTreeSet<_>>() {
        if dir.kind(name)?.is_some() {
            files.push(name);
        }
    }
    files.extend(missing.iter().map(String::as_str));
    let lines: String =
        files.iter().map(|file| format!("      - {}\n", yaml::quoted(&format!("{place}/{file}")))).collect();
    let listed = dir.text("rockcraft.yaml")?;
    let lacks = |text: String| missing.iter().any(|file| !text.contains(&format!("{place}/{file}")));
    let remark = listed.is_some_and(lacks).then(|| {
        let all = files.iter().map(|file| format!("{place}/{file}")).collect::<Vec<_>>().join(", ");
        format!(
            "the rock lacks {}, which {} imports: list it in rockcraft.yaml, `parts: {{{framework}-framework/install-app: \
             {{prime: [{all}]}}}}`",
            missing.join(", "),
            entry.file.display()
        )
    });
    Ok(Copied { section: format!("parts:\n  {framework}-framework/install-app:\n    prime:\n{lines}"), remark })
}

fn fastapi(dir: &Folder, name: &str) -> Result<View, folder::Error> {
    let unlisted = !python::names_fastapi(dir)?;
    let unlisted = unlisted.then(|| "rockcraft reads requirements.txt alone: add fastapi to it".to_owned());
    let entry = python::asgi(dir, name);
    let parts = copied(Framework::FastApi, dir, entry.as_ref().ok().and_then(Option::as_ref), &FASTAPI)?;
    let view = seen(entry, unlisted, || format!("no `app` {NO_ENTRY}"))?;
    Ok(View { parts: parts.section, remarks: view.remarks.into_iter().chain(parts.remark).collect(), ..view })
}

fn django(dir: &Folder, name: &str) -> Result<View, folder::Error> {
    let unlisted = !dir.has_file("requirements.txt")?;
    let unlisted = unlisted.then(|| "rockcraft reads requirements.txt alone: write one with django in it".to_owned());
    let module = python::module_name(name);
    seen(python::django(dir, name), unlisted, || {
        format!(
            "rockcraft looks for `application` in {module}/{module}/wsgi.py: lay the project out like that, or name it \
             as the command of the service"
        )
    })
}

/// View of a Python application. A file that is no Python gets a remark: the framework is known without it.
fn seen(
    entry: Result<Option<python::Entry>, python::Error>,
    unlisted: Option<String>,
    missing: impl FnOnce() -> String,
) -> Result<View, folder::Error> {
    let (entry, fault) = match entry {
        Ok(Some(entry)) => (Some(entry), None),
        Ok(None) => (None, Some(missing())),
        Err(python::Error::File(error)) => return Err(error),
        Err(fault) => {
            (None, Some(format!("{fault}; name the entry point in rockcraft.yaml, as the command of the service")))
        }
    };
    let how = entry.map(|entry| format!("at {entry}"));
    Ok(View { how, remarks: unlisted.into_iter().chain(fault).collect(), parts: String::new() })
}

#[cfg(test)]
mod tests;
