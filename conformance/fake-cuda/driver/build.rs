//! Gives the library the name that programs ask for.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libcuda.so.1");
    // Streams go on in threads of it after a program has closed it.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
