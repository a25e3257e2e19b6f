//! The options as the filters of a request. Pure.

use std::collections::BTreeMap;

use interfaces::k8s_backup_target::{Spec, Ttl};
use juju::Hold;

use crate::meta::Config;

/// The filters that the options name. Blank options are unset.
///
/// # Errors
/// Every invalid option, by name.
pub(crate) fn spec(config: &Config) -> Result<Spec, Hold> {
    let labels = text(config.label_selector.as_deref()).map(labels).transpose();
    let ttl = text(config.ttl.as_deref()).map(str::parse::<Ttl>).transpose();
    match (labels, ttl) {
        (Ok(label_selector), Ok(ttl)) => Ok(Spec {
            include_namespaces: list(config.include_namespaces.as_deref()),
            include_resources: list(config.include_resources.as_deref()),
            exclude_namespaces: list(config.exclude_namespaces.as_deref()),
            exclude_resources: list(config.exclude_resources.as_deref()),
            include_cluster_resources: config.include_cluster_resources,
            label_selector,
            ttl,
        }),
        (labels, ttl) => {
            let labels = labels.err().map(|why| ("label-selector", why));
            let ttl = ttl.err().map(|error| ("ttl", error.to_string()));
            Err(hold(&labels.into_iter().chain(ttl).collect::<Vec<_>>()))
        }
    }
}

fn hold(faults: &[(&str, String)]) -> Hold {
    let names: Vec<_> = faults.iter().map(|(name, _)| *name).collect();
    let reasons: Vec<_> = faults.iter().map(|(name, why)| format!("{name} {why}")).collect();
    Hold::blocked(format!("invalid config: {}", names.join(", "))).with_log(reasons.join(", "))
}

/// The option's text; `None` if it is blank.
fn text(option: Option<&str>) -> Option<&str> {
    option.map(str::trim).filter(|text| !text.is_empty())
}

/// The entries of a comma list; `None` if it is empty.
fn list(option: Option<&str>) -> Option<Vec<String>> {
    let items: Vec<_> = entries(text(option)?).map(str::to_owned).collect();
    (!items.is_empty()).then_some(items)
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

fn labels(text: &str) -> Result<BTreeMap<String, String>, String> {
    let label = |entry: &str| match entry.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.trim().to_owned())),
        _ => Err("is not a list of key=value".to_owned()),
    };
    entries(text).map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            exclude_namespaces: None,
            exclude_resources: None,
            include_cluster_resources: None,
            include_namespaces: None,
            include_resources: None,
            label_selector: None,
            ttl: None,
        }
    }

    #[test]
    fn options_that_are_unset_or_blank_are_no_filters() {
        assert_eq!(spec(&config()), Ok(Spec::default()));
        let blank = Config {
            include_namespaces: Some(" ".into()),
            include_resources: Some(" , ".into()),
            label_selector: Some(String::new()),
            ttl: Some(" ".into()),
            ..config()
        };
        assert_eq!(spec(&blank), Ok(Spec::default()));
    }

    #[test]
    fn each_option_is_a_filter() {
        let full = Config {
            include_namespaces: Some("a, b,,".into()),
            include_resources: Some("pods".into()),
            exclude_namespaces: Some("c".into()),
            exclude_resources: Some("secrets".into()),
            include_cluster_resources: Some(false),
            label_selector: Some("app = shop, tier=, a/b=c=d".into()),
            ttl: Some(" 30d ".into()),
        };
        let list = |items: &[&str]| Some(items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>());
        let spec = spec(&full).unwrap();
        assert_eq!((spec.include_namespaces, spec.include_resources), (list(&["a", "b"]), list(&["pods"])));
        assert_eq!((spec.exclude_namespaces, spec.exclude_resources), (list(&["c"]), list(&["secrets"])));
        assert_eq!((spec.include_cluster_resources, spec.ttl), (Some(false), Some("30d".parse().unwrap())));
        let labels = [("a/b", "c=d"), ("app", "shop"), ("tier", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(spec.label_selector, Some(labels.into()));
    }

    #[test]
    fn every_invalid_option_is_named() {
        let bad = Config { ttl: Some("1w".into()), label_selector: Some("shop".into()), ..config() };
        let hold = spec(&bad).unwrap_err();
        assert_eq!(hold.message, "invalid config: label-selector, ttl");
        let log = "label-selector is not a list of key=value, ttl is not a duration such as 24h, 1h30m or 30d";
        assert_eq!(hold.log, log);
        let bad = Config { label_selector: Some("=x".into()), ..config() };
        assert_eq!(spec(&bad).unwrap_err().message, "invalid config: label-selector");
    }
}
