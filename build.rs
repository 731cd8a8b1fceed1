//! Compiles the C parts, and gives the crate the version of its TLS library and its target.

use std::{env, fs};

/// The functions with variable arguments.
const C_FILES: [&str; 2] = ["src/abi/bodies/formadd.c", "src/abi/printf.c"];

/// Those that Rust defines where it can.
const VARIADIC: &str = "src/abi/variadic.c";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(cbindgen)");
    println!("cargo::rustc-check-cfg=cfg(variadics_on_stack)");

    let mut files = C_FILES.to_vec();
    if variadics_are_on_the_stack() {
        println!("cargo::rustc-cfg=variadics_on_stack");
        files.push(VARIADIC);
    }
    for file in C_FILES.iter().chain([&VARIADIC]) {
        println!("cargo::rerun-if-changed={file}");
    }
    cc::Build::new()
        .files(files)
        .flag_if_supported("-fstack-protector-strong")
        .flag_if_supported("-fcf-protection")
        .compile("wscurl_variadic");

    println!("cargo::rerun-if-changed=Cargo.lock");
    println!("cargo::rustc-env=WSCURL_RUSTLS_VERSION={}", locked_version("rustls"));
    println!(
        "cargo::rustc-env=WSCURL_TARGET={}",
        env::var("TARGET").expect("cargo sets TARGET")
    );
}

/// Whether variable arguments are passed in another way than named ones: so do Apple's systems on AArch64. With
/// `WSCURL_VARIADIC_C` in the environment all take that way, for tests.
fn variadics_are_on_the_stack() -> bool {
    println!("cargo::rerun-if-env-changed=WSCURL_VARIADIC_C");
    let target = |key: &str| env::var(key).unwrap_or_default();
    let apple_arm = target("CARGO_CFG_TARGET_VENDOR") == "apple" && target("CARGO_CFG_TARGET_ARCH") == "aarch64";
    apple_arm || env::var_os("WSCURL_VARIADIC_C").is_some()
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
