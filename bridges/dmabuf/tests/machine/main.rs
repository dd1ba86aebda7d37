//! Frames in DMA-BUFs of a real kernel, lent by the program to consumers in other processes.
//!
//! Runs in the machine of ci/lending_dma_buf.sh, as root, one test after the other.

mod camera;
mod copies;
mod probe;
mod processes;
mod trouble;
