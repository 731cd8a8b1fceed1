//! Writes the generated headers, `curl.h` and `curlver.h`, into a directory: `cargo run -p wscurl-header -- include/curl`.
//!
//! cbindgen does the work; what is left to do here are the habits of libcurl's headers that it has no switch for.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use cbindgen::{Bindings, Builder, Config};

/// Structs and enums with a tag only, as in libcurl's headers: programs write `struct curl_slist`. The others are typedefs.
const TAGS: &[&str] = &[
    "CURL_NETRC_OPTION",
    "CURL_TLSAUTH",
    "CURLMsg_data",
    "Curl_URL",
    "curl_blob",
    "curl_certinfo",
    "curl_easyoption",
    "curl_fileinfo",
    "curl_fileinfo_strings",
    "curl_forms",
    "curl_header",
    "curl_hstsentry",
    "curl_httppost",
    "curl_index",
    "curl_khkey",
    "curl_khmatch",
    "curl_khstat",
    "curl_khtype",
    "curl_pushheaders",
    "curl_slist",
    "curl_sockaddr",
    "curl_tlssessioninfo",
    "curl_waitfd",
    "curl_ws_frame",
];

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(
        std::env::args_os()
            .nth(1)
            .ok_or("the directory to write to is missing")?,
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::create_dir_all(&directory)?;
    fs::write(directory.join("curlver.h"), version_header(&root)?)?;
    fs::write(directory.join("curl.h"), main_header(&root)?)?;
    Ok(())
}

/// `curlver.h`: the constants of `src/types/version.rs`, and our own version, which is Cargo's. Line by line, since cbindgen
/// knows no strings, and programs look into this file for `#define LIBCURL_VERSION "`.
fn version_header(root: &Path) -> Result<String, Box<dyn Error>> {
    let mut text = guard_begin("CURLINC_CURLVER_H", "The version numbers.");
    for line in fs::read_to_string(root.join("src/types/version.rs"))?.lines() {
        text += &match (line.strip_prefix("/// "), constant(line)) {
            (Some(comment), _) => format!("/* {comment} */\n"),
            (None, Some((name, value))) => format!("#define {name} {value}\n"),
            (None, None) if line.is_empty() => "\n".to_owned(),
            (None, None) => String::new(),
        };
    }
    text += &own_version()?;
    text += &guard_end("CURLINC_CURLVER_H");
    Ok(joined_macros(&text))
}

/// The name and value of `pub const NAME: type = value;`.
fn constant(line: &str) -> Option<(&str, String)> {
    let (name, rest) = line.strip_prefix("pub const ")?.split_once(": ")?;
    let (ty, value) = rest.strip_suffix(';')?.split_once(" = ")?;
    let is_text = ty.starts_with('&');
    Some((
        name,
        if is_text {
            value.to_owned()
        } else {
            value.replace('_', "")
        },
    ))
}

fn own_version() -> Result<String, Box<dyn Error>> {
    let major: u8 = env!("CARGO_PKG_VERSION_MAJOR").parse()?;
    let minor: u8 = env!("CARGO_PKG_VERSION_MINOR").parse()?;
    let patch: u8 = env!("CARGO_PKG_VERSION_PATCH").parse()?;
    Ok(format!(
        "
/* A version as one number, and whether the header's is at least that. */
#define CURL_VERSION_BITS(x, y, z) ((x) << 16 | (y) << 8 | (z))
#define CURL_AT_LEAST_VERSION(x, y, z) (LIBCURL_VERSION_NUM >= CURL_VERSION_BITS(x, y, z))

/* Only wscurl has these: whose header it is, and its own version, 0xXXYYZZ. */
#define WSCURL_VERSION \"{}\"
#define WSCURL_VERSION_NUM 0x{major:02x}{minor:02x}{patch:02x}
",
        env!("CARGO_PKG_VERSION")
    ))
}

fn guard_begin(guard: &str, purpose: &str) -> String {
    format!(
        "/*
 * wscurl: libcurl's WebSocket API as a library of its own.
 * {purpose}
 *
 * Made from the sources in src/types and src/abi: change those, then `make header`.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */

#ifndef {guard}
#define {guard}

"
    )
}

fn guard_end(guard: &str) -> String {
    format!("\n#endif /* {guard} */\n")
}

/// `curl.h`: everything else that is public in `src/types` and `src/abi`.
fn main_header(root: &Path) -> Result<String, Box<dyn Error>> {
    let mut config = Config::from_file(root.join("cbindgen.toml"))?;
    let mut sources = rust_files(&root.join("src/types"))?;
    sources.remove(&root.join("src/types/version.rs"));
    // What no function mentions, such as the callbacks, would be left out.
    for source in &sources {
        config.export.include.extend(public_types(&fs::read_to_string(source)?));
    }
    sources.append(&mut rust_files(&root.join("src/abi"))?);
    let builder = Builder::new().with_config(config);
    let builder = sources.iter().fold(builder, |builder, source| builder.with_src(source));
    let body = c_habits(&builder.generate()?);
    let purpose = "Programs written for libcurl's <curl/curl.h> compile with this one, unchanged.";
    let text = guard_begin("CURLINC_CURL_H", purpose) + &body + &guard_end("CURLINC_CURL_H");
    Ok(joined_macros(&text))
}

/// The modules in a directory, sorted, so that the header is the same everywhere.
fn rust_files(directory: &Path) -> Result<BTreeSet<PathBuf>, Box<dyn Error>> {
    let mut files = BTreeSet::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("mod.rs") {
            files.insert(path);
        }
    }
    Ok(files)
}

/// The names of the types that a module makes public.
fn public_types(source: &str) -> impl Iterator<Item = String> {
    source.lines().filter_map(|line| {
        let (kind, rest) = line.strip_prefix("pub ")?.split_once(' ')?;
        let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
        matches!(kind, "enum" | "struct" | "type" | "union").then(|| name.to_owned())
    })
}

fn c_habits(bindings: &Bindings) -> String {
    let mut output = Vec::new();
    bindings.write(&mut output);
    let text = String::from_utf8(output).expect("Rust's sources are UTF-8");
    plain_comments(&strict_c(&typedefs(&text)))
}

/// `enum X {…};` as `typedef enum {…} X;`, and `X` for every other `enum X`; structs likewise, except for [`TAGS`].
fn typedefs(text: &str) -> String {
    let mut result = String::new();
    let mut closing = None;
    for line in text.lines() {
        let definition = ["enum ", "struct ", "union "].iter().find_map(|kind| {
            let name = line.strip_prefix(kind)?.strip_suffix([';', '{'])?.trim_end();
            let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
            (is_name && !TAGS.contains(&name)).then_some((kind.trim_end(), name))
        });
        match definition {
            Some((kind, name)) if line.ends_with(';') => result += &format!("typedef {kind} {name} {name};"),
            Some((kind, name)) => {
                // A struct keeps its tag, too: programs may write either.
                let tag = if kind == "enum" { "" } else { &format!("{name} ") };
                result += &format!("typedef {kind} {tag}{{");
                closing = Some(name);
            }
            None if line == "};" => match closing.take() {
                Some(name) => result += &format!("}} {name};"),
                None => result += line,
            },
            None => result += &without_tags(line),
        }
        result.push('\n');
    }
    result
}

/// A line with `X` for `enum X` and `struct X`, except for [`TAGS`].
fn without_tags(line: &str) -> String {
    let mut result = String::new();
    let mut words = line
        .split_inclusive(|c: char| !c.is_alphanumeric() && c != '_')
        .peekable();
    let is_comment = line.trim_start().starts_with(['*', '/', '#']);
    while let Some(word) = words.next() {
        let next = words.peek().map_or("", |next| {
            next.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_')
        });
        let is_own = next.to_ascii_lowercase().starts_with("curl") && !TAGS.contains(&next);
        let is_tag = matches!(word, "enum " | "struct " | "union ");
        if is_comment || !is_tag || !is_own {
            result += word;
        }
    }
    result
}

/// Nothing that a C89 compiler would refuse, and `long` constants as `long`, not `long long`.
fn strict_c(text: &str) -> String {
    let mut result = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_some_and(|next| next.starts_with('}'));
        let line = match line.split_once(" // ") {
            Some((code, comment)) => format!("{} /* {comment} */", code.trim_end()),
            None if line.starts_with("#define ") => suffixes(line),
            None if is_last => line.trim_end_matches(',').to_owned(),
            None => line.to_owned(),
        };
        result += &line;
        result.push('\n');
    }
    result
}

/// Rust's 64-bit literals are `long` on every target of ours.
fn suffixes(line: &str) -> String {
    let mut result = line.to_owned();
    for digit in '0'..='9' {
        for (long_long, long) in [("ull", "UL"), ("ll", "L"), ("u", "U")] {
            for end in ["", " ", ")"] {
                let (from, to) = (format!("{digit}{long_long}{end}"), format!("{digit}{long}{end}"));
                if !end.is_empty() {
                    result = result.replace(&from, &to);
                } else if let Some(start) = result.strip_suffix(&from) {
                    result = start.to_owned() + &to;
                }
            }
        }
    }
    result
}

/// rustdoc's headings and links are nothing to a reader of C.
fn plain_comments(text: &str) -> String {
    text.replace(" * # Safety\n *\n", "")
        .replace("[`", "`")
        .replace("`]", "`")
}

/// Macros without a comment stand line by line.
fn joined_macros(text: &str) -> String {
    let mut result = String::new();
    let mut lines = text.lines().peekable();
    let mut previous = "";
    while let Some(line) = lines.next() {
        let is_next_macro = lines.peek().is_some_and(|next| next.starts_with("#define "));
        if !(line.is_empty() && (previous.is_empty() || previous.starts_with("#define ") && is_next_macro)) {
            result += line;
            result.push('\n');
        }
        previous = line;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enums_and_named_structs_become_typedefs() {
        let table = [
            ("enum CURLcode {\n};\n", "typedef enum {\n} CURLcode;\n"),
            ("struct CURLMsg {\n};\n", "typedef struct CURLMsg {\n} CURLMsg;\n"),
            ("struct curl_mime;\n", "typedef struct curl_mime curl_mime;\n"),
            ("struct curl_slist {\n};\n", "struct curl_slist {\n};\n"),
            (
                "enum CURLcode f(struct curl_slist *s, struct curl_mime *m);\n",
                "CURLcode f(struct curl_slist *s, curl_mime *m);\n",
            ),
            ("  struct sockaddr addr;\n", "  struct sockaddr addr;\n"),
        ];
        for (from, to) in table {
            assert_eq!(typedefs(from), to);
        }
    }

    #[test]
    fn literals_get_the_suffix_of_their_c_type() {
        let table = [
            ("#define A (1ll << 3)", "#define A (1L << 3)"),
            ("#define A 0ull", "#define A 0UL"),
            ("#define A (~B & 4294967295ull)", "#define A (~B & 4294967295UL)"),
            ("#define A 4294967295u", "#define A 4294967295U"),
            ("#define A \"8.22\"", "#define A \"8.22\""),
        ];
        for (from, to) in table {
            assert_eq!(suffixes(from), to);
        }
    }

    #[test]
    fn public_types_are_found_by_name() {
        let source = "pub type A = u8;\npub struct B {\n    pub c: u8,\n}\nenum D {}\npub fn e() {}\npub enum F {}\n";
        assert!(public_types(source).eq(["A", "B", "F"]));
    }
}
