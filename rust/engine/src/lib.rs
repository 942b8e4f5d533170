//! The engine of tailgana_lab: everything that touches time, memory of other threads, or large tables, without Python's C API.
//!
//! `cache` decides what a cache keeps. `sampler` watches all threads of the own process and never takes the interpreter's lock.

#[forbid(unsafe_code)]
pub mod cache;
mod error;
pub mod sampler;
pub mod statistics;
pub mod timing;

pub use error::EngineError;
