//! Text of the written files that depends on the framework.

use extensions::Extension;
use serde_yaml::{Mapping, Value};

use crate::framework::app_dir;
use crate::{Framework, yaml};

/// The section of `rockcraft.yaml` about the framework's extension.
pub(super) fn rock(framework: Framework) -> &'static str {
    match framework {
        Framework::Flask => include_str!("rock/flask.yaml"),
        Framework::Django => include_str!("rock/django.yaml"),
        Framework::FastApi => include_str!("rock/fastapi.yaml"),
        Framework::Go => include_str!("rock/go.yaml"),
        Framework::ExpressJs => include_str!("rock/expressjs.yaml"),
        Framework::SpringBoot => include_str!("rock/spring-boot.yaml"),
    }
}

/// Placeholders of the templates, with their text.
pub(super) fn all(framework: Framework, name: &str) -> Vec<(&'static str, String)> {
    let expanded = expanded(framework);
    let keys = |section: &str| yaml::keys(&yaml::section(&expanded, section)).collect::<Vec<_>>().join(", ");
    let options = yaml::section(&yaml::section(&expanded, "config"), "options");
    let title = title(framework);
    let prefix = match framework {
        Framework::Flask => "FLASK_",
        Framework::Django => "DJANGO_",
        _ => "APP_",
    };
    vec![
        ("{name}", name.to_owned()),
        ("{arch}", architecture().to_owned()),
        ("{framework}", framework.to_string()),
        ("{title}", title.to_owned()),
        ("{a}", if title.starts_with(['E', 'A']) { "An" } else { "A" }.to_owned()),
        ("{container}", keys("containers")),
        ("{actions}", keys("actions")),
        ("{options}", families(yaml::keys(&options))),
        ("{variable}", format!("{prefix}GREETING")),
        ("{logging}", logging(framework).to_owned()),
        ("{app}", app_dir(framework).to_owned()),
        ("{worker}", worker(framework).to_owned()),
    ]
}

/// An empty project with the extension written out.
fn expanded(framework: Framework) -> Mapping {
    let base = "ubuntu@24.04".to_owned();
    Extension::load(framework, Some(&base)).expand(&Mapping::from_iter([(Value::from("base"), Value::from(base))]))
}

/// Names grouped by their first word: `app-port, webserver-…`.
fn families<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let family = |name: &str| name.split('-').next().unwrap_or(name).to_owned();
    let mut found: Vec<(String, Vec<&str>)> = Vec::new();
    for name in names {
        match found.iter_mut().find(|(known, _)| *known == family(name)) {
            Some((_, members)) => members.push(name),
            None => found.push((family(name), vec![name])),
        }
    }
    let shown = |(family, members): (String, Vec<&str>)| match members.as_slice() {
        [only] => (*only).to_owned(),
        _ => format!("{family}-…"),
    };
    found.into_iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn title(framework: Framework) -> &'static str {
    match framework {
        Framework::Flask => "Flask",
        Framework::Django => "Django",
        Framework::FastApi => "FastAPI",
        Framework::Go => "Go",
        Framework::ExpressJs => "Express",
        Framework::SpringBoot => "Spring Boot",
    }
}

fn logging(framework: Framework) -> &'static str {
    match framework {
        Framework::Flask | Framework::Django | Framework::FastApi => {
            "Lines of the web server's log: `none` for plain text, `json` for one JSON object each."
        }
        _ => "Lines of the web server's log: `none` leaves them as they are; `json` is for Flask, Django and FastAPI.",
    }
}

fn worker(framework: Framework) -> &'static str {
    match framework {
        Framework::Flask | Framework::FastApi => "python3 mail.py",
        Framework::Django => "python3 manage.py mail",
        Framework::Go => "/usr/local/bin/mail",
        Framework::ExpressJs => "node mail.js",
        Framework::SpringBoot => "bash -c \"java -cp *.jar com.example.Mail\"",
    }
}

/// This machine's architecture, as Debian names it.
pub(super) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "aarch64" => "arm64",
        "riscv64" => "riscv64",
        "s390x" => "s390x",
        "powerpc64" => "ppc64el",
        _ => "amd64",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_begin_alike_stand_together() {
        assert_eq!(families(["flask-env", "flask-debug", "port", "app-port"].into_iter()), "flask-…, port, app-port");
    }

    #[test]
    fn the_placeholders_follow_the_extension() {
        for (framework, container, options) in [
            (Framework::Flask, "flask-app", "webserver-…, flask-…"),
            (Framework::Django, "django-app", "webserver-…, django-…"),
            (Framework::SpringBoot, "app", "app-…, metrics-…"),
        ] {
            let words = all(framework, "x");
            let word = |name: &str| words.iter().find(|(word, _)| *word == name).unwrap().1.as_str();
            assert_eq!((word("{container}"), word("{options}")), (container, options));
            assert!(word("{actions}").contains("rotate-secret-key"));
        }
    }
}
