//! A Node project: its dependency on Express and its `npm start`.

use serde_json::Value;

use super::View;
use crate::folder::{Error, Folder};

/// Places of `package.json`: rockcraft's, then the usual one.
const PLACES: [&str; 2] = ["app/package.json", "package.json"];

/// The first of [`PLACES`] whose project depends on Express.
pub(super) fn sign(dir: &Folder) -> Result<Option<String>, Error> {
    for place in PLACES {
        let project = read(dir, place)?;
        if project.is_some_and(|project| project["dependencies"].get("express").is_some()) {
            return Ok(Some(format!("express in {place}")));
        }
    }
    Ok(None)
}

pub(super) fn view(dir: &Folder) -> Result<View, Error> {
    let mut remarks = Vec::new();
    if !dir.has_file(PLACES[0])? {
        remarks.push("rockcraft looks for app/package.json: move the application into the folder app".to_owned());
    }
    let Some(project) = read(dir, PLACES[0])?.map_or_else(|| read(dir, PLACES[1]), |found| Ok(Some(found)))? else {
        remarks.push("there is no package.json that is a JSON object: `npm init` writes one".to_owned());
        return Ok(View { remarks, ..View::default() });
    };
    if !project["name"].is_string() {
        remarks.push("package.json has no name: add one".to_owned());
    }
    let start = project["scripts"]["start"].as_str();
    if start.is_none() {
        remarks
            .push("package.json has no script `start`, by which it is run: add one, such as `node app.js`".to_owned());
    }
    Ok(View { how: start.map(|start| format!("by npm start: {start}")), remarks, parts: String::new() })
}

fn read(dir: &Folder, place: &str) -> Result<Option<Value>, Error> {
    let text = dir.text(place)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).ok().filter(Value::is_object))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tests::{folder, open};

    const GOOD: &str = r#"{"name": "x", "scripts": {"start": "node app.js"}, "dependencies": {"express": "^5"}}"#;

    #[test]
    fn express_is_a_dependency_of_the_project_in_app_or_here() {
        assert_eq!(
            sign(&open(&folder(&[("app/package.json", GOOD)]))).unwrap().as_deref(),
            Some("express in app/package.json")
        );
        assert_eq!(
            sign(&open(&folder(&[("package.json", GOOD)]))).unwrap().as_deref(),
            Some("express in package.json")
        );
        for text in [r#"{"devDependencies": {"express": "5"}}"#, r#"{"dependencies": ["express"]}"#, "[]", "{"] {
            assert_eq!(sign(&open(&folder(&[("app/package.json", text)]))).unwrap(), None, "{text}");
        }
    }

    #[test]
    fn a_project_that_rockcraft_would_refuse_gets_a_remark() {
        let good = view(&open(&folder(&[("app/package.json", GOOD)]))).unwrap();
        assert_eq!((good.how.as_deref(), good.remarks.len()), (Some("by npm start: node app.js"), 0));
        for (file, text, remarks) in [
            ("package.json", GOOD, &["into the folder app"][..]),
            ("app/package.json", "{}", &["no name", "no script `start`"]),
            ("app/package.json", "[]", &["npm init"]),
            ("README", "", &["into the folder app", "npm init"]),
        ] {
            let view = view(&open(&folder(&[(file, text)]))).unwrap();
            assert_eq!(view.remarks.len(), remarks.len(), "{:?}", view.remarks);
            assert!(view.remarks.iter().zip(remarks).all(|(told, part)| told.contains(part)), "{:?}", view.remarks);
        }
    }
}
