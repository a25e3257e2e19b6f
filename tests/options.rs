//! Generator and test of `docs/options.md`, from the charm's tables, which must agree with charmcraft's extensions.

use std::fmt::Write;

use pack::{DeclaredOption, Generation};
use webcharm::framework::{ALL, Framework, FrameworkOption, Line, Purpose};

const HEAD: &str = include_str!("options/head.md");

#[test]
fn the_golden_page_of_options_is_what_the_tables_say() {
    testkit::assert_golden("docs/options.md", &page());
}

/// Each framework in each line, with charmcraft's declarations.
fn frameworks() -> Vec<(&'static Framework, Generation)> {
    let of = |framework: &&'static Framework| {
        let meant = pack::Framework::parse(framework.name).unwrap();
        let mut generations = pack::generations(meant);
        let generation = if framework.line == Line::First { generations.remove(0) } else { generations.pop().unwrap() };
        assert_eq!(generation.container, framework.container, "{}", framework.title);
        (*framework, generation)
    };
    ALL.iter().map(of).collect()
}

fn declaration<'a>(generation: &'a Generation, row: &FrameworkOption) -> Option<&'a DeclaredOption> {
    generation.options.iter().find(|declared| declared.name == row.name)
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (framework, generation) in frameworks() {
        let unknown = generation.options.iter().find(|declared| framework.option(&declared.name).is_none());
        assert_eq!(unknown, None, "{}: charmcraft declares an option that no table has", framework.title);
        let line = if framework.line == Line::First { "1.x" } else { "2.x" };
        let bases = generation.bases.join(" and ");
        write!(page, "\n## {}, {line}\n\n", framework.title).unwrap();
        writeln!(page, "Bases {bases}; container `{}`. {}\n", framework.container, port(framework)).unwrap();
        page.push_str("| option | type | default | valid values | becomes |\n|---|---|---|---|---|\n");
        let rows = framework.options().map(|row| row_of(row, &generation));
        let endpoints = generation.oauth.iter().map(|declared| endpoint(declared, framework));
        page.extend(rows.chain(endpoints));
        let constants = framework.constants.iter().map(|(name, value)| format!("`{name}={value}`"));
        let constants: Vec<_> = constants.collect();
        if !constants.is_empty() {
            write!(page, "\nAlways set: {}.\n", constants.join(", ")).unwrap();
        }
        page.push_str(&paas_config_table(framework));
        write!(page, "\nThe author's own options: `my-option` becomes `{}`.\n", framework.variable("my-option"))
            .unwrap();
    }
    page
}

/// Sentence about the default port.
fn port(framework: &Framework) -> String {
    format!("Default port: {}.", framework.port)
}

fn row_of(row: &FrameworkOption, generation: &Generation) -> String {
    let declared = declaration(generation, row);
    let kind = declared.map_or(row.kind.as_str(), |declared| &declared.kind);
    let own = row.default.map(|value| value.to_string());
    let default = declared.map_or(own, |declared| declared.default.clone());
    let mut usage = row.usage();
    if kind == "secret" && row.purpose == Purpose::SecretKey {
        usage.push_str(", as a Juju secret with the one key `value`");
    }
    if declared.is_none() && !row.authors {
        usage.push_str(", in charms that were packed with it");
    }
    let default = default.map_or("–".to_owned(), |value| format!("`{value}`"));
    format!("| `{}` | {kind} | {default} | {} | {} |\n", row.name, row.rule.words(), escaped(&usage))
}

fn endpoint(declared: &DeclaredOption, framework: &Framework) -> String {
    let default = declared.default.as_deref().map_or("–".to_owned(), |value| format!("`{value}`"));
    let (name, kind) = (&declared.name, &declared.kind);
    // This rule is in the interface `oauth`, not in a table.
    let valid = if name.ends_with("-scopes") { "words, openid among them" } else { "any" };
    format!(
        "| `{name}` | {kind} | {default} | {valid} | `{}`, for each endpoint of interface `oauth` |\n",
        framework.variable(name)
    )
}

/// Escapes bars, which would end the cell.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

/// Table of the keys of `paas-config.yaml`, for the second line.
fn paas_config_table(framework: &Framework) -> String {
    let Some(metrics) = framework.metrics.filter(|_| framework.line == Line::Second) else { return String::new() };
    let mut text =
        "\n| `paas-config.yaml` | type | default | valid values | becomes |\n|---|---|---|---|---|\n".to_owned();
    let names = framework.env_names.metrics.map_or([None, None], |names| names.map(Some));
    let what = ["the port the application listens on", "the port of the application's metrics", "their path"];
    let rows = [
        ("port", "int", framework.port.to_string(), "from 1 to 65535", framework.env_names.port),
        ("metrics-port", "int", metrics.port.to_string(), "from 1 to 65535", names[0]),
        ("metrics-path", "string", metrics.path.to_owned(), "a path such as /metrics", names[1]),
    ];
    for ((key, kind, default, valid, name), what) in rows.into_iter().zip(what) {
        let becomes = name.map_or(what.to_owned(), |name| format!("`{name}`, {what}"));
        writeln!(text, "| `{key}` | {kind} | `{default}` | {valid} | {becomes} |").unwrap();
    }
    text
}
