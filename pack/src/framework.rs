//! The framework of a charm without an extension.

use extensions::Framework;
use serde_yaml::Mapping;

use crate::yaml;

/// The framework that the content of a `webcharm.yaml` names.
pub(crate) fn declared(text: &str) -> Option<Framework> {
    let document = yaml::parse(text).ok()?;
    Framework::parse(document.get("framework")?.as_str()?)
}

/// The framework that a container's name shows: only Flask and Django have their own, the others share `app`.
pub(crate) fn shown(containers: &Mapping) -> Option<Framework> {
    let named = |framework: &Framework| containers.contains_key(format!("{}-app", framework.name()));
    [Framework::Flask, Framework::Django].into_iter().find(named)
}

/// The actions that the charm runs for it.
pub(crate) fn actions(framework: Framework) -> &'static [&'static str] {
    if framework == Framework::Django { &["rotate-secret-key", "create-superuser"] } else { &["rotate-secret-key"] }
}

/// The application's folder in the container.
pub(crate) fn app_dir(framework: Framework) -> &'static str {
    match framework {
        Framework::Flask => "/flask/app",
        Framework::Django => "/django/app",
        _ => "/app",
    }
}
