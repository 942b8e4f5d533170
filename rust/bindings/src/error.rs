//! The one place that turns errors of the engine into errors of Python.

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use tailgana_engine::EngineError;

/// `ValueError` for what the caller passed, `RuntimeError` for what this process or kernel does not allow.
pub fn to_python(error: EngineError) -> PyErr {
    match error {
        EngineError::Table(_) | EngineError::Value(_) => PyValueError::new_err(error.to_string()),
        EngineError::Layout(_) | EngineError::Refused { .. } | EngineError::SelfCheck { .. } => {
            PyRuntimeError::new_err(error.to_string())
        }
    }
}
