//! Completes the libcurl that `curl-sys` builds, which lacks the two files of `curl_easy_option_*`, and hands its place on to
//! `main.rs`.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    let root = std::env::var("DEP_CURL_ROOT").expect("curl-sys tells its output folder");
    println!("cargo::rustc-env=LIBCURL_ROOT={root}");
    println!("cargo::rerun-if-changed=build.rs");
    build_option_table(&curl_source());
}

/// The folder of libcurl's source inside the crate `curl-sys`.
fn curl_source() -> PathBuf {
    let cargo = std::env::var("CARGO").expect("cargo runs build scripts");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1"])
        .output()
        .expect("cargo metadata runs");
    let metadata = String::from_utf8(output.stdout).expect("cargo metadata is UTF-8");
    let manifest = metadata
        .split("\"manifest_path\":\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .find(|path| path.contains("/curl-sys-"))
        .expect("curl-sys is a dependency");
    PathBuf::from(manifest).with_file_name("curl")
}

fn build_option_table(source: &std::path::Path) {
    let mut build = cc::Build::new();
    build
        .include(source.join("lib"))
        .include(source.join("include"))
        .warnings(false)
        .cargo_metadata(false);
    for name in [
        "BUILDING_LIBCURL",
        "CURL_STATICLIB",
        "HAVE_STRUCT_TIMEVAL",
        "HAVE_RECV",
        "HAVE_SEND",
        "HAVE_LONGLONG",
    ] {
        build.define(name, None);
    }
    for header in [
        "SYS_TIME",
        "UNISTD",
        "FCNTL",
        "NETDB",
        "ARPA_INET",
        "NETINET_IN",
        "STDBOOL",
        "ERRNO",
        "SYS_SELECT",
    ] {
        build.define(&format!("HAVE_{header}_H"), None);
    }
    for (name, size) in [
        ("CURL_OFF_T", "8"),
        ("SIZE_T", "8"),
        ("LONG", "8"),
        ("INT", "4"),
        ("SHORT", "2"),
    ] {
        build.define(&format!("SIZEOF_{name}"), size);
    }
    build
        .define("HAVE_BOOL_T", None)
        .define("HAVE_FCNTL_O_NONBLOCK", None)
        .define("CURL_OS", "\"unknown\"");
    build
        .file(source.join("lib/easygetopt.c"))
        .file(source.join("lib/easyoptions.c"))
        .compile("curloptions");
    println!(
        "cargo::rustc-env=OPTION_TABLE={}/libcurloptions.a",
        std::env::var("OUT_DIR").expect("cargo sets OUT_DIR")
    );
}
