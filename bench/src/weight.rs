//! What the library costs those who use it: its size and what is in it, the start of a program, a build.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use object::{Object, ObjectSection, ObjectSymbol, SymbolKind};
use serde::{Deserialize, Serialize};

use crate::stats::Summary;
use crate::{Options, Result};

#[derive(Serialize, Deserialize)]
pub(crate) struct Weight {
    /// bytes of the stripped shared library
    pub(crate) shared_library: u64,
    /// bytes by group, of a link that keeps its symbols
    pub(crate) groups: BTreeMap<String, u64>,
    /// milliseconds from start to end of a program that does nothing, by what it is linked with
    pub(crate) start_milliseconds: BTreeMap<String, Summary>,
    /// of a clean checkout, where that was asked for
    pub(crate) build_seconds: Option<f64>,
}

/// How often each program is started.
const STARTS: usize = 200;

pub(crate) fn weigh(options: &Options) -> Result<Weight> {
    let library = options.library.join("libwscurl.so.4");
    Ok(Weight {
        shared_library: std::fs::metadata(library)?.len(),
        groups: groups(&options.clients.join("libwscurl-symbols.so"))?,
        start_milliseconds: starts(&options.clients)?,
        build_seconds: options.build_time.then(build).transpose()?,
    })
}

/// Sums the sizes of symbols by where they come from; the rest by section.
fn groups(library: &Path) -> Result<BTreeMap<String, u64>> {
    let bytes = std::fs::read(library)?;
    let file = object::File::parse(&*bytes)?;
    let mut groups = BTreeMap::new();
    let mut rest: BTreeMap<_, _> = file
        .sections()
        .filter(|section| section.file_range().is_some())
        .filter_map(|section| Some((section.index().0, (section.name().ok()?.to_owned(), section.size()))))
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    for symbol in file.symbols() {
        let section = symbol.section_index().and_then(|index| rest.get_mut(&index.0));
        let has_size = matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data);
        if let (Some((_, left)), Ok(name), true) = (section, symbol.name(), has_size)
            && seen.insert(symbol.address())
        {
            *left = left.saturating_sub(symbol.size());
            *groups.entry(group(name)).or_default() += symbol.size();
        }
    }
    for (name, left) in rest.into_values() {
        let kept = ["symtab", "strtab", "debug"]
            .iter()
            .all(|stripped| !name.contains(stripped));
        if let (Some(group), true) = (section_group(&name), kept) {
            *groups.entry(group.to_owned()).or_default() += left;
        }
    }
    groups.retain(|_, size| *size > 0);
    Ok(groups)
}

/// By the crate that a symbol's name begins with. Only C and assembler have names without one: ring's, but for our `curl_`.
fn group(symbol: &str) -> String {
    let name = rustc_demangle::demangle(symbol).to_string();
    let name = name.trim_start_matches(['<', '&', '(', '*', '[', '_']);
    let first = name
        .split("::")
        .next()
        .unwrap_or(name)
        .trim_start_matches("dyn ")
        .trim_start_matches("mut ");
    let group = match first {
        _ if symbol.starts_with("curl_") || first == "wscurl" || first.starts_with("wscurl[") => "wscurl",
        _ if !name.contains("::") => "ring",
        "core" | "alloc" | "std" | "hashbrown" | "std_detect" | "compiler_builtins" | "gimli" | "addr2line"
        | "miniz_oxide" | "rustc_demangle" | "object" | "memchr" | "panic_unwind" => "Rust's standard library",
        "rustls"
        | "rustls_pki_types"
        | "rustls_native_certs"
        | "subtle"
        | "zeroize"
        | "untrusted"
        | "openssl_probe" => "rustls",
        "webpki" => "rustls-webpki",
        "ring" => "ring",
        "flate2" | "zlib_rs" | "libz_rs_sys" => "flate2 and zlib-rs",
        _ => "other crates",
    };
    group.to_owned()
}

/// What has no symbols of its own.
fn section_group(section: &str) -> Option<&'static str> {
    Some(match section {
        ".eh_frame" | ".eh_frame_hdr" | ".gcc_except_table" => "tables for unwinding",
        ".rela.dyn" | ".rela.plt" | ".relr.dyn" | ".got" | ".got.plt" | ".data.rel.ro" | ".dynamic" => "relocations",
        ".dynsym" | ".dynstr" | ".gnu.hash" | ".hash" | ".gnu.version" | ".gnu.version_d" | ".gnu.version_r" => {
            "names of the interface"
        }
        ".rodata" => "constants without a name",
        ".text" | ".init" | ".fini" | ".plt" | ".plt.got" | ".plt.sec" => "code without a name",
        _ => "anything else",
    })
}

/// Programs that initialize the library and end, in turns.
fn starts(clients: &Path) -> Result<BTreeMap<String, Summary>> {
    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for _ in 0..STARTS {
        for what in ["nothing", "wscurl", "libcurl"] {
            let begun = Instant::now();
            let status = Command::new(clients.join(format!("start-{what}")))
                .stdin(Stdio::null())
                .status()?;
            let taken = begun.elapsed();
            if !status.success() {
                return Err(format!("start-{what}: {status}").into());
            }
            times.entry(what).or_default().push(taken.as_secs_f64() * 1e3);
        }
    }
    let summaries = times
        .into_iter()
        .filter_map(|(what, times)| Some((what.to_owned(), Summary::of(times)?)));
    Ok(summaries.collect())
}

/// Seconds that `make` takes in a clone of what is committed here.
fn build() -> Result<f64> {
    let folder = std::env::temp_dir().join(format!("wscurl-build-{}", std::process::id()));
    let done = |command: &mut Command| -> Result<Duration> {
        let begun = Instant::now();
        let status = command.status()?;
        if status.success() {
            Ok(begun.elapsed())
        } else {
            Err(format!("{command:?}: {status}").into())
        }
    };
    done(Command::new("git").args(["clone", "--quiet", "."]).arg(&folder))?;
    let taken = done(
        Command::new("make")
            .current_dir(&folder)
            .env("CARGO_TARGET_DIR", folder.join("target")),
    );
    std::fs::remove_dir_all(&folder)?;
    Ok(taken?.as_secs_f64())
}
