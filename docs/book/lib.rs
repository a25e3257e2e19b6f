//! The book's pages as documentation, so that `cargo test --doc` compiles and runs every listing.

macro_rules! pages {
    ($($name:ident: $file:literal,)+) => {$(
        #[doc = include_str!($file)]
        pub mod $name {}
    )+};
}

pages! {
    introduction: "README.md",
    first_charm: "first-charm.md",
    events: "events.md",
    relations: "relations.md",
    secrets: "secrets.md",
    containers: "containers.md",
    actions: "actions.md",
    deferral: "deferral.md",
    testing: "testing.md",
    packing: "packing.md",
    from_ops: "from-ops.md",
}

#[cfg(test)]
mod packages;

#[cfg(test)]
mod tests {
    #[test]
    fn the_counts_of_lines_are_those_of_the_examples() {
        let page = include_str!("from-ops.md");
        let lines = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
        let counts = [
            ("hello", lines(include_str!("../../examples/hello/src/main.rs"))),
            ("provider", lines(include_str!("../../examples/provider/src/main.rs"))),
            ("requirer", lines(include_str!("../../examples/requirer/src/main.rs"))),
            ("peer", lines(include_str!("../../examples/peer/src/main.rs"))),
            ("pooler, which defers", lines(include_str!("../../examples/pooler/src/main.rs"))),
            ("subordinate", lines(include_str!("../../examples/subordinate/src/main.rs"))),
        ];
        for (name, count) in counts {
            assert!(page.contains(&format!("| {name} | {count} |")), "{name}: {count}");
        }
        let all: usize = counts.iter().map(|(_, count)| count).sum();
        assert!(page.contains(&format!("| all | {all} (ops: 181) |")) && all < 181, "{all}");
    }

    #[test]
    fn the_first_charm_is_the_example() {
        let page = include_str!("first-charm.md");
        for text in [
            include_str!("../../examples/hello/src/main.rs"),
            include_str!("../../examples/hello/charmcraft.yaml"),
            include_str!("../../examples/hello/tests/charm.rs"),
        ] {
            assert!(page.contains(text), "{text}");
        }
    }
}
