//! The other process: this program again, told what to be, talking in lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::Result;
use crate::machine::{self, Pinned, Side};

/// A child process; killed when dropped.
pub struct Peer {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts this program as `role`.
    pub fn start(role: &str, words: &[String]) -> Result<Self> {
        Self::spawn(&mut command(role, words)?)
    }

    /// The same, and waits until it says that it is ready.
    pub fn start_ready(role: &str, words: &[String]) -> Result<Self> {
        Self::start(role, words)?.ready()
    }

    /// Starts another program that talks in lines.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let orders = child.stdin.take();
        let answers = child.stdout.take().ok_or("a child without output")?;
        Ok(Peer {
            child,
            orders,
            answers: BufReader::new(answers),
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Says something to it.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let orders = self.orders.as_mut().ok_or("it was let go")?;
        Ok(writeln!(orders, "{line}")?)
    }

    /// Waits until it says that it is ready: whatever its first line is.
    pub fn ready(mut self) -> Result<Self> {
        self.hear()?;
        Ok(self)
    }

    /// Waits for one line.
    pub fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("the other process is gone".into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Waits for a line of numbers.
    pub fn hear_numbers(&mut self) -> Result<Vec<u64>> {
        let line = self.hear()?;
        let numbers = line.split_ascii_whitespace().map(str::parse);
        Ok(numbers.collect::<std::result::Result<_, _>>()?)
    }

    /// An error if it has ended.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the other process ended with {status}").into()),
        }
    }

    /// SIGKILL, not waited for.
    pub fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill()?)
    }

    /// Lets it come to its end: whoever waits in `until_let_go` returns.
    pub fn let_go(mut self) -> Result<()> {
        self.orders = None;
        let status = self.child.wait()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("the other process ended with {status}").into()),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may be gone already, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How this program is started as `role`.
pub fn command(role: &str, words: &[String]) -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--as", role, "--"]).args(words);
    Ok(command)
}

/// The word that leaves the processor to the scheduler.
pub const ANY_PROCESSOR: &str = "-1";

/// The processor of `side`, as a word for the other process.
pub fn processor(side: Side) -> String {
    machine::processor(side).map_or(ANY_PROCESSOR.to_owned(), |number| number.to_string())
}

/// In the child: binds the calling thread to the processor of word `index`.
pub fn pin(words: &[String], index: usize) -> Result<Pinned> {
    machine::pin(usize::try_from(word::<i64>(words, index)?).ok())
}

/// In the child: nobody knows what it is to be.
pub fn no_such_role(role: &str) -> Result<()> {
    Err(format!("there is no role {role}").into())
}

/// In the child: says something to the parent.
pub fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// In the child: says numbers to the parent.
pub fn say_numbers(numbers: &[u64]) -> Result<()> {
    let words: Vec<String> = numbers.iter().map(u64::to_string).collect();
    say(&words.join(" "))
}

/// In the child: waits for one line of the parent.
pub fn listen() -> Result<String> {
    let mut line = String::new();
    match std::io::stdin().lock().read_line(&mut line)? {
        0 => Err("the parent is gone".into()),
        _ => Ok(line.trim_end().to_owned()),
    }
}

/// In the child: waits until the parent lets it go, or is gone.
pub fn until_let_go() -> Result<()> {
    let mut line = String::new();
    while std::io::stdin().lock().read_line(&mut line)? != 0 {}
    Ok(())
}

/// In the child: word `index` of what it was told.
pub fn word<T: std::str::FromStr>(words: &[String], index: usize) -> Result<T>
where
    T::Err: std::error::Error + 'static,
{
    let word = words.get(index).ok_or("a word is missing")?;
    Ok(word.parse()?)
}
