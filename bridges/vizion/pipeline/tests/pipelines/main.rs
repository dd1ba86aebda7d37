//! The program with real pipelines, and what they are received by.

mod allowed;
mod camera;
mod display;
mod ends;
mod failures;
mod files;
mod frames;
mod network;
mod process;
mod receivers;
mod served;
mod support;
