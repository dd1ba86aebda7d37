//! Gives the shared library its SONAME: the major version of the C ABI alone.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libzerobuffer.so.1");
}
