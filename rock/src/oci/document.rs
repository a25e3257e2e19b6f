//! The JSON documents of an image, reduced to the keys that unpacking needs.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `index.json`, or an image index that it names.
#[derive(Debug, Deserialize)]
pub(super) struct Index {
    manifests: Vec<Descriptor>,
}

/// Reference to a document or layer by its digest.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    media_type: String,
    /// `sha256:` and 64 digits.
    pub(super) digest: String,
    /// Its size in bytes.
    pub(super) size: u64,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Debug, Clone, Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
}

/// An image: its configuration and its layers.
#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
}

/// Configuration of an image: platform and environment.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    #[serde(flatten)]
    platform: Platform,
    #[serde(default)]
    config: Runtime,
}

#[derive(Debug, Default, Deserialize)]
struct Runtime {
    #[serde(default, rename = "Env")]
    env: Option<Vec<String>>,
}

impl Index {
    /// The only image, or the one for this machine among several.
    pub(super) fn for_this_machine(&self) -> Option<&Descriptor> {
        let fits = |one: &&Descriptor| one.platform.as_ref().is_some_and(|platform| platform.to_string() == machine());
        self.manifests.iter().find(fits).or_else(|| self.manifests.first())
    }
}

impl Descriptor {
    /// Returns true if it refers to an index of further images.
    pub(super) fn is_index(&self) -> bool {
        self.media_type.ends_with(".index.v1+json") || self.media_type.ends_with(".list.v2+json")
    }
}

impl Config {
    /// Its platform, such as `linux/amd64`.
    pub(super) fn platform(&self) -> String {
        self.platform.to_string()
    }

    /// Initial environment of its processes.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        let lines = self.config.env.iter().flatten().filter_map(|line| line.split_once('='));
        lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

impl std::fmt::Display for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)
    }
}

/// This machine's platform, as images name it.
pub(super) fn machine() -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    };
    format!("linux/{architecture}")
}
