//! A charm's platforms: base and architecture, with one `.charm` file for each.

use serde_yaml::{Mapping, Value};

use crate::{is_name, yaml};

/// One entry of `platforms` in `charmcraft.yaml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Its key.
    pub label: String,
    /// The base, such as `ubuntu@24.04`.
    pub base: String,
    /// The architecture as Debian names it, such as `amd64`.
    pub architecture: String,
}

impl Platform {
    /// The platforms of a project. `None` if it has no platform, or one without a base.
    pub(crate) fn all(project: &Mapping) -> Option<Vec<Self>> {
        let base = yaml::text(project, "base");
        let platforms = yaml::section(project, "platforms");
        let all: Option<Vec<_>> =
            platforms.iter().map(|(label, content)| Self::one(base, label.as_str()?, content)).collect();
        all.filter(|all| !all.is_empty())
    }

    /// One platform. Without a base of the whole project, the label or `build-for` has it: `ubuntu@24.04:amd64`.
    fn one(base: Option<&str>, label: &str, content: &Value) -> Option<Self> {
        let target = build_for(content);
        let (of_target, architecture) = parted(target.unwrap_or(label));
        let base = base.or(parted(label).0).or(of_target)?;
        base.contains('@').then(|| Self {
            label: label.to_owned(),
            base: base.to_owned(),
            architecture: architecture.to_owned(),
        })
    }

    /// True if its label is safe in a file name.
    pub(crate) fn names_a_file(&self) -> bool {
        is_name(&self.label.replace([':', '@'], "-"))
    }

    /// The name that charmcraft gives the `.charm` file of the charm `name` for this platform.
    #[must_use]
    pub fn file_name(&self, name: &str) -> String {
        format!("{name}_{}.charm", self.label.replace(':', "-"))
    }

    /// Its entry in `manifest.yaml`, from which Juju chooses a machine.
    pub(crate) fn manifest(&self) -> Value {
        let (name, channel) = self.base.split_once('@').unwrap_or((&self.base, ""));
        Value::from(Mapping::from_iter([
            (Value::from("name"), Value::from(name)),
            (Value::from("channel"), Value::from(channel)),
            (Value::from("architectures"), Value::from(vec![self.architecture.as_str()])),
        ]))
    }
}

/// Every base that a project names, found as charmcraft does. An extension allows one only.
pub(crate) fn bases(project: &Mapping) -> Vec<String> {
    let platforms = yaml::section(project, "platforms");
    let of_platforms = platforms
        .iter()
        .filter_map(|(label, content)| parted(label.as_str()?).0.or_else(|| parted(build_for(content)?).0));
    let mut bases: Vec<String> =
        yaml::text(project, "base").into_iter().chain(of_platforms).map(str::to_owned).collect();
    bases.sort_unstable();
    bases.dedup();
    bases
}

fn parted(label: &str) -> (Option<&str>, &str) {
    label.split_once(':').map_or((None, label), |(base, architecture)| (Some(base), architecture))
}

fn build_for(platform: &Value) -> Option<&str> {
    let target = platform.get("build-for")?;
    target.as_str().or_else(|| target.get(0)?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_of_every_spelling() {
        for (text, expected) in [
            ("base: ubuntu@24.04\nplatforms: {arm64: }", ("arm64", "ubuntu@24.04", "arm64", "x_arm64.charm")),
            (
                "platforms: {\"ubuntu@24.04:riscv64\": }",
                ("ubuntu@24.04:riscv64", "ubuntu@24.04", "riscv64", "x_ubuntu@24.04-riscv64.charm"),
            ),
            (
                "base: ubuntu@24.04\nplatforms: {mine: {build-on: [amd64], build-for: [s390x]}}",
                ("mine", "ubuntu@24.04", "s390x", "x_mine.charm"),
            ),
            (
                "platforms: {mine: {build-on: [amd64], build-for: \"ubuntu@22.04:amd64\"}}",
                ("mine", "ubuntu@22.04", "amd64", "x_mine.charm"),
            ),
        ] {
            let project: Mapping = serde_yaml::from_str(text).unwrap();
            let [platform] = Platform::all(&project).unwrap().try_into().unwrap();
            let Platform { label, base, architecture } = &platform;
            let name = platform.file_name("x");
            assert_eq!((label.as_str(), base.as_str(), architecture.as_str(), name.as_str()), expected);
            assert_eq!(bases(&project), [expected.1]);
        }
    }

    #[test]
    fn no_base_no_platform() {
        for text in ["platforms: {amd64: }", "base: ubuntu@24.04", "base: bare\nplatforms: {amd64: }"] {
            assert_eq!(Platform::all(&serde_yaml::from_str(text).unwrap()), None, "{text}");
        }
    }
}
