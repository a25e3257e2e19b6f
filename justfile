# The same calls at the desk and in CI. `just` alone lists them.

# Where `dist` puts the binaries and charms.
out := "dist"

_list:
    @just --list --unsorted

# Format the sources; `just fmt --check` only looks.
fmt *flags:
    cargo fmt --all {{ flags }}

# Compiler and clippy warnings are errors.
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Build the binaries that the root tests start, then run every test.
test *filter:
    cargo build --workspace --bins --locked
    cargo test --workspace --locked {{ filter }}

# The tests that take minutes: other tool chains, PyPI's charmcraft, processes killed at random.
test-long *filter:
    cargo build --workspace --bins --locked
    scripts/long-tests {{ filter }}

# Write every golden file again; then look at the differences.
goldens *which:
    scripts/goldens {{ which }}

# The library pages; a broken link is an error, and so is a public API that differs from docs/public-api.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
    scripts/public-api

# Each of the two workspaces has crates that the other lacks: what is allowed for those alone is no fault.
# Licences, sources, versions, advisories. Needs cargo-deny: `cargo install --locked cargo-deny`.
deny *checks:
    cargo deny --workspace --locked check -A license-exception-not-encountered {{ checks }}
    cargo deny --config deny.toml --manifest-path fuzz/Cargo.toml --locked check -A license-not-encountered -A unmatched-skip -A unnecessary-skip -A unused-wrapper {{ checks }}

# The fuzz targets, as CI looks at them: format and build. `scripts/fuzz` runs them.
fuzz-check:
    cargo fmt --manifest-path fuzz/Cargo.toml --check
    RUSTFLAGS="--cfg fuzzing" cargo clippy --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --locked --no-default-features -- -D warnings

# Only `explain` may link kube.
kube-free:
    cargo test --locked -p explain --test main alone

# Neither the charm nor the supervisor may link reqwest.
reqwest-free:
    cargo test --locked -p http-client --test alone

# Build what is shipped, then hold the sizes against the budgets.
size: dist
    scripts/size {{ out }}

# The table of measurements beside the budgets.
bench *arguments:
    cargo bench --locked -p webcharm {{ arguments }}

# Release builds of webcharm, pebble and the charms.
dist:
    scripts/dist {{ out }}
