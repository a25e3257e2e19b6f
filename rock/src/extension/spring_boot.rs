//! `spring-boot-framework`.

use serde_json::json;

use super::{Made, Obstacle, Snippet, Source, assets};
use crate::DAEMON_USER;

const ASSETS: &str = "spring-boot-framework/assets";

pub(super) fn snippet(source: &Source<'_>) -> Result<Snippet, Obstacle> {
    let plugin = match (source.has("pom.xml")?, source.has("build.gradle")?) {
        (true, true) => return Err("it has both pom.xml and build.gradle: keep one".into()),
        (true, false) => "maven",
        (false, true) => "gradle",
        (false, false) if source.has("build.gradle.kts")? => {
            return Err("rockcraft knows build.gradle, not build.gradle.kts: translate it".into());
        }
        (false, false) => return Err("it needs a pom.xml or build.gradle".into()),
    };
    let mut parts = json!({
        "spring-boot-framework/install-app": {
            "plugin": plugin,
            "source": ".",
            "organize": {"**/*.jar": "app/"},
            "maven-use-wrapper": source.has("mvnw")?,
        },
        "spring-boot-framework/runtime": {"plugin": "jlink"},
    });
    if let Some(assets) = assets(source, ASSETS, &["migrate", "migrate.sh"])? {
        parts[ASSETS] = assets;
    }
    let service = json!({
        "override": "replace",
        "startup": "enabled",
        "user": DAEMON_USER,
        "working-dir": "/app",
        "command": "bash -c \"java -jar *.jar\"",
    });
    Ok(Snippet { services: json!({"spring-boot": service}), parts, made: Made::default() })
}
