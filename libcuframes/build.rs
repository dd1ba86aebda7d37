//! Gives the shared library its SONAME: the major version alone, as the C ABI promises.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libcuframes.so.0");
}
