//! Rules of an extension, as charmcraft enforces them: the names it declares are reserved, and it supports some bases
//! only.

use extensions::{Extension, bases as bases_of, is_empty};
use serde_yaml::{Mapping, Value};

use crate::finding::Finding;
use crate::source::Source;
use crate::yaml;

/// The variables of every framework, without its prefix.
const COMMON: [&str; 3] = ["BASE_URL", "PEER_FQDNS", "SECRET_KEY"];

/// Every violation of an extension's rules in `project`.
pub(crate) fn findings(extension: &Extension, project: &Source) -> Vec<Finding> {
    let snippet = extension.snippet();
    let mut found = bases(extension, project);
    found.extend(kind(project));
    found.extend(fields(extension, project));
    found.extend(reserved(extension, &snippet, project));
    found.extend(overlaps(extension, &snippet, project));
    found.extend(options(extension, project));
    found
}

fn bases(extension: &Extension, project: &Source) -> Vec<Finding> {
    let bases = bases_of(&project.document);
    let place = ["bases", "base"].into_iter().find(|key| project.document.contains_key(*key)).unwrap_or("platforms");
    if bases.len() > 1 {
        let what = format!("{} takes one base, not {}", extension.name(), bases.join(" and "));
        return vec![project.refused(&[place], what, "keep one of them")];
    }
    let supported: Vec<&str> =
        extension.data.conventions.iter().flat_map(|convention| &convention.bases).map(String::as_str).collect();
    let finding = |base: &String| {
        let what = format!("{} isn't made for {base}", extension.name());
        project.refused(&[place], what, format!("take one of {}", supported.join(", ")))
    };
    let wrong = bases.iter().filter(|base| !supported.contains(&base.as_str())).map(finding);
    wrong.chain(experimental(extension, project, place, &bases)).collect()
}

fn experimental(extension: &Extension, project: &Source, place: &str, bases: &[String]) -> Option<Finding> {
    let convention = &extension.convention;
    let base = bases.first().filter(|base| convention.experimental && convention.bases.contains(base))?;
    let what = format!("charmcraft calls {} experimental on {base}", extension.name());
    let remedy = "for `charmcraft pack`, set CHARMCRAFT_ENABLE_EXPERIMENTAL_EXTENSIONS=1";
    Some(project.refused(&[place], what, remedy).into_advice())
}

fn kind(project: &Source) -> Option<Finding> {
    let kind = yaml::text(&project.document, "type");
    let what = "an extension is for `type: charm`";
    (kind != Some("charm")).then(|| project.refused(&["type"], what, "write `type: charm`"))
}

/// Sections that an extension excludes.
fn fields(extension: &Extension, project: &Source) -> Vec<Finding> {
    let name = extension.name();
    let mut found: Vec<Finding> = ["devices", "extra-bindings", "storage"]
        .into_iter()
        .filter(|field| project.document.contains_key(*field))
        .map(|field| project.refused(&[field], format!("{name} can't be used with {field}"), "remove it"))
        .collect();
    if project.section("parts").contains_key("charm") {
        found.push(project.refused(&["parts", "charm"], format!("{name} brings the part charm"), "remove the part"));
    }
    found
}

fn reserved(extension: &Extension, snippet: &Mapping, project: &Source) -> Vec<Finding> {
    let differs = |key: &&str| project.document.get(*key).is_some_and(|value| Some(value) != snippet.get(*key));
    ["assumes", "containers", "resources", "peers"]
        .into_iter()
        .filter(differs)
        .map(|key| project.refused(&[key], format!("{} writes {key} itself", extension.name()), "remove it"))
        .collect()
}

fn overlaps(extension: &Extension, snippet: &Mapping, project: &Source) -> Vec<Finding> {
    let name = extension.name();
    let finding = |path: &[&str]| {
        let what = format!("{name} declares {} itself", path.join("."));
        project.refused(path, what, "rename or remove it")
    };
    let mut found = Vec::new();
    for section in ["actions", "requires", "provides"] {
        let theirs = yaml::section(snippet, section);
        let own = project.section(section);
        found.extend(yaml::keys(&own).filter(|key| theirs.contains_key(*key)).map(|key| finding(&[section, key])));
    }
    let theirs = yaml::section(&yaml::section(snippet, "config"), "options");
    let own = yaml::section(&project.section("config"), "options");
    let taken = yaml::keys(&own).filter(|key| theirs.contains_key(*key));
    found.extend(taken.map(|key| finding(&["config", "options", key])));
    found
}

/// The variable that an author's option of this name becomes, if the charm sets it itself.
fn taken(extension: &Extension, option: &str) -> Option<String> {
    let name = option.replace('-', "_").to_uppercase();
    let own = extension.convention.variables.iter().map(String::as_str);
    let is_taken = own.chain(COMMON).any(|variable| variable == name);
    is_taken.then(|| format!("{}{name}", extension.data.prefix))
}

fn options(extension: &Extension, project: &Source) -> Vec<Finding> {
    let own = yaml::section(&project.section("config"), "options");
    let snippet = yaml::section(&yaml::section(&extension.snippet(), "config"), "options");
    let mut found = Vec::new();
    for (name, option) in own.iter().filter_map(|(name, option)| Some((name.as_str()?, option))) {
        let path = ["config", "options", name];
        let prefixes = ["webserver-".to_owned(), format!("{}-", extension.framework)];
        // Options that the extension declares have a finding already.
        if let Some(prefix) = prefixes.iter().find(|p| name.starts_with(p.as_str()) && !snippet.contains_key(name)) {
            let what = format!("options of the name {prefix}… are the extension's");
            found.push(project.refused(&path, what, "rename the option"));
        }
        found.extend(taken(extension, name).map(|variable| {
            let what = format!("the option {name} becomes the variable {variable}, which the charm sets itself");
            project.refused(&path, what, "rename the option").into_advice()
        }));
        if option.get("optional") == Some(&Value::Bool(false)) && option.get("default").is_some_and(|v| !is_empty(v)) {
            let what = format!("the option {name} can't be required and have a default");
            found.push(project.refused(&path, what, "remove `default` or `optional: false`"));
        }
    }
    found
}
