//! libcurl 8.22 for the differential tests: prints the compiler flags that build a C program against it.
//!
//! The crate `curl-sys` compiles libcurl's own source to a static library; OpenSSL and zlib are the system's.

fn main() {
    let root = env!("LIBCURL_ROOT");
    let options = env!("OPTION_TABLE");
    println!("-DCURL_STATICLIB -I{root}/include {options} {root}/build/libcurl.a -lssl -lcrypto -lz -lpthread");
}
