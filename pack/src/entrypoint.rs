//! `src/charm.py`, the entry point of the Python charm that `dispatch` replaces.
//!
//! The file that `charmcraft init` writes only starts the framework's charm, so it can be left out. A file with other
//! code is refused: that code would silently not run.

use crate::Framework;
use crate::finding::Finding;
use crate::folder::{Error, Folder};

const FILE: &str = "src/charm.py";

/// Characters of a line that a finding quotes.
const SHOWN: usize = 200;

/// Refusal of the first line of `src/charm.py` that the generated file doesn't have.
pub(crate) fn finding(dir: &Folder, framework: Option<Framework>) -> Result<Option<Finding>, Error> {
    let text = dir.text(FILE)?.unwrap_or_default();
    let Some((line, content)) = own_line(&text, framework) else { return Ok(None) };
    let content: String = content.chars().take(SHOWN).collect();
    let what = format!("code of your own isn't run by this charm: `{content}`");
    let remedy = "move what it does into the application, its migrate.sh or its options, and remove src/charm.py; \
                  to keep the Python charm, use `charmcraft pack`";
    Ok(Some(Finding { line: Some(line), ..Finding::of_file(FILE, what, remedy) }))
}

/// The first line that the generated file doesn't have, with its number.
fn own_line(text: &str, framework: Option<Framework>) -> Option<(usize, &str)> {
    let mut docstring = false;
    text.lines().enumerate().map(|(number, line)| (number + 1, line.trim())).find(|(_, line)| {
        let quotes = line.matches("\"\"\"").count();
        // Code may follow the quotes that close a docstring.
        let closes = quotes == if docstring { 1 } else { 2 };
        let said = (docstring || line.starts_with("\"\"\"")) && (!closes || line.ends_with("\"\"\"")) && quotes < 3;
        docstring ^= quotes % 2 == 1;
        !said && !is_generated(line, framework)
    })
}

fn is_generated(line: &str, framework: Option<Framework>) -> bool {
    const PLAIN: [&str; 7] = [
        "import logging",
        "import typing",
        "import ops",
        "logger = logging.getLogger(__name__)",
        "def __init__(self, *args: typing.Any) -> None:",
        "super().__init__(*args)",
        "if __name__ == \"__main__\":",
    ];
    line.is_empty()
        || line.starts_with('#')
        || PLAIN.contains(&line)
        || line.strip_prefix("import ").is_some_and(|module| is_framework(module, framework))
        || is_class(line, framework)
        || is_main(line)
}

/// True of a framework's module, such as `paas_charm.flask`, also under the package's earlier name.
fn is_framework(module: &str, framework: Option<Framework>) -> bool {
    let name = module.strip_prefix("paas_charm.").or_else(|| module.strip_prefix("paas_app_charmer."));
    name.is_some_and(|name| {
        let meant = Framework::ALL.into_iter().find(|one| one.name().replace('-', "") == name);
        meant.is_some() && (framework.is_none() || meant == framework)
    })
}

fn is_class(line: &str, framework: Option<Framework>) -> bool {
    let declared = line.strip_prefix("class ").and_then(|line| line.strip_suffix(".Charm):"));
    let parts = declared.and_then(|declared| declared.split_once('('));
    parts.is_some_and(|(name, module)| is_name(name) && is_framework(module, framework))
}

fn is_main(line: &str) -> bool {
    let call = line.strip_prefix("ops.main.main(").or_else(|| line.strip_prefix("ops.main("));
    call.and_then(|rest| rest.strip_suffix(')')).is_some_and(is_name)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The file as charmcraft's Flask profile writes it.
    const GENERATED: &str = "#!/usr/bin/env python3\n# Copyright\n\n\"\"\"A docstring.\"\"\"\n\nimport logging\nimport typing\n\n\
        import ops\n\nimport paas_charm.flask\n\nlogger = logging.getLogger(__name__)\n\n\n\
        class HelloCharm(paas_charm.flask.Charm):\n    \"\"\"Another.\"\"\"\n\n    def __init__(self, *args: typing.Any) -> None:\n\
        \x20       \"\"\"Several\n\n        lines: of = it.\n        \"\"\"\n        super().__init__(*args)\n\n\n\
        if __name__ == \"__main__\":\n    ops.main(HelloCharm)\n";

    #[test]
    fn the_generated_file_has_no_code_of_its_own() {
        assert_eq!(own_line(GENERATED, Some(Framework::Flask)), None);
        assert_eq!(own_line(&GENERATED.replace("paas_charm", "paas_app_charmer"), None), None);
        assert_eq!(own_line(&GENERATED.replace("ops.main(", "ops.main.main("), None), None);
        for framework in Framework::ALL {
            let module = format!(".{}", framework.name().replace('-', ""));
            assert_eq!(own_line(&GENERATED.replace(".flask", &module), Some(framework)), None, "{framework}");
        }
        assert_eq!(own_line(&GENERATED.replace(".flask", ".django"), Some(Framework::Flask)).unwrap().0, 11);
    }

    #[test]
    fn added_code_is_named_with_its_line() {
        let added = format!("{GENERATED}\nprint(1)\n");
        assert_eq!(own_line(&added, None), Some((GENERATED.lines().count() + 2, "print(1)")));
        for line in [
            "import os",
            "from ops import main",
            "self.framework.observe(x, y)",
            "ops.main(x); y()",
            "\"\"\"x\"\"\"; y()",
        ] {
            assert_eq!(own_line(&format!("\n{line}\n"), None), Some((2, line)));
        }
        let dir = tempfile::tempdir().unwrap();
        let open = || Folder::open(dir.path()).unwrap();
        assert_eq!(finding(&open(), None).unwrap(), None);
        std::fs::create_dir(dir.path().join("src")).unwrap();
        std::fs::write(dir.path().join(FILE), added).unwrap();
        let finding = finding(&open(), None).unwrap().unwrap();
        assert!(finding.to_string().starts_with("src/charm.py:"), "{finding}");
        assert!(finding.remedy.contains("charmcraft pack"), "{finding}");
    }

    proptest! {
        #[test]
        fn any_text_is_judged(text in "(\\PC|\n|\"){0,80}") {
            let known = own_line(&text, None).is_none_or(|(line, _)| line <= text.lines().count());
            prop_assert!(known);
        }
    }
}
