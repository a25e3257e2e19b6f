//! A Java project: whether Maven or Gradle builds it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::View;

/// A build file, the wrapper beside it that rockcraft prefers, and the tool.
const TOOLS: [(&str, &str, &str); 2] = [("pom.xml", "mvnw", "Maven"), ("build.gradle", "gradlew", "Gradle")];

/// A build file that the extension doesn't know.
const KOTLIN: &str = "build.gradle.kts";

pub(super) fn sign(dir: &Path) -> Option<String> {
    let files = TOOLS.into_iter().map(|(file, _, _)| file).chain([KOTLIN]);
    files.into_iter().find(|file| dir.join(file).is_file()).map(str::to_owned)
}

pub(super) fn view(dir: &Path) -> View {
    let has = |file: &str| dir.join(file).is_file();
    let found: Vec<_> = TOOLS.into_iter().filter(|(file, _, _)| has(file)).collect();
    let mut remarks = match found.as_slice() {
        [] if has(KOTLIN) => vec![format!("rockcraft knows build.gradle, not {KOTLIN}: translate it")],
        [] => vec!["there is neither pom.xml nor build.gradle: write the one of your tool".to_owned()],
        [_] => Vec::new(),
        _ => vec!["pom.xml and build.gradle are both there, of which rockcraft takes one: remove the other".to_owned()],
    };
    let wrappers: Vec<&str> = TOOLS.into_iter().map(|(_, wrapper, _)| wrapper).filter(|wrapper| has(wrapper)).collect();
    if wrappers.len() == TOOLS.len() {
        remarks.push("mvnw and gradlew are both there, of which rockcraft takes one: remove the other".to_owned());
    }
    let is_closed =
        |wrapper: &&&str| dir.join(wrapper).metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 == 0);
    remarks.extend(
        wrappers.iter().filter(is_closed).map(|wrapper| format!("{wrapper} can't be run: `chmod +x {wrapper}`")),
    );
    let how = found.first().map(|(_, wrapper, tool)| {
        let wrapped = if has(wrapper) { format!(" by its {wrapper}") } else { String::new() };
        format!("built with {tool}{wrapped}")
    });
    View { how, remarks, parts: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::tests::folder;

    #[test]
    fn maven_or_gradle_builds_it() {
        let maven = folder(&[("pom.xml", "<project/>")]);
        assert_eq!(
            (sign(maven.path()).as_deref(), view(maven.path()).how.as_deref()),
            (Some("pom.xml"), Some("built with Maven"))
        );
        let gradle = folder(&[("build.gradle", ""), ("gradlew", "#!/bin/sh")]);
        let seen = view(gradle.path());
        assert_eq!(seen.how.as_deref(), Some("built with Gradle by its gradlew"));
        assert_eq!(seen.remarks, ["gradlew can't be run: `chmod +x gradlew`"]);
        assert_eq!(sign(folder(&[("Main.java", "")]).path()), None);
    }

    #[test]
    fn what_rockcraft_would_refuse_is_told() {
        for (files, remark) in [
            (&[("pom.xml", ""), ("build.gradle", "")][..], "pom.xml and build.gradle"),
            (&[("pom.xml", ""), ("mvnw", ""), ("gradlew", "")], "mvnw and gradlew"),
            (&[("build.gradle.kts", "")], "not build.gradle.kts"),
            (&[], "neither"),
        ] {
            assert!(view(folder(files).path()).remarks[0].contains(remark), "{files:?}");
        }
        assert!(sign(folder(&[("build.gradle.kts", "")]).path()).is_some());
    }
}
