//! The modules of the charm depend on each other in one direction, so that each can be read after those it uses.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Component, Path};

use crate::support::{repository, rust_sources};

/// Path of a module, such as `["decide", "gate"]`. The crate itself is empty.
type Module = Vec<String>;

/// Modules with their code.
struct Modules(BTreeMap<Module, String>);

/// Use of one module by another: both names, and the sentence that says so.
type Edges = BTreeMap<(String, String), String>;

/// Uses between the modules beside each other, by the module around them. A module and all modules in it are one here:
/// they are read together.
type Uses = BTreeMap<Module, Edges>;

impl Modules {
    /// Sources below `folder`, without tests, which may use everything.
    fn read(folder: &Path) -> Self {
        let mut modules = BTreeMap::new();
        for path in rust_sources(folder) {
            let module = module_of(path.strip_prefix(folder).unwrap());
            if module != ["main"] && !module.iter().any(|name| name == "tests") {
                modules.insert(module, code(&std::fs::read_to_string(&path).unwrap()));
            }
        }
        Self(modules)
    }

    fn uses(&self) -> Uses {
        let mut uses = Uses::default();
        for (user, code) in &self.0 {
            for path in ["crate::", "super::"].iter().flat_map(|root| paths(code, root)) {
                let used = self.resolve(&absolute(user, &path));
                let shared = user.iter().zip(&used).take_while(|(a, b)| a == b).count();
                if let (Some(from), Some(to)) = (user.get(shared), used.get(shared)) {
                    let edges = uses.entry(user[..shared].to_vec()).or_default();
                    let sentence =
                        || format!("{} uses {}", user.join("::"), path.join("::").trim_end_matches("::self"));
                    edges.entry((from.clone(), to.clone())).or_insert_with(sentence);
                }
            }
        }
        uses
    }

    /// Longest beginning of a path that is a module.
    fn module<'a>(&self, path: &'a [String]) -> &'a [String] {
        let mut lengths = (0..=path.len()).rev();
        lengths.find(|length| self.0.contains_key(&path[..*length])).map_or(&[], |length| &path[..length])
    }

    /// Module that defines what a path names, also if another module re-exports it.
    fn resolve(&self, path: &[String]) -> Module {
        let module = self.module(path);
        let imports = paths(&self.0[module], "use ").into_iter();
        let mut named = imports.filter(|import| import.last() == path.get(module.len()));
        match named.next().map(|import| absolute(module, &import)) {
            Some(import) if self.module(&import) != module => self.resolve(&import),
            _ => module.to_vec(),
        }
    }
}

/// First circle, as sentences: each module uses the next, and the last the first.
fn circle(uses: &Uses) -> Option<Vec<&str>> {
    uses.values().find_map(|edges| {
        let way = edges.keys().find_map(|(user, _)| way_back(edges, user))?;
        Some(way.iter().map(|edge| edges[edge].as_str()).collect())
    })
}

/// Shortest way from a module back to itself.
fn way_back(edges: &Edges, start: &str) -> Option<Vec<(String, String)>> {
    let mut ways: VecDeque<Vec<(String, String)>> = [vec![]].into();
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let at = way.last().map_or(start, |(_, used)| used);
        for edge in edges.keys().filter(|(user, _)| user == at) {
            let longer = [way.clone(), vec![edge.clone()]].concat();
            if edge.1 == start {
                return Some(longer);
            }
            if seen.insert(edge.1.clone()) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// Module of a file: `decide/gate.rs` is `decide::gate`, `lib.rs` the crate.
fn module_of(path: &Path) -> Module {
    let path = path.with_extension("");
    let names = path.components().map(Component::as_os_str);
    let names: Module = names.map(|name| name.to_str().unwrap().to_owned()).collect();
    if names == ["lib"] { Vec::new() } else { names }
}

/// A source without comments and without the tests at its end.
fn code(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    source.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// All paths that begin with `root`, the braces of `use` written out. Without the `root` itself if that is `use `.
fn paths(code: &str, root: &str) -> Vec<Vec<String>> {
    let is_begin = |at: &usize| !code[..*at].ends_with(|before: char| is_letter(before) || before == ':');
    let begins = code.match_indices(root).map(|(at, _)| at).filter(is_begin);
    begins.flat_map(|at| tree(&mut &code[if root == "use " { at + root.len() } else { at }..])).collect()
}

/// Reads `a::b` or `a::{b, c::d}`.
fn tree(text: &mut &str) -> Vec<Vec<String>> {
    let end = text.find(|letter: char| !is_letter(letter)).unwrap_or(text.len());
    let name = text[..end].to_owned();
    *text = text[end..].trim_start();
    let Some(inner) = text.strip_prefix("::") else { return vec![vec![name]] };
    *text = inner;
    let inner = if text.starts_with('{') { group(text) } else { tree(text) };
    inner.into_iter().map(|path| [vec![name.clone()], path].concat()).collect()
}

/// Reads `{a, b::c}`.
fn group(text: &mut &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    while let Some(rest) = text.strip_prefix(['{', ',']) {
        *text = rest.trim_start();
        if !text.starts_with('}') {
            all.extend(tree(text));
        }
        *text = text.trim_start();
    }
    *text = text.strip_prefix('}').unwrap_or(text);
    all
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Path from the crate's root: `super` and `self` resolved.
fn absolute(user: &[String], path: &[String]) -> Vec<String> {
    let mut absolute = user.to_vec();
    for name in path {
        match name.as_str() {
            "crate" => absolute.clear(),
            "super" => drop(absolute.pop()),
            "self" => {}
            _ => absolute.push(name.clone()),
        }
    }
    absolute
}

#[test]
fn modules_of_the_charm_do_not_use_each_other_in_a_circle() {
    let modules = Modules::read(&repository().join("src"));
    let uses = modules.uses();
    assert!(uses[&Vec::new()].len() > 50, "{:?}", uses[&Vec::new()]);
    assert_eq!(circle(&uses), None);
}

#[test]
fn a_circle_is_named_with_the_paths_that_close_it() {
    let sources = [
        ("lib.rs", "pub mod a;\npub use a::{Thing, b::Other};"),
        ("a.rs", "mod b;\nmod c;\npub use b::Other;\npub struct Thing;"),
        ("a/b.rs", "use super::Thing; // super::c\n#[cfg(test)]\nmod tests {\n    use crate::d;\n}"),
        ("a/c.rs", "use super::{Thing, Other};"),
        ("d.rs", "use crate::{\n    Thing,\n    e::{self, E},\n};"),
        ("e.rs", "fn f() -> crate::a::Thing { x.crate_() }"),
    ];
    for (path, text, expected) in [
        ("f.rs", "use crate::{a, d::D};", ""),
        ("e.rs", "use super::d::D;", "d uses crate::e, e uses super::d::D"),
        ("a/b.rs", "use super::c::C;", "a::b uses super::c::C, a::c uses super::Other"),
        ("a.rs", "use crate::d::D;", "a uses crate::d::D, d uses crate::Thing"),
    ] {
        let sources = sources.into_iter().chain([(path, text)]);
        let modules = sources.map(|(path, text)| (module_of(Path::new(path)), code(text))).collect();
        let uses = Modules(modules).uses();
        assert_eq!(circle(&uses).unwrap_or_default().join(", "), expected, "{path}");
    }
}
