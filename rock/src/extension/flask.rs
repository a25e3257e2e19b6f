//! `flask-framework`.

use super::{Obstacle, Snippet, Source, gunicorn, install_app};

const APP: &str = "flask-framework/install-app";

/// Files copied into the image unless the author lists others.
const FILES: [&str; 9] =
    ["app", "app.py", "main.py", "src", "migrate", "migrate.sh", "migrate.py", "static", "templates"];

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, Obstacle> {
    let note = unread(source)?;
    let app = install_app(source, APP, "flask/app", source.present(&FILES)?)?;
    let mut snippet = gunicorn::snippet(source, "flask", &app, || {
        let entry = pack::python::wsgi(source.root, source.name())?;
        entry.map(|entry| entry.to_string()).ok_or_else(|| {
            "no `app`, `application`, `create_app()` or `make_app()` is in app.py, main.py, app/, src/ or the folder of \
             the project's name: add one, or give services/flask a command"
                .into()
        })
    })?;
    snippet.made.notes.extend(note);
    Ok(snippet)
}

/// Note about a requirement of Flask that pip takes and rockcraft doesn't read, or that brings Flask by its own
/// requirements.
fn unread(source: &Source<'_>) -> Result<Option<String>, Obstacle> {
    if pack::python::requires(source.root, "flask")? {
        return Ok(None);
    }
    match pack::python::mentions(source.root, "flask")? {
        Some(line) => Ok(Some(format!(
            "rockcraft finds no flask in requirements.txt, since it doesn't read {line:?}: write the package and its \
             version alone there, or in pyproject.toml"
        ))),
        None => brought(source),
    }
}

fn brought(source: &Source<'_>) -> Result<Option<String>, Obstacle> {
    match pack::python::implies(source.root, "flask")? {
        Some(line) => Ok(Some(format!(
            "rockcraft of April 2026 or later refuses the project, since it finds no flask in requirements.txt, only {line:?}: \
             add a line `flask`"
        ))),
        None => Err("it needs a requirements.txt or pyproject.toml with flask among its dependencies".into()),
    }
}
