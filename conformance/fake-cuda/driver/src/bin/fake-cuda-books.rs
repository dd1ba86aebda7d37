//! Tells what the processes of a simulated machine have left. Usage: fake-cuda-books FOLDER
//!
//! Exit status 1 if a process that ended by itself has left something.

#![allow(missing_docs)]

use std::path::Path;
use std::process::ExitCode;

use fake_cuda::books::{self, Account, Fate, KINDS};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("usage: fake-cuda-books FOLDER");
        return ExitCode::from(2);
    };
    let accounts = match books::read_all(Path::new(&folder)) {
        Ok(accounts) => accounts,
        Err(error) => {
            eprintln!("fake-cuda-books: {}: {error}", Path::new(&folder).display());
            return ExitCode::from(2);
        }
    };
    if let Err(error) = books::clean_up(Path::new(&folder)) {
        eprintln!("fake-cuda-books: /dev/shm: {error}");
    }
    let lines: Vec<String> = accounts.iter().map(line).collect();
    if let Some(report) = std::env::var_os("FAKE_CUDA_REPORT") {
        let text = lines
            .iter()
            .map(|line| format!("{line}\n"))
            .collect::<String>();
        if let Err(error) = std::fs::write(&report, text) {
            eprintln!("fake-cuda-books: {}: {error}", Path::new(&report).display());
            return ExitCode::from(2);
        }
    }
    let leaks =
        |account: &&Account| account.fate == Fate::Ended && account.left.iter().any(|&n| n != 0);
    let mut status = ExitCode::SUCCESS;
    for account in accounts.iter().filter(leaks) {
        eprintln!("leaked on the simulated GPU: {}", line(account));
        status = ExitCode::from(1);
    }
    status
}

fn line(account: &Account) -> String {
    let left: Vec<String> = account
        .left
        .iter()
        .zip(KINDS)
        .filter(|(count, _)| **count != 0)
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    let fate = match account.fate {
        Fate::Running => "runs",
        Fate::Ended => "ended",
        Fate::Killed => "was killed",
    };
    let left = match left.is_empty() {
        true => "nothing".to_owned(),
        false => left.join(", "),
    };
    format!(
        "process {} {fate}: {} calls, left {left}",
        account.pid, account.calls
    )
}
