//! The daemon as a process, with simulated cameras: every command's answer to the byte, also for
//! clients that others wrote, and what it does with bad input and bad pipelines, in a crowd, when it
//! is killed and after many streams.

mod bad_forms;
mod bad_requests;
mod cameras;
mod clients;
#[path = "../cameras/clip.rs"]
mod clip;
mod command_line;
mod crashes;
mod crowd;
mod documentation;
mod ehdr;
mod endurance;
mod extras;
mod memory;
mod pipelines;
mod programs;
mod rate;
mod settings;
mod support;
mod table;
mod users;
