//! Finding and starting the driver: once for a process, and never by panicking.

use std::mem::ManuallyDrop;
use std::sync::OnceLock;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::super::fork::{self, Generation};
use super::error::{CudaError, DriverError, Result};
use super::table::Table;

/// The driver's own name first: the other one may be the stub of a toolkit.
const NAMES: [&str; 2] = ["libcuda.so.1", "libcuda.so"];

/// The oldest driver that tells the identity of a MIG instance.
const OLDEST: i32 = 11040;

/// The CUDA driver of this process, loaded and started. It stays loaded.
#[derive(Clone, Copy, Debug)]
pub struct Driver {
    loaded: &'static Loaded,
}

struct Loaded {
    table: Table,
    version: i32,
    generation: Generation,
}

impl std::fmt::Debug for Loaded {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "CUDA {}.{}",
            self.version / 1000,
            self.version % 1000 / 10
        )
    }
}

impl Driver {
    /// The driver. It is looked for once: if it cannot be had, that is remembered too.
    pub fn load() -> std::result::Result<Driver, DriverError> {
        static LOADED: OnceLock<std::result::Result<Loaded, DriverError>> = OnceLock::new();
        let loaded = LOADED.get_or_init(Loaded::new);
        let loaded = loaded.as_ref().map_err(Clone::clone)?;
        match loaded.generation.is_current() {
            true => Ok(Driver { loaded }),
            false => Err(DriverError::Forked),
        }
    }

    /// The CUDA version that the driver supports, 1000 * major + 10 * minor.
    #[must_use]
    pub fn version(&self) -> i32 {
        self.loaded.version
    }

    /// The functions that this driver does not have. What needs one of them does not work.
    #[must_use]
    pub fn missing_symbols(&self) -> Vec<&'static str> {
        self.loaded.table.missing()
    }

    /// The functions, for the process that started the driver and not for its children.
    #[inline]
    pub(super) fn table(&self) -> Result<&'static Table> {
        match self.loaded.generation.is_current() {
            true => Ok(&self.loaded.table),
            false => Err(CudaError::Forked),
        }
    }
}

impl Loaded {
    fn new() -> std::result::Result<Loaded, DriverError> {
        fork::watch();
        // Never unloaded, not even if it is of no use: names of errors are in it.
        let library = ManuallyDrop::new(open()?);
        let table = Table::of(&library);
        if let Some(symbol) = table.lacks() {
            return Err(DriverError::LacksSymbol { symbol });
        }
        let mut version = 0;
        // SAFETY: I17: `version` is a live integer.
        unsafe { table.driver_get_version(&mut version) }.map_err(DriverError::Start)?;
        if version < OLDEST {
            let needed = OLDEST;
            return Err(DriverError::TooOld { version, needed });
        }
        // SAFETY: I14: it takes a number, and may be called at any time and more than once.
        unsafe { table.init(0) }.map_err(DriverError::Start)?;
        Ok(Loaded {
            table,
            version,
            generation: fork::generation(),
        })
    }
}

fn open() -> std::result::Result<Library, DriverError> {
    let mut first = None;
    for name in NAMES {
        // SAFETY: the driver's library may be loaded by any program; nothing that it does at
        // loading depends on us.
        match unsafe { Library::open(Some(name), RTLD_NOW | RTLD_LOCAL) } {
            Ok(library) => return Ok(library),
            Err(error) => first = first.or(Some(reason(name, &error))),
        }
    }
    Err(first.unwrap_or(DriverError::NotInstalled {
        reason: String::new(),
    }))
}

/// What the dynamic linker means: that there is no such file, or that there is one and it, or
/// a library that it needs, is wrong.
fn reason(name: &str, error: &libloading::Error) -> DriverError {
    let source = std::error::Error::source(error);
    let reason = source.map_or_else(|| error.to_string(), ToString::to_string);
    let absent = reason.starts_with(&format!("{name}: ")) && reason.contains("No such file");
    match absent {
        true => DriverError::NotInstalled { reason },
        false => DriverError::CannotBeLoaded { reason },
    }
}
