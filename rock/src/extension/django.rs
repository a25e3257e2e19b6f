//! `django-framework`.

use serde_json::json;

use super::{Obstacle, Snippet, Source, daemon, gunicorn};

const APP: &str = "django-framework/install-app";

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, Obstacle> {
    if !source.has("requirements.txt")? {
        return Err("it needs a requirements.txt with Django".into());
    }
    let folder = pack::python::module_name(source.name());
    let app = if source.document.get("parts").and_then(|parts| parts.get(APP)).is_some() {
        json!({"permissions": daemon()})
    } else {
        json!({
            "plugin": "dump",
            "source": folder,
            "organize": {"*": "django/app/", ".*": "django/app/"},
            "stage": ["-django/app/db.sqlite3"],
            "permissions": daemon(),
        })
    };
    gunicorn::snippet(source, "django", &app, || {
        let entry = pack::python::django(source.root, source.name())?;
        entry.map(|entry| entry.to_string()).ok_or_else(|| {
            let lacks = format!(
                "no `application` is in {folder}/{folder}/wsgi.py or {folder}/mysite/wsgi.py: the folder with manage.py \
                 has the project's name, {folder}"
            );
            lacks.into()
        })
    })
}
