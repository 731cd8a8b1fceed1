//! Hands the place where `curl-sys` built libcurl on to `main.rs`.

fn main() {
    let root = std::env::var("DEP_CURL_ROOT").expect("curl-sys tells its output folder");
    println!("cargo::rustc-env=LIBCURL_ROOT={root}");
    println!("cargo::rerun-if-changed=build.rs");
}
