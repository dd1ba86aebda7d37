//! What the kernel tells of a segment's file.

use rustix::fs::Stat;

/// Device and inode: which file it is, whatever its name.
pub type Identity = (u64, u64);

/// What can be seen of a file from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Which file it is.
    pub identity: Identity,
    /// Its bytes.
    pub size: u64,
    /// Memory that it has, in units of 512 bytes: less than before if it was cut short and has
    /// grown again.
    pub blocks: i64,
    /// False if nobody can find it any more.
    pub is_linked: bool,
}

impl Shape {
    /// True if this is what `before` became, and nothing was cut off: a file may have grown again
    /// since, but it has less memory then, until somebody writes there.
    pub fn is_whole(&self, before: &Shape) -> bool {
        self.size >= before.size && self.blocks >= before.blocks
    }

    /// What the kernel tells of it.
    pub fn of(stat: &Stat) -> Shape {
        Shape {
            identity: (stat.st_dev, stat.st_ino),
            size: stat.st_size as u64,
            blocks: stat.st_blocks,
            is_linked: stat.st_nlink > 0,
        }
    }
}
