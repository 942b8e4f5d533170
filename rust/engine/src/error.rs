//! The one error type of the engine.

use thiserror::Error;

/// What can go wrong in the engine; the text says what, and why.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum EngineError {
    /// The process holds no interpreter whose memory layout is known.
    #[error("unknown interpreter layout: {0}")]
    Layout(String),
    /// The kernel refuses a call that sampling needs.
    #[error("{call} is refused here ({reason})")]
    Refused {
        /// The system call or file.
        call: &'static str,
        /// The kernel's answer.
        reason: String,
    },
    /// The stack read from memory differs from the one Python reports.
    #[error("self-check failed: read {read} frames from memory where the interpreter reports {reported}, or others")]
    SelfCheck {
        /// Frames read from memory.
        read: usize,
        /// Frames that Python reported.
        reported: usize,
    },
    /// Columns of a table do not fit together.
    #[error("{0}")]
    Table(String),
    /// An argument is out of range.
    #[error("{0}")]
    Value(String),
}
