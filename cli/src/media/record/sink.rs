//! The file of a segment, beneath FFmpeg: it remembers what the kernel said, which FFmpeg does
//! not tell.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::Local;
use rustix::process::Signal;

use cuframes_cli::exit::Failure;

use super::names::Names;

/// What a [`Sink`] has come to.
#[derive(Debug, Default)]
struct Fate {
    /// Bytes of the file.
    length: u64,
    /// Nothing is written any more after an error.
    error: Option<io::Error>,
}

/// What FFmpeg writes to.
#[derive(Debug)]
pub struct Sink {
    file: File,
    fate: Arc<Mutex<Fate>>,
}

/// The recorder's view of a file that FFmpeg writes.
#[derive(Debug)]
pub struct Target {
    pub path: PathBuf,
    file: File,
    fate: Arc<Mutex<Fate>>,
    /// The first so many bytes are whole fragments.
    whole: u64,
}

/// A file that grows over the limit of the shell is an error, and not the end of the program.
pub fn survive_size_limit() -> Result<(), Failure> {
    let noticed = Arc::default();
    let registered = signal_hook::flag::register(Signal::XFSZ.as_raw(), noticed);
    registered.map(drop).map_err(Failure::io("catch signals"))
}

/// Makes a file whose number is behind those of all that are there with the same name.
pub fn create(names: &Names) -> Result<(Sink, Target), Failure> {
    let now = Local::now();
    let first = names.at(&now, 0);
    let folder = match first.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if names.folder().is_none() {
        fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    }
    let there = fs::read_dir(folder).map_err(Failure::writing(&first))?;
    let there = there.flatten().filter_map(|entry| {
        let name = entry.file_name();
        let number = names.number(name.to_str()?)?;
        (names.at(&now, number).file_name()? == name).then_some(number)
    });
    let mut again = there.max().map_or(0, |number| number.saturating_add(1));
    loop {
        let path = names.at(&now, again);
        let created = OpenOptions::new().write(true).create_new(true).open(&path);
        let file = match created {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // By somebody else, since we looked.
                again += 1;
                continue;
            }
            created => created.map_err(Failure::writing(&path))?,
        };
        let fate = Arc::default();
        let ours = file.try_clone().map_err(Failure::writing(&path))?;
        let sink = Sink {
            file,
            fate: Arc::clone(&fate),
        };
        let target = Target {
            path,
            file: ours,
            fate,
            whole: 0,
        };
        return Ok((sink, target));
    }
}

impl Target {
    fn fate(&self) -> MutexGuard<'_, Fate> {
        lock(&self.fate)
    }

    /// What the kernel said, if it did not take everything.
    pub fn check(&self) -> Result<(), Failure> {
        match self.fate().error.as_ref() {
            None => Ok(()),
            Some(error) => Err(Failure::writing(&self.path)(copy(error))),
        }
    }

    /// Nothing more is written: what FFmpeg still has is not wanted.
    pub fn give_up(&self) {
        let unwanted = || io::ErrorKind::Other.into();
        self.fate().error.get_or_insert_with(unwanted);
    }

    /// What was written so far is whole.
    pub fn mark_whole(&mut self) {
        self.whole = self.length();
    }

    /// Bytes of the file.
    pub fn length(&self) -> u64 {
        self.fate().length
    }

    /// Forces what was written to the disk.
    pub fn sync(&self) -> Result<(), Failure> {
        self.file.sync_data().map_err(Failure::writing(&self.path))
    }

    /// Forces the file's name to the disk too.
    pub fn sync_name(&self) -> Result<(), Failure> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(Failure::writing(&self.path))
    }

    /// Takes away what is not whole; nothing is left of a file without anything whole.
    pub fn cut_back(&self) -> Result<(), Failure> {
        let cut = match self.whole {
            0 => fs::remove_file(&self.path),
            whole => self
                .file
                .set_len(whole)
                .and_then(|()| self.file.sync_data()),
        };
        cut.map_err(Failure::writing(&self.path))
    }
}

impl Sink {
    fn try_to<T>(&mut self, work: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
        if let Some(error) = lock(&self.fate).error.as_ref() {
            return Err(copy(error));
        }
        let done = work(&mut self.file);
        if let Err(error) = &done
            && error.kind() != io::ErrorKind::Interrupted
        {
            lock(&self.fate).error = Some(copy(error));
        }
        done
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.try_to(|file| {
            let count = file.write(bytes)?;
            Ok((count, file.stream_position()?))
        });
        let (count, end) = written?;
        let mut fate = lock(&self.fate);
        fate.length = fate.length.max(end);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.try_to(|file| file.seek(to))
    }
}

/// The file's fate is right even if somebody panicked while having it.
fn lock(fate: &Mutex<Fate>) -> MutexGuard<'_, Fate> {
    fate.lock().unwrap_or_else(PoisonError::into_inner)
}

fn copy(error: &io::Error) -> io::Error {
    error
        .raw_os_error()
        .map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}
