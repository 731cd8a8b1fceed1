//! Compiles the C parts, and gives the crate the version of its TLS library and its target.

use std::fs;

/// The functions with variable arguments.
const C_FILES: [&str; 2] = ["src/abi/bodies/formadd.c", "src/abi/printf.c"];

fn main() {
    println!("cargo::rustc-check-cfg=cfg(cbindgen)");

    for file in C_FILES {
        println!("cargo::rerun-if-changed={file}");
    }
    cc::Build::new()
        .files(C_FILES)
        .flag_if_supported("-fstack-protector-strong")
        .flag_if_supported("-fcf-protection")
        .compile("wscurl_variadic");

    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rustc-env=WSCURL_RUSTLS_VERSION={}", locked_version("rustls"));
    println!(
        "cargo::rustc-env=WSCURL_TARGET={}",
        std::env::var("TARGET").expect("cargo sets TARGET")
    );
}

/// The version of `package` in `Cargo.lock`: the one that is linked.
fn locked_version(package: &str) -> String {
    let lock = fs::read_to_string("Cargo.lock").expect("Cargo.lock is there: cargo has just read it");
    let name = format!("name = \"{package}\"");
    lock.lines()
        .skip_while(|line| *line != name)
        .find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'))
        .unwrap_or_else(|| panic!("Cargo.lock has no {package}"))
        .to_owned()
}
