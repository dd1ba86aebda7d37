//! Consumers and engines of lent frames time out, return late and are killed, half of them at named
//! points: every frame is accounted for, nothing of it stays, and others do not notice.

mod account;
mod consumers;
mod controls;
mod engine;
mod engines;
mod stage;
