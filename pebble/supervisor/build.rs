//! Has the linker put the functions that an idle supervisor runs side by side, which the kernel maps in pieces of 64 KiB, and
//! store relocations in their short form, which the C library that Rust brings for musl reads. Both are for the shipped
//! binary: other C libraries and builds without optimisation have other rules and names.

use std::env::var;

#[expect(clippy::disallowed_methods, reason = "cargo tells a build script by variables")]
fn main() {
    const ORDER: &str = "text-order.ld";
    println!("cargo:rerun-if-changed={ORDER}");
    let is = |name: &str, value: &str| var(name).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_ENV", "musl") && is("PROFILE", "release") {
        let folder = env!("CARGO_MANIFEST_DIR");
        println!("cargo:rustc-link-arg-bin=pebble=-Wl,-T,{folder}/{ORDER}");
        println!("cargo:rustc-link-arg-bin=pebble=-Wl,-z,pack-relative-relocs");
    }
}
