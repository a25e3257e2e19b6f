//! A charm's platforms: base and architecture, with one `.charm` file for each.

use extensions::{base_name, build_for, listed, parted};
use serde_yaml::{Mapping, Value};

use crate::{is_name, yaml};

/// Architectures of a binary, as Debian names them.
pub(crate) const ARCHITECTURES: [&str; 7] = ["amd64", "arm64", "armhf", "i386", "ppc64el", "riscv64", "s390x"];

/// The bases that may stand below `bases`, charmcraft's old form.
pub(crate) const LEGACY: [&str; 4] = ["ubuntu@18.04", "ubuntu@20.04", "ubuntu@22.04", "almalinux@9"];

/// Architectures of a base below `bases` that names none. charmcraft builds for the machine it runs on; these are the
/// ones with binaries in a release.
const RELEASED: [&str; 2] = ["amd64", "arm64"];

/// One `.charm` file of a project: an entry of `platforms` in `charmcraft.yaml`, or a base below `bases` with one of its
/// architectures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Its key, or in the old form the name that charmcraft makes, such as `ubuntu-22.04-amd64`.
    pub label: String,
    /// The bases that it runs on, such as `ubuntu@24.04`; only the old form has several.
    pub bases: Vec<String>,
    /// The architecture as Debian names it, such as `amd64`.
    pub architecture: String,
}

impl Platform {
    /// The platforms of a project. `None` if it has no platform, or one without a base.
    pub(crate) fn all(project: &Mapping) -> Option<Vec<Self>> {
        if project.contains_key("bases") && !project.contains_key("platforms") {
            return legacy(project);
        }
        let base = yaml::text(project, "base").or(yaml::text(project, "build-base"));
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
            bases: vec![base.to_owned()],
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

    /// Its entries in `manifest.yaml`, from which Juju chooses a machine.
    pub(crate) fn manifest(&self) -> impl Iterator<Item = Value> {
        self.bases.iter().map(|base| {
            let (name, channel) = base.split_once('@').unwrap_or((base, ""));
            Value::from(Mapping::from_iter([
                (Value::from("name"), Value::from(name)),
                (Value::from("channel"), Value::from(channel)),
                (Value::from("architectures"), Value::from(vec![self.architecture.as_str()])),
            ]))
        })
    }
}

/// The platforms of the old form: for each base to build on, one for each architecture to run on. A charm in Rust is for
/// one architecture, so an entry with several makes several files.
fn legacy(project: &Mapping) -> Option<Vec<Platform>> {
    let mut all: Vec<Platform> = Vec::new();
    for entry in project.get("bases")?.as_sequence()? {
        let (builds, runs) = (listed(entry, "build-on")?, listed(entry, "run-on")?);
        let first = *builds.first()?;
        let bases: Option<Vec<String>> = runs.iter().map(|run| base_name(run)).collect();
        let architectures = runs.iter().chain([&first]).find_map(|base| architectures(base));
        for architecture in architectures.unwrap_or_else(|| RELEASED.to_vec()) {
            let label = format!("{}-{architecture}", base_name(first)?.replace('@', "-"));
            if all.iter().all(|other| other.label != label) {
                all.push(Platform { label, bases: bases.clone()?, architecture: architecture.to_owned() });
            }
        }
    }
    Some(all).filter(|all| !all.is_empty())
}

/// The architectures that a base names; `all` is each.
fn architectures(base: &Value) -> Option<Vec<&str>> {
    let named = base.get("architectures")?.as_sequence()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    Some(if named.contains(&"all") { RELEASED.to_vec() } else { named })
}

/// The texts of a value that is a text or a list of texts.
pub(crate) fn entries(value: Option<&Value>) -> Option<Vec<&str>> {
    match value? {
        Value::String(text) => Some(vec![text]),
        other => other.as_sequence()?.iter().map(Value::as_str).collect(),
    }
}

#[cfg(test)]
mod tests {
    use extensions::bases;

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
            let Platform { label, bases: of_platform, architecture } = &platform;
            let name = platform.file_name("x");
            assert_eq!(
                (label.as_str(), of_platform.join(" ").as_str(), architecture.as_str(), name.as_str()),
                expected
            );
            assert_eq!(bases(&project), [expected.1]);
        }
    }

    #[test]
    fn the_old_form_has_a_file_for_each_base_and_architecture() {
        let u22 = "{name: ubuntu, channel: \"22.04\"}";
        let both = "{name: ubuntu, channel: \"22.04\", architectures: [arm64, s390x]}";
        let u20 = "{name: ubuntu, channel: \"20.04\", architectures: [amd64]}";
        for (bases, expected) in [
            (u22.to_owned(), "ubuntu-22.04-amd64 ubuntu@22.04 amd64, ubuntu-22.04-arm64 ubuntu@22.04 arm64"),
            (
                format!("{{build-on: [{u20}], run-on: [{u20}, {u22}]}}"),
                "ubuntu-20.04-amd64 ubuntu@20.04+ubuntu@22.04 amd64",
            ),
            (
                format!("{{build-on: [{u22}], run-on: [{both}]}}, {u20}"),
                "ubuntu-22.04-arm64 ubuntu@22.04 arm64, ubuntu-22.04-s390x ubuntu@22.04 s390x, \
                 ubuntu-20.04-amd64 ubuntu@20.04 amd64",
            ),
        ] {
            let project: Mapping = serde_yaml::from_str(&format!("bases: [{bases}]")).unwrap();
            let shown = |one: &Platform| format!("{} {} {}", one.label, one.bases.join("+"), one.architecture);
            let all: Vec<String> = Platform::all(&project).unwrap().iter().map(shown).collect();
            assert_eq!(all.join(", "), expected);
        }
        let project: Mapping =
            serde_yaml::from_str(&format!("bases: [{{build-on: [{u20}, {u22}], run-on: [{u20}]}}]")).unwrap();
        assert_eq!(bases(&project), ["ubuntu@20.04", "ubuntu@22.04"]);
        for broken in ["bases: x", "bases: []", "bases: [{name: ubuntu}]", "bases: [{build-on: [x]}]", "bases: [x]"] {
            let project: Mapping = serde_yaml::from_str(broken).unwrap();
            assert_eq!((Platform::all(&project), bases(&project)), (None, Vec::new()), "{broken}");
        }
    }

    #[test]
    fn no_base_no_platform() {
        for text in ["platforms: {amd64: }", "base: ubuntu@24.04", "base: bare\nplatforms: {amd64: }"] {
            assert_eq!(Platform::all(&serde_yaml::from_str(text).unwrap()), None, "{text}");
        }
    }
}
