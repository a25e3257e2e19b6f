//! A Java project and its build tool, Maven or Gradle.

use std::os::unix::fs::PermissionsExt;

use super::View;
use crate::folder::{Error, Folder};

/// Build file, the wrapper that rockcraft prefers if it is beside it, and the tool's name.
const TOOLS: [(&str, &str, &str); 2] = [("pom.xml", "mvnw", "Maven"), ("build.gradle", "gradlew", "Gradle")];

/// Gradle's build file in Kotlin, which the extension doesn't know.
const KOTLIN: &str = "build.gradle.kts";

pub(super) fn sign(dir: &Folder) -> Result<Option<String>, Error> {
    for file in TOOLS.into_iter().map(|(file, _, _)| file).chain([KOTLIN]) {
        if dir.has_file(file)? {
            return Ok(Some(file.to_owned()));
        }
    }
    Ok(None)
}

pub(super) fn view(dir: &Folder) -> Result<View, Error> {
    let (mut found, mut wrappers) = (Vec::new(), Vec::new());
    for (file, wrapper, tool) in TOOLS {
        let has_wrapper = dir.has_file(wrapper)?;
        wrappers.extend(has_wrapper.then_some(wrapper));
        found.extend(dir.has_file(file)?.then_some((wrapper, tool, has_wrapper)));
    }
    let mut remarks = match found.as_slice() {
        [] if dir.has_file(KOTLIN)? => vec![format!("rockcraft knows build.gradle, not {KOTLIN}: translate it")],
        [] => vec!["there is neither pom.xml nor build.gradle: write the file of your build tool".to_owned()],
        [_] => Vec::new(),
        _ => vec!["pom.xml and build.gradle are both there, of which rockcraft takes one: remove the other".to_owned()],
    };
    if wrappers.len() == TOOLS.len() {
        remarks.push("mvnw and gradlew are both there, of which rockcraft takes one: remove the other".to_owned());
    }
    for wrapper in wrappers {
        if is_closed(dir, wrapper)? {
            remarks.push(format!("{wrapper} can't be run: `chmod +x {wrapper}`"));
        }
    }
    let how = found.first().map(|(wrapper, tool, has_wrapper)| {
        let wrapped = if *has_wrapper { format!(" by its {wrapper}") } else { String::new() };
        format!("built with {tool}{wrapped}")
    });
    Ok(View { how, remarks, parts: String::new() })
}

/// True if the file has no execute bit.
fn is_closed(dir: &Folder, wrapper: &str) -> Result<bool, Error> {
    let mode = dir.file(wrapper)?.and_then(|file| file.metadata().ok()).map(|found| found.permissions().mode());
    Ok(mode.is_some_and(|mode| mode & 0o111 == 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tests::{folder, open};

    #[test]
    fn maven_or_gradle_builds_it() {
        let maven = folder(&[("pom.xml", "<project/>")]);
        assert_eq!(
            (sign(&open(&maven)).unwrap().as_deref(), view(&open(&maven)).unwrap().how.as_deref()),
            (Some("pom.xml"), Some("built with Maven"))
        );
        let gradle = folder(&[("build.gradle", ""), ("gradlew", "#!/bin/sh")]);
        let seen = view(&open(&gradle)).unwrap();
        assert_eq!(seen.how.as_deref(), Some("built with Gradle by its gradlew"));
        assert_eq!(seen.remarks, ["gradlew can't be run: `chmod +x gradlew`"]);
        assert_eq!(sign(&open(&folder(&[("Main.java", "")]))).unwrap(), None);
    }

    #[test]
    fn a_project_that_rockcraft_would_refuse_gets_a_remark() {
        for (files, remark) in [
            (&[("pom.xml", ""), ("build.gradle", "")][..], "pom.xml and build.gradle"),
            (&[("pom.xml", ""), ("mvnw", ""), ("gradlew", "")], "mvnw and gradlew"),
            (&[("build.gradle.kts", "")], "not build.gradle.kts"),
            (&[], "neither"),
        ] {
            assert!(view(&open(&folder(files))).unwrap().remarks[0].contains(remark), "{files:?}");
        }
        assert!(sign(&open(&folder(&[("build.gradle.kts", "")]))).unwrap().is_some());
    }
}
