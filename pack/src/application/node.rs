//! A project of Node's package manager: whether it is Express, and whether `npm start` starts it.

use std::path::Path;

use serde_json::Value;

use super::View;

/// Where rockcraft has the application, and where people have it.
const PLACES: [&str; 2] = ["app/package.json", "package.json"];

/// The first of the places whose project depends on Express.
pub(super) fn sign(dir: &Path) -> Option<String> {
    let depends =
        |place: &&str| read(dir, place).is_some_and(|project| project["dependencies"].get("express").is_some());
    let place = PLACES.into_iter().find(depends)?;
    Some(format!("express in {place}"))
}

pub(super) fn view(dir: &Path) -> View {
    let mut remarks = Vec::new();
    if !dir.join(PLACES[0]).is_file() {
        remarks.push("rockcraft looks for app/package.json: move the application into the folder app".to_owned());
    }
    let Some(project) = PLACES.into_iter().find_map(|place| read(dir, place)) else {
        remarks.push("there is no package.json that is a JSON object: `npm init` writes one".to_owned());
        return View { remarks, ..View::default() };
    };
    if !project["name"].is_string() {
        remarks.push("package.json has no name: add one".to_owned());
    }
    let start = project["scripts"]["start"].as_str();
    if start.is_none() {
        remarks
            .push("package.json has no script `start`, by which it is run: add one, such as `node app.js`".to_owned());
    }
    View { how: start.map(|start| format!("by npm start: {start}")), remarks, parts: String::new() }
}

fn read(dir: &Path, place: &str) -> Option<Value> {
    let text = std::fs::read_to_string(dir.join(place)).ok()?;
    serde_json::from_str(&text).ok().filter(Value::is_object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tests::folder;

    const GOOD: &str = r#"{"name": "x", "scripts": {"start": "node app.js"}, "dependencies": {"express": "^5"}}"#;

    #[test]
    fn express_is_a_dependency_of_the_project_in_app_or_here() {
        assert_eq!(sign(folder(&[("app/package.json", GOOD)]).path()).as_deref(), Some("express in app/package.json"));
        assert_eq!(sign(folder(&[("package.json", GOOD)]).path()).as_deref(), Some("express in package.json"));
        for text in [r#"{"devDependencies": {"express": "5"}}"#, r#"{"dependencies": ["express"]}"#, "[]", "{"] {
            assert_eq!(sign(folder(&[("app/package.json", text)]).path()), None, "{text}");
        }
    }

    #[test]
    fn what_rockcraft_would_miss_is_told() {
        let good = view(folder(&[("app/package.json", GOOD)]).path());
        assert_eq!((good.how.as_deref(), good.remarks.len()), (Some("by npm start: node app.js"), 0));
        for (file, text, remarks) in [
            ("package.json", GOOD, &["into the folder app"][..]),
            ("app/package.json", "{}", &["no name", "no script `start`"]),
            ("app/package.json", "[]", &["npm init"]),
            ("README", "", &["into the folder app", "npm init"]),
        ] {
            let view = view(folder(&[(file, text)]).path());
            assert_eq!(view.remarks.len(), remarks.len(), "{:?}", view.remarks);
            assert!(view.remarks.iter().zip(remarks).all(|(told, part)| told.contains(part)), "{:?}", view.remarks);
        }
    }
}
