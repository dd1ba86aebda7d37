//! The table against the driver's own header, and what can be told without a driver.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use super::table::DECLARATIONS;
use super::{CudaError, Driver, DriverError};

/// `*mut *const c_char` as C writes it: `char const* *`.
fn c_type(rust: &str) -> String {
    let rust = rust.trim();
    if let Some(target) = rust.strip_prefix("*mut ") {
        return format!("{}*", c_type(target));
    }
    if let Some(target) = rust.strip_prefix("*const ") {
        return format!("{} const*", c_type(target));
    }
    match rust {
        "c_int" => "int",
        "c_uint" => "unsigned int",
        "c_char" => "char",
        "c_void" => "void",
        "usize" => "size_t",
        "u64" => "unsigned long long",
        "u8" => "unsigned char",
        of_the_header => of_the_header,
    }
    .to_owned()
}

/// Declares every function once more, which a C compiler accepts only if it is the same.
fn declarations() -> String {
    let mut text = String::from("#include <cuda.h>\n");
    for (name, parameters) in DECLARATIONS {
        let parameters: Vec<_> = parameters.split(',').map(c_type).collect();
        let _ = writeln!(text, "CUresult CUDAAPI {name}({});", parameters.join(", "));
    }
    text
}

/// The folder of cuda.h, if this machine was given one.
fn header_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("CUDA_INCLUDE_DIR")?);
    folder.join("cuda.h").is_file().then_some(folder)
}

fn compile(text: &str, folder: &PathBuf) -> std::process::Output {
    let home = tempfile::tempdir().expect("a temporary folder");
    let file = home.path().join("declarations.c");
    std::fs::write(&file, text).expect("write the declarations");
    Command::new("cc")
        .arg("-fsyntax-only")
        .arg("-I")
        .arg(folder)
        .arg(&file)
        .output()
        .expect("a C compiler")
}

#[test]
fn every_signature_is_that_of_the_header() {
    let Some(folder) = header_folder() else {
        println!("skipped: CUDA_INCLUDE_DIR does not name a folder with cuda.h");
        return;
    };
    let text = declarations();
    let accepted = compile(&text, &folder);
    let said = String::from_utf8_lossy(&accepted.stderr);
    assert!(accepted.status.success(), "{said}");
    // Control: the compiler does see a difference.
    let wrong = text.replace(
        "cuMemAlloc(CUdeviceptr*, size_t)",
        "cuMemAlloc(CUdeviceptr*, int)",
    );
    assert_ne!(wrong, text, "the control changes a declaration");
    assert!(
        !compile(&wrong, &folder).status.success(),
        "the control was accepted"
    );
}

#[test]
fn a_missing_driver_is_a_reason_and_is_remembered() {
    let Err(error) = Driver::load() else {
        println!("skipped: this machine has a driver");
        return;
    };
    assert!(matches!(error, DriverError::NotInstalled { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("libcuda.so.1") && text.contains("install"),
        "{text}"
    );
    assert_eq!(Driver::load().err(), Some(error));
}

#[test]
fn errors_name_the_call_and_the_code() {
    let error = CudaError::Failed {
        call: "cuMemCreate",
        code: 2,
        name: "CUDA_ERROR_OUT_OF_MEMORY",
    };
    assert_eq!(
        error.to_string(),
        "cuMemCreate failed: CUDA_ERROR_OUT_OF_MEMORY (2)"
    );
    assert!(error.is_out_of_memory() && !error.is_context_lost());
    let lost = |code| {
        CudaError::Failed {
            call: "",
            code,
            name: "",
        }
        .is_context_lost()
    };
    let fatal = (0..1000).filter(|&code| lost(code)).count();
    assert!(lost(700) && lost(719) && !lost(600) && !lost(801));
    assert_eq!(fatal, 14);
    let old = DriverError::TooOld {
        version: 10020,
        needed: 11040,
    };
    assert!(
        old.to_string().contains("10.2, and 11.4 is needed"),
        "{old}"
    );
}
